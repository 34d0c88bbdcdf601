package gcp_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/testkit/logged"
	"github.com/fngen/fngen/providers/gcp"
)

// arrives sends an event with the body, whose length is declared, and returns
// the status and the data that the handler got, or none if it was not called.
func arrives(declared int64, body io.Reader) (status int, data []byte) {
	r := httptest.NewRequest(http.MethodPost, "/", body)
	r.ContentLength = declared
	for name, value := range map[string]string{"Ce-Specversion": "1.0", "Ce-Id": "1", "Ce-Source": "/s", "Ce-Type": "t"} {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	gcp.Handler(fn.On(func(_ context.Context, e fn.Event) error {
		data = e.Data()
		return nil
	}), gcp.Event{Type: "t"}).ServeHTTP(w, r)
	return w.Code, data
}

// Protects the data from a declared length that is not the body's: what arrives
// counts, in whatever pieces, around the size up to which a length is believed.
func TestBodyLength(t *testing.T) {
	const ahead = 64 << 10
	for _, size := range []int{0, 1, 511, 512, 1000, ahead - 1, ahead, ahead + 1, 3 * ahead} {
		body := strings.Repeat("0123456789abcdef", size/16+1)[:size]
		for _, declared := range []int64{-1, 0, 1, int64(size) / 2, int64(size) - 1, int64(size), int64(size) + 1, 2 * int64(size), ahead, 1 << 40, 1<<63 - 1} {
			for how, reader := range map[string]io.Reader{
				"whole":           strings.NewReader(body),
				"in halves":       iotest.HalfReader(strings.NewReader(body)),
				"with its end":    iotest.DataErrReader(strings.NewReader(body)),
				"byte after byte": iotest.OneByteReader(strings.NewReader(body)),
			} {
				if status, data := arrives(declared, reader); status != http.StatusNoContent || string(data) != body {
					t.Errorf("%d bytes %s, declared as %d: status %d, %d bytes of data", size, how, declared, status, len(data))
				}
			}
		}
	}
}

// Protects the limit, to the byte: no declared length lifts or lowers it.
func TestBodyLimit(t *testing.T) {
	logged.Text(t)
	const limit = 32 << 20
	body := strings.Repeat("x", limit+1)
	for _, declared := range []int64{-1, 0, 10, limit, limit + 1} {
		if status, data := arrives(declared, strings.NewReader(body[:limit])); status != http.StatusNoContent || len(data) != limit {
			t.Errorf("at the limit, declared as %d: status %d, %d bytes of data", declared, status, len(data))
		}
		if status, data := arrives(declared, strings.NewReader(body)); status != http.StatusRequestEntityTooLarge || data != nil {
			t.Errorf("above the limit, declared as %d: status %d, %d bytes of data", declared, status, len(data))
		}
	}
}

// Protects the handler from half a body: one that breaks off is refused
// wherever it does, also where net/http says so by io.ErrUnexpectedEOF.
func TestBodyBroken(t *testing.T) {
	logged.Text(t)
	for _, cause := range []error{io.ErrUnexpectedEOF, errors.New("connection reset")} {
		for _, declared := range []int64{-1, 1, 4, 5, 1000} {
			body := io.MultiReader(strings.NewReader("half"), iotest.ErrReader(cause))
			if status, data := arrives(declared, body); status != http.StatusBadRequest || data != nil {
				t.Errorf("%v, declared as %d: status %d, data %q", cause, declared, status, data)
			}
		}
	}
}

// Protects the memory: a length that is only declared costs little.
func TestBodyDeclaredLarge(t *testing.T) {
	logged.Text(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 16 {
		arrives(32<<20, strings.NewReader("x"))
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / 16; each > 128<<10 {
		t.Errorf("%d bytes for a body of one byte", each)
	}
}
