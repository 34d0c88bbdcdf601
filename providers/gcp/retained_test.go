package gcp_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/fnhttp"
	"github.com/fngen/fngen/internal/testkit/retained"
	"github.com/fngen/fngen/providers/gcp"
)

// Nothing of a payload outlives its event by accident, whatever brought it.
func TestRetained(t *testing.T) {
	pushed := func(attributes, data string) *http.Request {
		return post(fmt.Sprintf(`{"message":{"messageId":"m-1","orderingKey":"c-7","publishTime":"2026-03-01T12:00:00.123Z",`+
			`"attributes":{"traceparent":"00-1-2-01","tracestate":"a=b","note":"n"%s},"data":%q},"subscription":"projects/acme/subscriptions/s","deliveryAttempt":1}`,
			attributes, base64.StdEncoding.EncodeToString([]byte(data))))
	}
	inBinaryMode := func(eventType, data string) *http.Request {
		r := post(data)
		for name, value := range map[string]string{"Id": "e-1", "Source": "/shop", "Specversion": "1.0", "Type": eventType, "Subject": "orders/1", "Partitionkey": "c-7"} {
			r.Header.Set("Ce-"+name, value)
		}
		return r
	}
	inStructuredMode := func(eventType, data string) string {
		return fmt.Sprintf(`{"specversion":"1.0","id":"e-1","source":"/shop","type":%q,"subject":"orders/1","partitionkey":"c-7","data":%s}`, eventType, data)
	}
	const placed, finalized = "com.example.order.placed", "google.cloud.storage.object.v1.finalized"
	object := func(data string) string {
		return `{"bucket":"acme-uploads","name":"a.png","size":"1","generation":"2","more":` + data + `}`
	}
	for name, test := range map[string]struct {
		source  gcp.Source
		request func(data string) *http.Request
	}{
		"PubSub, queue":  {gcp.PubSub{Queue: "orders"}, func(data string) *http.Request { return pushed("", data) }},
		"PubSub, topic":  {gcp.PubSub{Topic: "news"}, func(data string) *http.Request { return pushed("", data) }},
		"PubSub, stream": {gcp.PubSub{Stream: "clicks"}, func(data string) *http.Request { return pushed("", data) }},
		"PubSub, structured mode": {gcp.PubSub{Queue: "orders"}, func(data string) *http.Request {
			return pushed(`,"content-type":"application/cloudevents+json"`, inStructuredMode(placed, data))
		}},
		"PubSub, binary mode": {gcp.PubSub{Queue: "orders"}, func(data string) *http.Request {
			return pushed(`,"ce-specversion":"1.0","ce-id":"e-1","ce-source":"/shop","ce-type":"com.example.order.placed","ce-subject":"orders/1"`, data)
		}},
		"Storage": {gcp.Storage{Bucket: "uploads"}, func(data string) *http.Request { return inBinaryMode(finalized, object(data)) }},
		"Firestore": {gcp.Firestore{Collection: "orders"}, func(data string) *http.Request {
			return changed("created", "orders/1", after(image("orders/1", entry(2, "v", stringField(17, data)))))
		}},
		"Scheduler": {gcp.Scheduler{Name: "nightly"}, func(data string) *http.Request {
			r := post(`{"name":"nightly","more":` + data + `}`)
			r.Header.Set("X-CloudScheduler", "true")
			r.Header.Set("X-CloudScheduler-JobName", "nightly-job")
			return r
		}},
		"Event, binary mode": {gcp.Event{Type: placed}, func(data string) *http.Request { return inBinaryMode(placed, data) }},
		"Event, structured mode": {gcp.Event{Type: placed}, func(data string) *http.Request {
			r := post(inStructuredMode(placed, data))
			r.Header.Set("Content-Type", "application/cloudevents+json")
			return r
		}},
	} {
		t.Run(name, func(t *testing.T) {
			retained.Check(t, func(h fn.Handler) func() error {
				return sendingCopies(t, gcp.Handler(h, test.source), test.request(retained.Data))
			})
		})
	}
	t.Run("HTTP", func(t *testing.T) {
		retained.Check(t, func(h fn.Handler) func() error {
			return sendingCopies(t, gcp.HTTPHandler(fnhttp.Handler(h, "/shop/Orders"), gcp.HTTP{}), post(retained.Data))
		})
	})
}

// sendingCopies returns what sends copies of the request.
func sendingCopies(t *testing.T, h http.Handler, r *http.Request) func() error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return func() error {
		again := httptest.NewRequest(r.Method, "/", bytes.NewReader(body))
		again.Header = r.Header.Clone()
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, again); w.Code != http.StatusNoContent {
			return fmt.Errorf("status %d", w.Code)
		}
		return nil
	}
}
