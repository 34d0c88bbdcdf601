package fnhttp_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/fnhttp"
	"github.com/fngen/fngen/internal/testkit/logged"
)

// costly are batches of a thousand elements and 10.8 MB whose elements are as
// costly as they can be made, in one way each.
func costly() map[string]string {
	const size = 10_800_000/fnhttp.MaxBatch - 1
	const head = `{"specversion":"1.0","id":"1","source":"/s","type":"t"`
	many := func(member func(i int) string) string {
		var b strings.Builder
		for i := 0; ; i++ {
			if m := member(i); len(head)+b.Len()+len(m) < size {
				b.WriteString(m)
			} else {
				return head + b.String() + "}"
			}
		}
	}
	out := map[string]string{
		"data":              head + `,"data":"` + strings.Repeat("a", size-len(head)-11) + `"}`,
		"escapes":           head + `,"datacontenttype":"text/plain","data":"` + strings.Repeat(`\n`, (size-len(head)-42)/2) + `"}`,
		"an array":          head + `,"data":[` + strings.Repeat("1,", (size-len(head)-12)/2) + `1]}`,
		"nested data":       head + `,"data":` + strings.Repeat("[", (size-len(head)-11)/2) + strings.Repeat("]", (size-len(head)-11)/2) + `}`,
		"many extensions":   many(func(i int) string { return fmt.Sprintf(`,"x%04d":1`, i) }),
		"many nulls":        many(func(i int) string { return fmt.Sprintf(`,"%04d":null`, i) }),
		"64 extensions":     many(func(i int) string { return fmt.Sprintf(`,"x%02d":"%s"`, i, strings.Repeat(`a`, 155)) }),
		"one name all over": many(func(int) string { return `,"x":1` }),
		"no event":          `[` + strings.Repeat(`{},`, (size-4)/3) + `{}]`,
		"an escaped name":   head + `,"` + strings.Repeat(`\u0061`, (size-len(head)-7)/6) + `":1}`,
	}
	for name, element := range out {
		out[name] = "[" + strings.TrimSuffix(strings.Repeat(element+",", fnhttp.MaxBatch), ",") + "]"
	}
	return out
}

// postBatch answers the batch, whose events nobody handles.
func postBatch(tb testing.TB, batch string) {
	w := httptest.NewRecorder()
	fnhttp.Batch(fn.On(func(context.Context, fn.Event) error { return nil }), "/s").ServeHTTP(w, newRequest("/", batch, "Content-Type", batchType))
	if w.Code != 204 && w.Code != 400 {
		tb.Errorf("status %d", w.Code)
	}
}

// A batch costs a small multiple of its size whatever is in it: it is read once,
// and an event that has too much is given up where that shows. The time of
// BenchmarkBatch is below three times that of json.Valid for each of them.
func TestBatchCost(t *testing.T) {
	logged.Text(t)
	for name, batch := range costly() {
		const objects, bytes = 220 * fnhttp.MaxBatch, 10 * 10_800_000
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		postBatch(t, batch)
		runtime.ReadMemStats(&after)
		if n := after.Mallocs - before.Mallocs; n > objects {
			t.Errorf("%s: %d objects, more than %d", name, n, objects)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > bytes {
			t.Errorf("%s: %d bytes, more than %d", name, n, bytes)
		}
	}
}

func BenchmarkBatch(b *testing.B) {
	logged.Text(b)
	for name, batch := range costly() {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(batch)))
			for b.Loop() {
				postBatch(b, batch)
			}
		})
	}
	for name, batch := range costly() {
		b.Run("json.Valid/"+name, func(b *testing.B) {
			body := []byte(batch)
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				if !json.Valid(body) {
					b.Error("no JSON")
				}
			}
		})
	}
}
