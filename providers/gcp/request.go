package gcp

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/internal/ce/cehttp"
	"github.com/fngen/fngen/internal/headers"
	"github.com/fngen/fngen/internal/logging"
	"github.com/fngen/fngen/internal/run"
)

// messagePublished is the type of the event in which Eventarc wraps a Pub/Sub
// message. Its data is the body of a push.
const messagePublished = "google.cloud.pubsub.topic.v1.messagePublished"

// An arrival is a request of the platform, its body read, and what it turns out
// to be: an event, or a push, which a messagePublished event may have carried.
// What belongs to it is in one piece.
type arrival struct {
	header http.Header
	body   []byte

	event event.Event // valid if push is nil
	push  *push

	trigger, kind, id string        // of the delivery
	record            [1]run.Record // one, as package run takes them
}

// open finds out what the request is. Only an event of the type own is not
// opened if it carries a push.
func (a *arrival) open(own string) error {
	isEvent, err := a.decodeEvent()
	if err != nil {
		return fmt.Errorf("decode CloudEvent request: %w", err)
	}
	body := a.body
	if isEvent {
		if t := a.event.Type(); t != messagePublished || t == own {
			return nil
		}
		body = a.event.Data()
	}
	a.push, err = decodePush(body)
	switch {
	case err == nil:
		return nil
	case isEvent:
		return fmt.Errorf("decode data of %s: %w", messagePublished, err)
	}
	return fmt.Errorf("received content type %q, which is neither a CloudEvent nor a Pub/Sub push: %w", first(a.header, "Content-Type"), err)
}

// decodeEvent decodes the CloudEvent that the request itself is, and reports
// whether it is one.
func (a *arrival) decodeEvent() (isEvent bool, err error) {
	switch {
	case ce.IsStructured(first(a.header, "Content-Type")):
		a.event, err = ce.Decode(a.body)
	case first(a.header, "Ce-Specversion") != "":
		// Google's services name the content type a second time, and it is not
		// documented that values are percent-encoded: an object may be named
		// 100%.png.
		a.event, err = cehttp.DecodeLoosely(a.header, a.body)
	default:
		return false, nil
	}
	return true, err
}

// first is [http.Header.Get] for a name in canonical form.
func first(h http.Header, canonical string) string {
	if values := h[canonical]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// cloudEvent returns the event that arrived, however it was carried.
func (a *arrival) cloudEvent() (event.Event, error) {
	if a.push == nil {
		return a.event, nil
	}
	e, ok, err := a.push.cloudEvent()
	if err == nil && !ok {
		err = errors.New("received a Pub/Sub message that is not a CloudEvent")
	}
	return e, err
}

// begin begins the record of what was opened, without its event.
func (a *arrival) begin(trigger string) *run.Record {
	if a.push != nil {
		return a.beginAs(trigger, "Pub/Sub message", a.push.id())
	}
	return a.beginAs(trigger, "event", a.event.ID())
}

// beginAs begins the record of a request of the kind and id.
func (a *arrival) beginAs(trigger, kind, id string) *run.Record {
	a.trigger, a.kind, a.id = trigger, kind, id
	a.record[0].Native = a
	return &a.record[0]
}

// String implements run.Native.
func (a *arrival) String() string { return a.kind + " " + a.id }

// LogEvent implements logging.Subject.
func (a *arrival) LogEvent() logging.Event { return logging.Event{Hop: hop(a.header)} }

// Raw implements run.Native.
func (a *arrival) Raw() []byte { return a.body }

// Delivery implements run.Native.
func (a *arrival) Delivery() fn.Delivery {
	d := fn.Delivery{Provider: provider, Trigger: a.trigger, NativeID: a.id}
	if a.push != nil {
		d.Attempt, d.Attributes = a.push.DeliveryAttempt, a.push.attributes()
	} else {
		d.Attributes = attributes(a.header, nil)
	}
	return d
}

// attributes returns the headers that are shown, in lower case.
func attributes(h http.Header, keep headers.Kept) map[string]string {
	out := map[string]string{}
	keep.Add(out, func(yield func(name, value string) bool) {
		for name, values := range h {
			if !yield(name, strings.Join(values, ",")) {
				return
			}
		}
	})
	return out
}

// in says where the error is.
func in(name string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
