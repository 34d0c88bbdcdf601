package gcp_test

import (
	"bytes"
	"context"
	"encoding/json"
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

// fuzzSource sends the function of src any request.
func fuzzSource(f *testing.F, src gcp.Source) {
	discardLog(f)
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
		r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
		for name, value := range map[string]string{
			"Content-Type": contentType, "Ce-Specversion": specversion, "Ce-Type": eventType,
			"Ce-Source": source, "Ce-Subject": subject, "Ce-Time": at, "Ce-Id": "1",
		} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		checkAny(t, src, r, body)
	})
}

func discardLog(f *testing.F) {
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	f.Cleanup(func() { slog.SetDefault(before) })
}

// checkAny sends the function of src a request. Whatever it is: no panic, an
// answer that the platform understands, at most one call, and an event in it
// that is whole.
func checkAny(t *testing.T, src gcp.Source, r *http.Request, body []byte) {
	t.Helper()
	calls := 0
	h := gcp.Handler(fn.HandlerFunc(func(ctx context.Context, e fn.Event) (*fn.Event, error) {
		calls++
		if e.Type() == "" || e.ID() == "" || e.Source() == "" {
			t.Errorf("the handler got half an event: %v", e)
		}
		for prefix, source := range map[string]string{
			"dev.fngen.object.": "//storage.googleapis.com/", "dev.fngen.document.": "//firestore.googleapis.com/",
			"dev.fngen.record.": "//pubsub.googleapis.com/", "dev.fngen.schedule.": "//cloudscheduler.googleapis.com/",
		} {
			if strings.HasPrefix(e.Type(), prefix) && !strings.HasPrefix(e.Source(), source) {
				t.Errorf("forged: %v", e)
			}
		}
		if ours := strings.HasPrefix(e.Type(), "dev.fngen.") && !strings.Contains(e.Type(), "received"); ours && !json.Valid(e.Data()) {
			t.Errorf("the data is not JSON: %s", e.Data())
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
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	switch {
	case w.Code == http.StatusNoContent && calls <= 1:
	case w.Code == http.StatusBadRequest && calls == 0:
	case w.Code == http.StatusInternalServerError && calls == 0:
	default:
		t.Errorf("status %d after %d calls", w.Code, calls)
	}
}

func FuzzPubSub(f *testing.F)       { fuzzSource(f, gcp.PubSub{Queue: "orders"}) }
func FuzzPubSubStream(f *testing.F) { fuzzSource(f, gcp.PubSub{Stream: "clicks"}) }
func FuzzStorage(f *testing.F)      { fuzzSource(f, gcp.Storage{Bucket: "uploads"}) }
func FuzzEvent(f *testing.F)        { fuzzSource(f, gcp.Event{Type: "com.github.pull.create"}) }

// FuzzScheduler sends any header and body that a job may have.
func FuzzScheduler(f *testing.F) {
	discardLog(f)
	for _, job := range []string{"j", "projects/p/locations/l/jobs/j", "", "%zz\n"} {
		f.Add(job, "2026-10-05T01:41:00-07:00", []byte(`{"name":"f"}`))
	}
	f.Add("j", "", []byte(`{}`))
	f.Add("j", "9999-12-31T23:59:59-01:00", []byte(`{"name":"f"}`))
	f.Fuzz(func(t *testing.T, job, at string, body []byte) {
		checkAny(t, gcp.Scheduler{Name: "f"}, fire(job, at, string(body)), body)
	})
}

// FuzzFirestore sends any body, most of all such as the decoder gets far with.
func FuzzFirestore(f *testing.F) {
	discardLog(f)
	encoded, err := os.ReadFile(filepath.Join("testdata", "firestore_document.pb"))
	if err != nil {
		f.Fatal(err)
	}
	for _, body := range [][]byte{
		after(encoded), before(encoded), append(after(encoded), before(encoded)...), nil, {0x0b},
		after(image("a/b", entry(2, "v", nested(101, varintField(1, 1))))),
		after(image("a/b", entry(2, "v", bytesField(10, varintField(1, 1<<63))))),
		after(image("a/b/c", entry(2, "v", stringField(19, "")))),
	} {
		f.Add("written", "documents/orders/1", "//firestore.googleapis.com/projects/acme/databases/(default)", body)
	}
	f.Add("created.withAuthContext", "documents/%0A/%FF", "//firestore.googleapis.com/projects/%2F/databases/?", []byte(nil))
	f.Fuzz(func(t *testing.T, eventType, subject, source string, body []byte) {
		r := changed(eventType, "orders/1", body)
		r.Header.Set("Ce-Subject", subject)
		r.Header.Set("Ce-Source", source)
		checkAny(t, gcp.Firestore{Collection: "orders"}, r, body)
	})
}
