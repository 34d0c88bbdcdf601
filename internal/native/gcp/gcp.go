// Package gcp encodes the requests that Google Cloud makes to a function.
package gcp

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/fngen/fngen/internal/native"
)

// A Platform is what surrounds a function on Google Cloud.
type Platform struct {
	Project      string // acme if empty
	Region       string // europe-west1 if empty
	Resource     string // physical name of the topic, bucket, collection or job; the trigger's if empty
	Subscription string // of a topic; RESOURCE-fn if empty
	Token        string // the ID token in Authorization; none if empty
}

var _ native.Platform = Platform{}

// The envelopes of messages, of objects and of events.
const (
	Push             = "push"
	Eventarc         = "Eventarc"
	PubSub           = "Pub/Sub"
	PubSubStructured = "Pub/Sub structured"
)

// Name implements native.Platform.
func (Platform) Name() string { return "gcp" }

// Envelopes implements native.Platform.
func (Platform) Envelopes(kind string) []string {
	switch kind {
	case "queue", "topic", "stream":
		return []string{Push, Eventarc}
	case "object":
		return []string{Eventarc, PubSub}
	case "event":
		return []string{Eventarc, PubSub, PubSubStructured}
	case "document", "schedule", "http":
		return []string{""}
	}
	return nil
}

// A call is what an encoder is given.
type call struct {
	Platform
	native.Trigger
	native.Delivery
	envelope string
}

// Encode implements native.Platform: every delivery is a request of its own.
func (p Platform) Encode(t native.Trigger, i native.Invocation, deliveries ...native.Delivery) ([]native.Payload, error) {
	p = p.complete(t)
	envelope, err := native.EnvelopeFor(p, t.Kind, i.Envelope)
	if err != nil {
		return nil, err
	}
	i.Envelope = envelope
	var out []native.Payload
	for n, d := range deliveries {
		payload, err := call{p, t, d, i.Envelope}.encode()
		if err != nil {
			return nil, fmt.Errorf("%s on Google Cloud: %w", t.Kind, err)
		}
		payload.Kind, payload.Envelope, payload.ID = t.Kind, i.Envelope, i.ID
		if n > 0 && i.ID != "" {
			payload.ID = fmt.Sprintf("%s-%d", i.ID, n+1)
		}
		out = append(out, payload)
	}
	return out, nil
}

// complete fills in what is left out.
func (p Platform) complete(t native.Trigger) Platform {
	p.Project = cmp.Or(p.Project, "acme")
	p.Region = cmp.Or(p.Region, "europe-west1")
	p.Resource = cmp.Or(p.Resource, t.Name)
	p.Subscription = cmp.Or(p.Subscription, p.Resource+"-fn")
	return p
}

func (c call) encode() (native.Payload, error) {
	if err := c.Check(c.Occurrence); err != nil {
		return native.Payload{}, err
	}
	switch o := c.Occurrence.(type) {
	case native.Message:
		return c.message(o), nil
	case native.Record:
		return c.message(native.Message{Body: o.Data, Key: o.Key, Damaged: o.Damaged}), nil
	case native.Object:
		return c.object(o), nil
	case native.Change:
		return c.change(o)
	case native.Event:
		return c.event(o)
	case native.Tick:
		return c.tick(o), nil
	}
	return c.request(c.Occurrence.(native.Request)), nil
}

// post is a request to the function's root.
func (c call) post(header http.Header, body []byte, e native.Entry) native.Payload {
	if c.Token != "" {
		header.Set("Authorization", "Bearer "+c.Token)
	}
	trace := native.Digest(c.Number, "trace", c.Kind, c.Resource)
	header.Set("X-Cloud-Trace-Context", trace[:32]+"/"+strconv.FormatInt(1000000000000000000+c.Number, 10))
	header.Set("X-Forwarded-For", "64.233.172.30")
	header.Set("X-Forwarded-Proto", "https")
	return native.Payload{Method: http.MethodPost, Target: "/", Header: header, Body: body, Entries: []native.Entry{e}}
}

// stamp is a time as Google's services write it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// binaryMode returns the headers of an event, their values percent-encoded as
// the HTTP binding demands.
func binaryMode(attributes map[string]string) http.Header {
	h := http.Header{"User-Agent": {"APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)"}}
	for name, value := range attributes {
		if name == "datacontenttype" {
			h.Set("Content-Type", value)
			continue
		}
		h.Set("ce-"+name, strings.NewReplacer("+", "%20", "%2F", "/", "%3A", ":", "%28", "(", "%29", ")").Replace(url.QueryEscape(value)))
	}
	return h
}

// message is a message of a subscription that pushes, or of Eventarc.
func (c call) message(m native.Message) native.Payload {
	attributes := m.All()
	for name, value := range m.Binary {
		attributes["ce-"+name] = value
	}
	data := base64.StdEncoding.EncodeToString(m.Body)
	if m.Damaged {
		data = "%"
	}
	if c.envelope == Eventarc {
		return c.messagePublished(data, attributes, m.Key)
	}
	return c.push(data, attributes, m.Key)
}

// id is the message's.
func (c call) id() string { return strconv.FormatInt(2070443601311540+c.Number, 10) }

// push is the request of a push subscription with a dead letter policy, which
// is what counts attempts.
//
// https://cloud.google.com/pubsub/docs/push#receive_push
func (c call) push(data string, attributes map[string]string, key string) native.Payload {
	h := http.Header{"Content-Type": {"application/json"}, "User-Agent": {"CloudPubSub-Google"}, "From": {"noreply@google.com"}}
	return c.pubSub(h, native.Omit, data, attributes, key)
}

// messagePublished is a message as Eventarc delivers it: a push in an event.
func (c call) messagePublished(data string, attributes map[string]string, key string) native.Payload {
	h := binaryMode(map[string]string{
		"specversion": "1.0", "id": c.id(), "type": "google.cloud.pubsub.topic.v1.messagePublished",
		"source": "//pubsub.googleapis.com/projects/" + c.Project + "/topics/" + c.Resource, "time": stamp(c.Time),
		"datacontenttype": "application/json; charset=utf-8",
	})
	return c.pubSub(h, "type.googleapis.com/google.pubsub.v1.PubsubMessage", data, attributes, key)
}

// pubSub is a request whose body is a message, whose kind only Eventarc says.
func (c call) pubSub(h http.Header, kind any, data string, attributes map[string]string, key string) native.Payload {
	body := native.JSON(
		"deliveryAttempt", c.Attempts(),
		"message", native.JSON(
			"@type", kind,
			"attributes", attributes,
			"data", data,
			"messageId", c.id(), "message_id", c.id(),
			"orderingKey", orOmit(key),
			"publishTime", stamp(c.Time), "publish_time", stamp(c.Time),
		),
		"subscription", "projects/"+c.Project+"/subscriptions/"+c.Subscription,
	)
	return c.post(h, body, native.Entry{ID: c.id(), Raw: body, Group: key})
}

func orOmit(s string) any {
	if s == "" {
		return native.Omit
	}
	return s
}

// tick is the request of a Cloud Scheduler job.
//
// https://cloud.google.com/scheduler/docs/reference/rpc/google.cloud.scheduler.v1#httptarget
func (c call) tick(t native.Tick) native.Payload {
	h := http.Header{
		"Content-Type": {"application/json"}, "User-Agent": {"Google-Cloud-Scheduler"},
		"X-Cloudscheduler": {"true"}, "X-Cloudscheduler-Jobname": {c.Resource},
	}
	e := native.Entry{ID: c.Resource, Raw: native.JSON("name", t.Name)}
	if t.Scheduled != "" {
		h.Set("X-CloudScheduler-ScheduleTime", t.Scheduled)
		e.ID += "@" + t.Scheduled
	}
	return c.post(h, e.Raw, e)
}

// request is a client's request, whose body the handler reads itself. Google's
// front end names it in no header that a client could not send.
func (c call) request(r native.Request) native.Payload {
	h := r.Header.Clone()
	if h == nil {
		h = http.Header{}
	}
	h.Set("Host", r.Hostname()) // whoever sends it takes it from here
	token := c.Token
	c.Token = ""
	p := c.post(h, r.Body, native.Entry{})
	if token != "" && h.Get("Authorization") == "" {
		h.Set("Authorization", "Bearer "+token)
	}
	p.Method, p.Target = r.Method, r.Target
	return p
}
