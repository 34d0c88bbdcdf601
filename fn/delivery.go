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
type Delivery struct {
	Provider   string            // aws, gcp, openwhisk
	Trigger    string            // the directive's: queue, object, …
	NativeID   string            // the platform's name for the record or request
	Attempt    int               // counted from 1; 0 where the platform does not say
	Attributes map[string]string // the platform's attributes of the record
	Deadline   time.Time         // when the platform ends the invocation; zero if it does not say

	raw func() []byte
}

// Raw returns a copy of the record as the platform sent it.
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
