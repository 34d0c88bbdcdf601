package replay

import (
	"context"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/fngen/fngen/internal/native"
)

// Recorded sends the payload in the file, which the platform with the name has
// once sent, to the function on that platform alone: JSON as Lambda invokes with it; a request
// as Google Cloud makes it, which is its first line or none, its headers, an
// empty line and the body; or an OpenWhisk activation's parameters in JSON.
func (f *Function) Recorded(t testing.TB, name, file string) *Outcome {
	t.Helper()
	i := slices.IndexFunc(all(), func(p platform) bool { return p.name == name })
	if i < 0 {
		t.Fatalf("replay: %q is no platform", name)
	}
	if err := f.check(); err != nil {
		t.Fatalf("replay: %v", err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("replay: %v", err)
	}
	p := all()[i]
	r, err := f.recorded(ctxOf(t), p, text)
	if err != nil {
		t.Fatalf("replay: %s: %v", file, err)
	}
	return &Outcome{Results: []Result{r}, function: f, what: make([]native.Occurrence, len(r.Deliveries))}
}

func (f *Function) recorded(ctx context.Context, p platform, text []byte) (Result, error) {
	payload, err := p.native.Recorded(f.trigger.Kind, native.Invocation{Deadline: time.Now().Add(f.timeout())}, text)
	if err != nil {
		return Result{}, err
	}
	w := &watch{faults: f.Faults, deliveries: make([]Delivery, len(payload.Entries))}
	var which []int
	for i := range payload.Entries {
		which = append(which, i)
	}
	results, response, body, err := f.send(ctx, p, w, []native.Payload{payload}, which, p.start(f.served(w, nil)))
	if err != nil {
		return Result{}, err
	}
	w.settle(f, which, results)
	r := Result{Platform: p.name, Response: response, body: body}
	r.Deliveries, r.Emitted = w.result()
	return r, f.drop(r.Deliveries, func(kept *Function) (Result, error) { return kept.recorded(ctx, p, text) })
}
