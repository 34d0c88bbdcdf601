package gcp_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/providers/gcp"
)

// fuzzSource sends the function of src any request. Whatever arrives: no
// panic, an answer that the platform understands, at most one call, and an
// event in it that is whole.
func fuzzSource(f *testing.F, src gcp.Source) {
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	f.Cleanup(func() { slog.SetDefault(before) })

	fixtures, err := filepath.Glob("testdata/*.http")
	if err != nil || len(fixtures) == 0 {
		f.Fatalf("no fixtures: %v", err)
	}
	for _, name := range fixtures {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		h, body := parse(f, b)
		f.Add(h.Get("Content-Type"), h.Get("Ce-Specversion"), h.Get("Ce-Type"), h.Get("Ce-Source"), h.Get("Ce-Subject"), h.Get("Ce-Time"), body)
	}
	f.Add("", "", "", "", "", "", []byte(nil))

	f.Fuzz(func(t *testing.T, contentType, specversion, eventType, source, subject, at string, body []byte) {
		calls := 0
		h := gcp.Handler(fn.HandlerFunc(func(ctx context.Context, e fn.Event) (*fn.Event, error) {
			calls++
			if e.Type() == "" || e.ID() == "" || e.Source() == "" {
				t.Errorf("the handler got half an event: %v", e)
			}
			if strings.HasPrefix(e.Type(), "dev.fngen.object.") && !strings.HasPrefix(e.Source(), "//storage.googleapis.com/") {
				t.Errorf("forged: %v", e)
			}
			if _, err := ce.Encode(e); err != nil {
				t.Errorf("the event does not encode: %v", err)
			}
			d, ok := fn.DeliveryFrom(ctx)
			if !ok || d.NativeID == "" || !bytes.Equal(d.Raw(), body) {
				t.Errorf("delivery %+v, %v", d, ok)
			}
			return nil, nil
		}), src)
		r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
		for name, value := range map[string]string{
			"Content-Type": contentType, "Ce-Specversion": specversion, "Ce-Type": eventType,
			"Ce-Source": source, "Ce-Subject": subject, "Ce-Time": at, "Ce-Id": "1",
		} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		switch {
		case w.Code == http.StatusNoContent && calls <= 1:
		case w.Code == http.StatusBadRequest && calls == 0:
		case w.Code == http.StatusInternalServerError && calls == 0:
		default:
			t.Errorf("status %d after %d calls", w.Code, calls)
		}
	})
}

func FuzzPubSub(f *testing.F)  { fuzzSource(f, gcp.PubSub{Name: "orders"}) }
func FuzzStorage(f *testing.F) { fuzzSource(f, gcp.Storage{Bucket: "uploads"}) }
func FuzzEvent(f *testing.F)   { fuzzSource(f, gcp.Event{Type: "com.github.pull.create"}) }
