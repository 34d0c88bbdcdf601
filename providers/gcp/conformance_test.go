package gcp_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/fnhttp"
	"github.com/fngen/fngen/internal/native"
	sender "github.com/fngen/fngen/internal/native/gcp"
	"github.com/fngen/fngen/providers/gcp"
	"github.com/fngen/fngen/providers/internal/conformance"
)

// Every occurrence that Google Cloud delivers.
func TestConformance(t *testing.T) {
	t.Setenv("K_SERVICE", "orders")
	t.Setenv("GOOGLE_CLOUD_PROJECT", "acme")
	t.Setenv("GOOGLE_CLOUD_REGION", "europe-west1")
	conformance.Run(t, conformance.Platform{
		Name:     "gcp",
		Events:   true,
		Requests: true,
		Hints:    true,
		Native:   surroundings,
		Mode: func(d conformance.Directive, _ string) conformance.Mode {
			if d.Trigger == "stream" {
				return conformance.Onward // the records of a stream have one ordering key
			}
			return conformance.Apart
		},
		Arrival: arrival,
		Invoke: func(ctx context.Context, _ conformance.Occurrence, d conformance.Directive, h fn.Handler, p native.Payload) native.Answer {
			return send(ctx, function(d, h), p)
		},
	})
}

func surroundings(o conformance.Occurrence) native.Platform {
	p := sender.Platform{Token: strings.TrimPrefix(conformance.Secret, "Bearer ")}
	switch o.Directive.Trigger {
	case "object":
		p.Resource = "acme-uploads"
	case "schedule":
		p.Resource = "nightly-job"
	}
	return p
}

// arrival is what Google Cloud says of a record, by the definition of the model.
func arrival(o conformance.Occurrence, i int, envelope string, e native.Entry) conformance.Arrival {
	r, d := o.Records[i], o.Directive
	a := conformance.Arrival{ID: e.ID, NativeID: e.ID, Time: conformance.Happened, Raw: e.Raw}
	if envelope == sender.PubSub || envelope == sender.PubSubStructured || d.Trigger == "queue" || d.Trigger == "topic" || d.Trigger == "stream" {
		a.Source, a.Attempt = "//pubsub.googleapis.com/projects/acme/subscriptions/"+d.Name+"-fn", 2
	}
	switch d.Trigger {
	case "object":
		object(r.What.(native.Object), &a)
	case "document":
		a.Source = "//firestore.googleapis.com/projects/acme/databases/(default)"
	case "event":
		// It is not even an event.
		a.Opaque = envelope == sender.Eventarc &&
			slices.ContainsFunc([]string{"version", "no name", "only Go takes"}, func(s string) bool { return strings.HasSuffix(o.Name, s) })
	case "schedule":
		a.Source = "//cloudscheduler.googleapis.com/projects/acme/locations/europe-west1/jobs/nightly-job"
		tick := r.What.(native.Tick)
		a.Time = tick.Time()
		a.ID = "nightly@" + a.Time.Format(time.RFC3339)
		a.Opaque = r.Fate == conformance.Refused // the firing of another function is no record of this one
		if tick.Scheduled == "" {
			a.Approximate = true
			a.ID = "nightly@2000-01-01T00:00:00Z" // the time of the test
		}
	case "http":
		a = conformance.Arrival{Source: "//run.googleapis.com/projects/acme/locations/europe-west1/services/orders"}
	}
	return a
}

func object(o native.Object, a *conformance.Arrival) {
	const generation = "1587627537231057"
	kind := "dev.fngen.object.created.v1"
	if o.Deleted {
		kind = "dev.fngen.object.deleted.v1"
	}
	a.Source = "//storage.googleapis.com/projects/_/buckets/acme-uploads"
	a.ID = conformance.ObjectID(kind, "acme-uploads", o.Key, generation, "")
	a.Members = []conformance.Member{{Name: "etag", Value: "CNHZkbuF/ugCEAE="}, {Name: "contenttype", Value: "image/png"}, {Name: "version", Value: generation}}
}

// function is what the directive's entrypoint registers.
func function(d conformance.Directive, h fn.Handler) http.Handler {
	switch d.Trigger {
	case "queue":
		return gcp.Handler(h, gcp.PubSub{Queue: d.Name, Content: d.Content, Letters: d.Letters, NoDeadLetter: d.NoDeadLetter})
	case "topic":
		return gcp.Handler(h, gcp.PubSub{Topic: d.Name, Content: d.Content, NoDeadLetter: d.NoDeadLetter})
	case "stream":
		return gcp.Handler(h, gcp.PubSub{Stream: d.Name, NoDeadLetter: d.NoDeadLetter})
	case "object":
		return gcp.Handler(h, gcp.Storage{Bucket: d.Name, Created: d.Created, Deleted: d.Deleted, Prefix: d.Prefix, Suffix: d.Suffix, NoDeadLetter: d.NoDeadLetter})
	case "document":
		return gcp.Handler(h, gcp.Firestore{Collection: d.Name, Before: true, Created: d.Created, Updated: d.Updated, Deleted: d.Deleted, NoDeadLetter: d.NoDeadLetter})
	case "schedule":
		return gcp.Handler(h, gcp.Scheduler{Name: d.Name, NoDeadLetter: d.NoDeadLetter})
	case "event":
		return gcp.Handler(h, gcp.Event{Type: d.Name, Source: d.Source, NoDeadLetter: d.NoDeadLetter})
	}
	return gcp.HTTPHandler(fnhttp.Handler(h, "/example.com/shop/Orders"), gcp.HTTP{})
}

func send(ctx context.Context, function http.Handler, p native.Payload) native.Answer {
	r := httptest.NewRequestWithContext(ctx, p.Method, p.Target, bytes.NewReader(p.Body))
	r.Header = p.Header.Clone()
	r.Host = p.Header.Get("Host")
	r.Header.Del("Host")
	w := httptest.NewRecorder()
	function.ServeHTTP(w, r)
	return native.Answer{Status: w.Code, Header: w.Header(), Body: w.Body.Bytes()}
}
