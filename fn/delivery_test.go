package fn_test

import (
	"context"
	"testing"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/run/mark"
)

type record struct {
	raw   []byte
	asked *int
}

func (r record) Delivery() fn.Delivery {
	*r.asked++
	return fn.Delivery{Provider: "aws", Attempt: 2}
}

func (r record) Raw() []byte { return r.raw }

// Outside of a provider there is no delivery, and asking is safe.
func TestDeliveryFromNowhere(t *testing.T) {
	d, ok := fn.DeliveryFrom(context.Background())
	if ok || d.Raw() != nil {
		t.Errorf("got %+v, %v", d, ok)
	}
}

// The delivery is made once for each that asks, and Raw is a copy: a handler that
// writes into it changes nobody's bytes.
func TestDeliveryFrom(t *testing.T) {
	asked := 0
	r := record{[]byte(`{"messageId":"1"}`), &asked}
	ctx := context.WithValue(context.Background(), mark.DeliveryKey{}, r)
	d, ok := fn.DeliveryFrom(ctx)
	if !ok || d.Provider != "aws" || d.Attempt != 2 || asked != 1 {
		t.Fatalf("got %+v, %v, asked %d times", d, ok, asked)
	}
	d.Raw()[0] = 'X'
	if got := string(d.Raw()); got != `{"messageId":"1"}` || string(r.raw) != got {
		t.Errorf("after writing into Raw it is %s, the record's %s", got, r.raw)
	}
}
