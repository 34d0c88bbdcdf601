// Package retained tests that nothing of a payload outlives its event by
// accident: what a handler may keep is its own memory and no view into the
// payload.
package retained

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/fngen/fngen/fn"
)

const (
	// events is the number of payloads, of each of which something is kept.
	events = 400

	// size is the length in bytes of what makes each payload large.
	size = 250_000

	// most is the number of bytes that all that is kept may hold.
	most = 1 << 20
)

// Data is JSON that makes a payload large. It is an event's own data where the
// source can have it, else anywhere in the payload.
var Data = `{"id":"o-1","labels":{"colour":"red"},"lines":[{"title":"shoe"}],"raw":{"n":1},"bytes":"AAEC","padding":"` +
	strings.Repeat("x", size) + `"}`

// keepers are what handlers keep, by name.
var keepers = map[string]func(keep func(any)) fn.Handler{
	"attributes": func(keep func(any)) fn.Handler {
		return fn.On(func(_ context.Context, e fn.Event) error {
			keep(e.Context)
			return nil
		})
	},
	"delivery": func(keep func(any)) fn.Handler {
		return fn.HandlerFunc(func(ctx context.Context, _ fn.Event) (*fn.Event, error) {
			d, _ := fn.DeliveryFrom(ctx)
			keep(d.NativeID)
			keep(d.Attributes)
			return nil, nil
		})
	},
	"decoded data": func(keep func(any)) fn.Handler {
		return fn.On(func(_ context.Context, o order) error {
			keep(o)
			return nil
		})
	},
}

// An order is short data beside much that no handler decodes. It has the names
// of what the portable payloads have as well.
type order struct {
	ID, Name, Bucket, Key, Collection string
	Labels                            map[string]string
	Lines                             []struct{ Title string }
	Raw                               json.RawMessage
	Bytes                             []byte
}

// Check delivers many events and fails the test if what the handlers keep of
// them holds more than its own memory. What open returns hands h one event each
// time, out of a payload of its own that holds [Data].
func Check(t *testing.T, open func(h fn.Handler) (deliver func() error)) {
	t.Helper()
	slow(t)
	held := func(keepers ...func(func(any)) fn.Handler) int64 {
		return measure(t, func(keep func(any)) func() error {
			return open(fn.HandlerFunc(func(ctx context.Context, e fn.Event) (*fn.Event, error) {
				for _, keeper := range keepers {
					if _, err := keeper(keep).Handle(ctx, e); err != nil {
						return nil, err
					}
				}
				return nil, nil
			}))
		})
	}
	all := held(slices.Collect(maps.Values(keepers))...)
	t.Logf("%d KiB of %d events", all>>10, events)
	if all <= most { // which spares each of them a turn of its own
		return
	}
	for _, name := range slices.Sorted(maps.Keys(keepers)) {
		report(t, name, held(keepers[name]))
	}
}

// CheckRequests is Check for handlers of requests.
func CheckRequests(t *testing.T, open func(h http.Handler) (deliver func() error)) {
	t.Helper()
	slow(t)
	report(t, "requests", measure(t, func(keep func(any)) func() error {
		return open(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			keep(r.Header)
			keep(r.URL)
			keep([]string{r.Method, r.Host, r.RequestURI, r.RemoteAddr, r.Proto})
		}))
	}))
}

func slow(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skipf("reads %d MB, which -short does without", events*size/1_000_000)
	}
}

func report(t *testing.T, what string, held int64) {
	t.Helper()
	if held > most {
		t.Errorf("%s of %d events hold %d KiB, more than %d", what, events, held>>10, most>>10)
	}
}

// measure returns the number of bytes that what is kept holds alive.
func measure(t *testing.T, open func(keep func(any)) func() error) int64 {
	t.Helper()
	var kept []any
	deliver := open(func(v any) { kept = append(kept, v) })
	for range 3 { // what is made once is no memory of an event
		if err := deliver(); err != nil {
			t.Fatal(err)
		}
	}
	if len(kept) == 0 {
		t.Fatal("the handler has kept nothing")
	}
	kept = nil
	before := heap()
	for range events {
		if err := deliver(); err != nil {
			t.Fatal(err)
		}
	}
	held := int64(heap() - before)
	runtime.KeepAlive(kept)
	return held
}

// heap returns the number of bytes that are reachable.
func heap() uint64 {
	for range 2 { // pools let go in the second
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
