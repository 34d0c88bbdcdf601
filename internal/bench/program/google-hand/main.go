// Command google-hand is a service that takes CloudEvents in binary mode,
// written by hand for net/http.
package main

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
)

func handle(context.Context, event.Event) error { return nil }

func main() {
	log.Fatal(http.ListenAndServe(":"+os.Getenv("PORT"), http.HandlerFunc(serve)))
}

func serve(w http.ResponseWriter, r *http.Request) {
	data, unread := io.ReadAll(http.MaxBytesReader(w, r.Body, 32<<20))
	subject, noSubject := url.PathUnescape(r.Header.Get("Ce-Subject"))
	at, noTime := time.Parse(time.RFC3339, r.Header.Get("Ce-Time"))
	e := event.New(r.Header.Get("Ce-Specversion"))
	e.SetID(r.Header.Get("Ce-Id"))
	e.SetSource(r.Header.Get("Ce-Source"))
	e.SetType(r.Header.Get("Ce-Type"))
	e.SetSubject(subject)
	e.SetTime(at)
	e.SetDataContentType(r.Header.Get("Content-Type"))
	e.DataEncoded = data
	err := errors.Join(unread, noSubject, noTime, e.Validate())
	if err == nil {
		err = handle(r.Context(), e)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
