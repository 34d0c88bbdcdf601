package gcp

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/internal/ce/cehttp"
	"github.com/fngen/fngen/internal/run"
)

// messagePublished is the type of the event in which Eventarc wraps a Pub/Sub
// message. Its data is the body of a push.
const messagePublished = "google.cloud.pubsub.topic.v1.messagePublished"

// A request is what the platform sent, its body read.
type request struct {
	header   http.Header
	body     []byte
	deadline time.Time // zero for none
}

// An arrival is what a request turned out to be: an event, or a push, which a
// messagePublished event may have carried. One of the two is set.
type arrival struct {
	request request
	event   *event.Event
	push    *push
}

// open returns what the request is. Only an event of the type own is not
// opened if it carries a push.
func (r request) open(own string) (arrival, error) {
	e, err := r.event()
	if err != nil {
		return arrival{}, err
	}
	body := r.body
	if e != nil {
		if e.Type() != messagePublished || own == messagePublished {
			return arrival{request: r, event: e}, nil
		}
		body = e.Data()
	}
	p, err := decodePush(body)
	switch {
	case err == nil:
		return arrival{request: r, push: p}, nil
	case e != nil:
		return arrival{}, fmt.Errorf("decode data of %s: %w", messagePublished, err)
	}
	return arrival{}, fmt.Errorf("received content type %q, which is neither a CloudEvent nor a Pub/Sub push: %w", r.header.Get("Content-Type"), err)
}

// event returns the CloudEvent that the request itself is, or nil.
func (r request) event() (*event.Event, error) {
	var e event.Event
	var err error
	switch {
	case ce.IsStructured(r.header.Get("Content-Type")):
		e, err = ce.Decode(r.body)
	case r.header.Get("Ce-Specversion") != "":
		// Google's services name the content type a second time, and it is not
		// documented that values are percent-encoded: an object may be named
		// 100%.png.
		e, err = cehttp.DecodeLoosely(r.header, r.body)
	default:
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("decode CloudEvent request: %w", err)
	}
	return &e, nil
}

// cloudEvent returns the event that arrived, however it was carried.
func (a arrival) cloudEvent() (event.Event, error) {
	if a.event != nil {
		return *a.event, nil
	}
	e, ok, err := a.push.cloudEvent()
	if err == nil && !ok {
		err = fmt.Errorf("received a Pub/Sub message that is not a CloudEvent")
	}
	return e, err
}

// record returns the record of what arrived, without its event.
func (a arrival) record(trigger string) run.Record {
	d := fn.Delivery{Provider: provider, Trigger: trigger, Deadline: a.request.deadline}
	if a.push != nil {
		d.NativeID, d.Attempt = a.push.id(), a.push.DeliveryAttempt
		return run.Record{Name: "Pub/Sub message " + d.NativeID, Describe: func() (fn.Delivery, []byte) {
			d := d
			d.Attributes = a.push.attributes()
			return d, a.request.body
		}}
	}
	d.NativeID = a.event.ID()
	return run.Record{Name: "event " + d.NativeID, Describe: func() (fn.Delivery, []byte) {
		d := d
		d.Attributes = attributes(a.request.header)
		return d, a.request.body
	}}
}

// attributes returns the headers that say something of the delivery, in lower
// case. Naming them keeps credentials out under whatever name they come.
func attributes(h http.Header) map[string]string {
	out := map[string]string{}
	for name, values := range h {
		name = strings.ToLower(name)
		switch name {
		case "content-type", "user-agent", "traceparent", "tracestate", "x-cloud-trace-context", "x-forwarded-for", "x-forwarded-proto":
		default:
			if !strings.HasPrefix(name, "ce-") && !strings.HasPrefix(name, "x-cloudscheduler") {
				continue
			}
		}
		out[name] = strings.Join(values, ",")
	}
	return out
}
