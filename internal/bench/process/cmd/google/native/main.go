// Command native is a service that takes CloudEvents in binary mode, written by
// hand for net/http.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/cloudevents/sdk-go/v2/types"
)

func handle(context.Context, event.Event) error { return nil }

func main() {
	log.Fatal(http.ListenAndServe(":"+os.Getenv("PORT"), http.HandlerFunc(serve)))
}

func serve(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		http.Error(w, "use POST", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 32<<20))
	if err != nil {
		http.Error(w, "cannot read the body", http.StatusBadRequest)
		return
	}
	e, err := decode(r.Header, body)
	if err != nil {
		log.Print(err)
		http.Error(w, "no event", http.StatusBadRequest)
		return
	}
	if err := handle(r.Context(), e); err != nil {
		log.Print(err)
		http.Error(w, "failed", http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func decode(h http.Header, body []byte) (event.Event, error) {
	c := &event.EventContextV1{}
	for name, values := range h {
		name, ok := strings.CutPrefix(name, "Ce-")
		if !ok {
			continue
		}
		value, err := url.PathUnescape(values[0])
		if err != nil {
			return event.Event{}, fmt.Errorf("header Ce-%s: %w", name, err)
		}
		switch name {
		case "Specversion":
			if value != "1.0" {
				return event.Event{}, fmt.Errorf("specversion %q", value)
			}
		case "Id":
			c.ID = value
		case "Type":
			c.Type = value
		case "Source":
			u, err := url.Parse(value)
			if err != nil {
				return event.Event{}, err
			}
			c.Source = types.URIRef{URL: *u}
		case "Subject":
			c.Subject = &value
		case "Time":
			t, err := time.Parse(time.RFC3339, value)
			if err != nil {
				return event.Event{}, err
			}
			c.Time = &types.Timestamp{Time: t}
		default:
			if c.Extensions == nil {
				c.Extensions = map[string]any{}
			}
			c.Extensions[strings.ToLower(name)] = value
		}
	}
	if contentType := h.Get("Content-Type"); contentType != "" {
		c.DataContentType = &contentType
	}
	if h.Get("Ce-Specversion") == "" || c.ID == "" || c.Type == "" || c.Source.String() == "" {
		return event.Event{}, errors.New("a required attribute is missing")
	}
	return event.Event{Context: c, DataEncoded: body}, nil
}
