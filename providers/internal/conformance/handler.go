package conformance

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/native"
)

// A handler checks every event that it gets, and does with it what it is told.
type handler struct {
	t          *testing.T
	platform   Platform
	occurrence Occurrence
	arrivals   []Arrival
	outcomes   []Outcome
	start      time.Time

	mu    sync.Mutex
	calls []int // by record
	kept  []kept
}

// kept is what a handler that has not returned still has of a record when the
// invocation is over.
type kept struct {
	record int
	data   []byte
	ctx    context.Context
}

// Handle implements fn.Handler. It changes the event when it is through, which
// neither the next try nor the log may see.
func (h *handler) Handle(ctx context.Context, e fn.Event) (*fn.Event, error) {
	i := h.find(e.ID())
	if i < 0 {
		h.t.Errorf("the handler got an event with the id %q, which is none of the records'", e.ID())
		return nil, nil
	}
	h.checkEvent(i, e)
	h.checkDelivery(i, ctx)
	h.keep(kept{i, e.Data(), ctx})
	e.SetSubject("changed by the handler")
	e.SetID("changed by the handler")
	if data := e.Data(); len(data) > 0 {
		data[0] ^= 0xff
	}
	return nil, h.outcomes[i].do(ctx)
}

func (h *handler) keep(k kept) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.kept = append(h.kept, k)
}

// checkKept checks that nobody but the handler has changed what it has.
func (h *handler) checkKept() {
	for _, k := range h.kept {
		if len(k.data) > 0 {
			k.data[0] ^= 0xff // as it was
		}
		r, a := h.occurrence.Records[k.record], h.arrivals[k.record]
		if string(k.data) != data(r.Want, a, h.start) {
			h.t.Errorf("record %d: the data has changed after the invocation: %s", k.record+1, abbreviate(string(k.data)))
		}
		d, _ := fn.DeliveryFrom(k.ctx)
		if raw := d.Raw(); !bytes.Equal(raw, a.Raw) {
			h.t.Errorf("record %d: the raw record has changed after the invocation: %s", k.record+1, abbreviate(string(raw)))
		}
	}
}

// find counts a call and returns the record with the event's id, or -1.
func (h *handler) find(id string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, r := range h.occurrence.Records {
		if want := eventID(r, h.arrivals[i]); want == id || want == "" {
			h.calls[i]++
			return i
		}
	}
	return -1
}

func (h *handler) checkEvent(i int, e fn.Event) {
	want, a := h.occurrence.Records[i].Want, h.arrivals[i]
	if want.ID == "" {
		want.Source, want.Time = a.Source, a.Time
	}
	check := func(what, got, want string) {
		if got != want {
			h.t.Errorf("record %d: %s\n got %s\nwant %s", i+1, what, abbreviate(got), abbreviate(want))
		}
	}
	check("type", e.Type(), want.Type)
	check("subject", e.Subject(), want.Subject)
	check("datacontenttype", e.DataContentType(), want.ContentType)
	check("data", string(e.Data()), data(want, a, h.start))
	check("source", e.Source(), want.Source)
	check("time", e.Time().UTC().String(), want.Time.UTC().String())
	if err := e.Validate(); err != nil {
		h.t.Errorf("record %d: the event is none: %v", i+1, err)
	}
	h.checkExtensions(i, e.Extensions(), want, a)
}

// data returns the data that the handler gets: that of the table, but for what
// is the platform's own.
func data(want Event, a Arrival, start time.Time) string {
	d := want.Data
	if a.Partial {
		d = want.Partial
	}
	if a.Approximate {
		head, _, _ := strings.Cut(d, `"scheduled":`)
		return head + `"scheduled":"` + start.UTC().Format("2006-01-02T15:04:05Z") + `","approximate":true}`
	}
	for _, m := range a.Members {
		d = fmt.Sprintf("%s,%q:%q}", strings.TrimSuffix(d, "}"), m.Name, m.Value)
	}
	return d
}

func (h *handler) checkExtensions(i int, got map[string]any, event Event, a Arrival) {
	want := map[string]string{}
	for name, value := range event.Extensions {
		if name == "sequence" && numbersNothing(h.platform.Name) {
			continue
		}
		if own, ok := a.Extensions[name]; ok {
			value = own
		}
		want[name] = value
	}
	if !slices.Equal(native.Names(got), native.Names(want)) {
		h.t.Errorf("record %d: extensions %q, want %q", i+1, native.Names(got), native.Names(want))
	}
	for name, value := range want {
		if v, ok := got[name]; ok && fmt.Sprint(v) != value {
			h.t.Errorf("record %d: extension %s is %q, want %q", i+1, name, v, value)
		}
	}
}

// checkDelivery checks what [fn.DeliveryFrom] knows.
func (h *handler) checkDelivery(i int, ctx context.Context) {
	a := h.arrivals[i]
	d, ok := fn.DeliveryFrom(ctx)
	if !ok {
		h.t.Errorf("record %d: there is no delivery", i+1)
		return
	}
	if d.Provider != h.platform.Name || d.Trigger != h.occurrence.Directive.Trigger {
		h.t.Errorf("record %d: delivery of %s %s, want %s %s", i+1, d.Provider, d.Trigger, h.platform.Name, h.occurrence.Directive.Trigger)
	}
	if d.NativeID == "" || a.NativeID != "" && d.NativeID != a.NativeID {
		h.t.Errorf("record %d: the delivery's native id is %q, want %q", i+1, d.NativeID, a.NativeID)
	}
	if d.Attempt != a.Attempt {
		h.t.Errorf("record %d: the delivery's attempt is %d, want %d", i+1, d.Attempt, a.Attempt)
	}
	if d.Deadline.IsZero() {
		h.t.Errorf("record %d: the delivery has no deadline", i+1)
	}
	raw := d.Raw()
	if !bytes.Equal(raw, a.Raw) {
		h.t.Errorf("record %d: raw record\n got %s\nwant %s", i+1, abbreviate(string(raw)), abbreviate(string(a.Raw)))
	}
	for name, value := range maps.All(d.Attributes) {
		if strings.Contains(value, Secret) {
			h.t.Errorf("record %d: the delivery's attribute %s tells a secret", i+1, name)
		}
	}
	if bytes.Contains(raw, []byte(Secret)) {
		h.t.Errorf("record %d: the raw record tells a secret", i+1)
	}
}

// abbreviate keeps errors readable.
func abbreviate(s string) string {
	const most = 2000
	if len(s) <= most {
		return s
	}
	return fmt.Sprintf("%s… (%d bytes)", s[:most], len(s))
}
