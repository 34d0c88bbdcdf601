package fn

import (
	"bytes"
	"context"
	"time"

	"github.com/fngen/fngen/internal/retain"
	"github.com/fngen/fngen/internal/run/mark"
)

// Delivery is what the platform says of one delivery of an event. It differs
// from cloud to cloud, which is why the event does not hold it.
//
// Of an HTTP request it has, under names in lower case, these headers and no
// others, since what a delivery has is soon logged:
//
//	tracing        traceparent, tracestate, baggage, b3, x-b3-*, x-amzn-trace-id,
//	               x-cloud-trace-context, x-correlation-id, x-request-id
//	content        accept, accept-*, content-*
//	CloudEvents    ce-*
//	user agent     user-agent
//	forwarding     forwarded, host, via, x-forwarded-for, x-forwarded-host,
//	               x-forwarded-port, x-forwarded-prefix, x-forwarded-proto,
//	               x-forwarded-server
//	schedules      x-cloudscheduler, x-cloudscheduler-*
//
// and those that the directive names, as in //fn:http POST /hook
// keep=X-Hub-Signature-256. Authorization, cookies and their like are never among
// them: a handler of requests, (http.ResponseWriter, *http.Request), reads all
// headers where it always does. Attributes of messages are their publisher's and
// are here as they are.
type Delivery struct {
	Provider   string            // aws, gcp, openwhisk
	Trigger    string            // the directive's: queue, object, …
	NativeID   string            // the platform's name for the record or request
	Attempt    int               // counted from 1; 0 where the platform does not say
	Attributes map[string]string // the platform's attributes of the record; headers of a request
	Deadline   time.Time         // when the platform ends the invocation; zero if it does not say

	raw func() []byte
}

// Raw returns a copy of the record as the platform sent it. Of an HTTP request it
// has the headers that a [Delivery] has, the path, the query and the body, and
// nothing else that says who the client is, such as cookies or what an authorizer
// returned; on Google Cloud there is none.
func (d Delivery) Raw() []byte {
	if d.raw == nil {
		return nil
	}
	return bytes.Clone(d.raw())
}

// DeliveryFrom returns the delivery of the event that ctx belongs to. It
// reports false outside of a provider, in a plain unit test for instance.
func DeliveryFrom(ctx context.Context) (Delivery, bool) {
	record, ok := ctx.Value(mark.DeliveryKey{}).(interface {
		Delivery() Delivery
		Raw() []byte
	})
	if !ok {
		return Delivery{}, false
	}
	d := record.Delivery()
	d.retain()
	d.raw = record.Raw
	return d, true
}

// retain copies the strings, so that who keeps them keeps nothing of
// the payload that they may lie in.
func (d *Delivery) retain() {
	var copies retain.Strings
	d.NativeID = copies.Copy(d.NativeID)
	if d.Attributes == nil {
		return
	}
	attributes := make(map[string]string, len(d.Attributes))
	for name, value := range d.Attributes {
		attributes[copies.Copy(name)] = copies.Copy(value)
	}
	d.Attributes = attributes
}
