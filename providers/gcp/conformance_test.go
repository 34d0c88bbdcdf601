package gcp_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/fnhttp"
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
		Encode:   encodeOccurrence,
	})
}

// published is when every message is published and every event happens.
var published = time.Date(2026, 3, 1, 12, 0, 0, 123000000, time.UTC)

const publishTime = "2026-03-01T12:00:00.123Z"

// A sending is one request: every record has one.
type sending struct {
	method, path string
	header       http.Header
	body         []byte
}

// A delivery is how the platform delivers one record in one envelope.
type delivery struct {
	sent    sending
	arrival conformance.Arrival
	group   string // the ordering key; what comes after a failure is not sent then
}

func encodeOccurrence(o conformance.Occurrence) ([]conformance.Payload, conformance.Reason) {
	envelopes := map[string]func(conformance.Occurrence, int) (delivery, conformance.Reason){}
	switch o.Directive.Trigger {
	case "queue", "topic", "stream":
		envelopes["push"], envelopes["Eventarc"] = pushed, pushedByEventarc
	case "object":
		envelopes["Eventarc"], envelopes["Pub/Sub"] = objectByEventarc, objectByPubSub
	case "event":
		envelopes["Eventarc"], envelopes["Pub/Sub"], envelopes["Pub/Sub structured"] = eventByEventarc, eventByPubSub, eventInBody
	case "document":
		envelopes[""] = documentByEventarc
	case "schedule":
		envelopes[""] = scheduled
	case "http":
		envelopes[""] = requested
	}
	var out []conformance.Payload
	for _, via := range conformance.Names(envelopes) {
		var deliveries []delivery
		for i := range o.Records {
			d, reason := envelopes[via](o, i)
			if reason != "" {
				return nil, reason
			}
			deliveries = append(deliveries, d)
		}
		out = append(out, payload(via, o, deliveries))
	}
	return out, ""
}

func payload(via string, o conformance.Occurrence, deliveries []delivery) conformance.Payload {
	p := conformance.Payload{Via: via, Mode: conformance.Apart}
	if o.Directive.Trigger == "stream" {
		p.Mode = conformance.Onward // the records of a stream have one ordering key
	}
	for _, d := range deliveries {
		p.Arrivals = append(p.Arrivals, d.arrival)
	}
	p.Invoke = func(ctx context.Context, d conformance.Directive, h fn.Handler) ([]conformance.Answer, error) {
		function := function(d, h)
		var out []conformance.Answer
		stopped := map[string]bool{}
		for _, one := range deliveries {
			if stopped[one.group] {
				out = append(out, conformance.Answer{Verdict: conformance.Retried})
				continue
			}
			answer, err := send(ctx, function, one.sent, d.Trigger == "http")
			if err != nil {
				return nil, err
			}
			stopped[one.group] = one.group != "" && answer.Verdict == conformance.Retried
			out = append(out, answer)
		}
		return out, nil
	}
	return p
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

// send makes one request and reads the answer: the status is all that the
// platform looks at.
func send(ctx context.Context, function http.Handler, p sending, isHTTP bool) (conformance.Answer, error) {
	ctx, cancel := conformance.Invocation(ctx)
	defer cancel()
	r := httptest.NewRequestWithContext(ctx, p.method, p.path, bytes.NewReader(p.body))
	r.Header = p.header.Clone()
	r.Header.Set("Authorization", conformance.Secret)
	w := httptest.NewRecorder()
	function.ServeHTTP(w, r)

	var a conformance.Answer
	if after := w.Header().Get("Retry-After"); after != "" {
		seconds, err := strconv.Atoi(after)
		if err != nil {
			return a, fmt.Errorf("Retry-After: %w", err)
		}
		a.After = time.Duration(seconds) * time.Second
	}
	switch {
	case isHTTP:
		a.Status = w.Code
	case w.Code >= 400:
		a.Verdict = conformance.Retried
	case w.Code != http.StatusNoContent:
		return a, fmt.Errorf("status %d", w.Code)
	}
	return a, nil
}

// pushed is a message as a push subscription delivers it.
func pushed(o conformance.Occurrence, i int) (delivery, conformance.Reason) {
	m := o.Records[i].Message
	attributes := map[string]string{}
	set := func(name, value string) {
		if value != "" {
			attributes[name] = value
		}
	}
	set("content-type", m.ContentType)
	set("traceparent", m.TraceParent)
	set("tracestate", m.TraceState)
	for name, value := range m.Binary {
		set("ce-"+name, value)
	}
	data := base64.StdEncoding.EncodeToString(m.Body)
	if m.Damaged {
		data = "%"
	}
	return push(i, data, attributes, m.Key), ""
}

// push is the request of a push subscription.
func push(i int, data string, attributes map[string]string, key string) delivery {
	id := fmt.Sprintf("%d", 8000+i)
	body, _ := json.Marshal(map[string]any{ // of strings and maps of them
		"message": map[string]any{
			"data": data, "attributes": attributes, "messageId": id, "message_id": id,
			"orderingKey": key, "publishTime": publishTime, "publish_time": publishTime,
		},
		"subscription":    "projects/acme/subscriptions/orders-fn",
		"deliveryAttempt": 2,
	})
	return delivery{
		sent: sending{method: "POST", path: "/", header: http.Header{"Content-Type": {"application/json"}}, body: body},
		arrival: conformance.Arrival{
			Source: "//pubsub.googleapis.com/projects/acme/subscriptions/orders-fn",
			ID:     id, NativeID: id, Time: published, Attempt: 2, Raw: body,
		},
		group: key,
	}
}

// pushedByEventarc is a message as Eventarc delivers it: a push in an event.
func pushedByEventarc(o conformance.Occurrence, i int) (delivery, conformance.Reason) {
	d, reason := pushed(o, i)
	d.sent.header = binaryMode(map[string]string{
		"specversion": "1.0", "id": d.arrival.ID, "type": "google.cloud.pubsub.topic.v1.messagePublished",
		"source": "//pubsub.googleapis.com/projects/acme/topics/orders", "time": publishTime,
	})
	d.sent.header.Set("Content-Type", "application/json")
	return d, reason
}

// binaryMode returns the headers of an event in binary mode, their values
// percent-encoded as the HTTP binding demands.
func binaryMode(attributes map[string]string) http.Header {
	h := http.Header{}
	for name, value := range attributes {
		if name == "datacontenttype" {
			h.Set("Content-Type", value)
			continue
		}
		h.Set("ce-"+name, strings.NewReplacer("+", "%20", "%2F", "/", "%3A", ":").Replace(url.QueryEscape(value)))
	}
	return h
}

// scheduled is the request of a Cloud Scheduler job.
func scheduled(o conformance.Occurrence, i int) (delivery, conformance.Reason) {
	tick := o.Records[i].Tick
	body := []byte(fmt.Sprintf(`{"name":%q}`, tick.Name))
	h := http.Header{"Content-Type": {"application/json"}, "X-Cloudscheduler": {"true"}, "X-Cloudscheduler-Jobname": {"nightly-job"}}
	a := conformance.Arrival{
		Source:   "//cloudscheduler.googleapis.com/projects/acme/locations/europe-west1/jobs/nightly-job",
		NativeID: "nightly-job",
		Raw:      body,
		Opaque:   o.Records[i].Fate == conformance.Refused, // the firing of another function is no record of this one
	}
	if tick.Scheduled == "" {
		a.Approximate = true
		a.ID = "nightly@2000-01-01T00:00:00Z" // the time of the test
	} else {
		h.Set("X-CloudScheduler-ScheduleTime", tick.Scheduled)
		a.NativeID += "@" + tick.Scheduled
		a.Time = tick.Time()
		a.ID = "nightly@" + a.Time.Format(time.RFC3339)
	}
	return delivery{sent: sending{method: "POST", path: "/", header: h, body: body}, arrival: a}, ""
}

// requested is an HTTP request, whose body the handler reads itself.
func requested(o conformance.Occurrence, i int) (delivery, conformance.Reason) {
	r := o.Records[i].Request
	h := http.Header{}
	for name, value := range r.Header {
		h.Set(name, value)
	}
	return delivery{
		sent:    sending{method: r.Method, path: r.Path, header: h, body: r.Body},
		arrival: conformance.Arrival{Source: "//run.googleapis.com/projects/acme/locations/europe-west1/services/orders"},
	}, ""
}
