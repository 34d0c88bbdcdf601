package gcp_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/providers/gcp"
)

// parse reads a request as testdata has it: headers, an empty line, the body.
func parse(t testing.TB, b []byte) (http.Header, []byte) {
	t.Helper()
	r := bufio.NewReader(bytes.NewReader(b))
	h, err := textproto.NewReader(r).ReadMIMEHeader()
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return http.Header(h), bytes.TrimSuffix(body, []byte("\n"))
}

func fixture(t testing.TB, name string) *http.Request {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	h, body := parse(t, b)
	r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
	r.Header = h
	return r
}

// post is a request with a body of JSON.
func post(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return r
}

// manyAttributes is a push of a message with n attributes.
func manyAttributes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"a%d":""`, i)
	}
	return `{"message":{"messageId":"1","attributes":{` + strings.TrimPrefix(b.String(), ",") + `}},"subscription":"s"}`
}

// An occurrence is what a handler sees, as text.
type occurrence struct {
	Type, Source, ID, Subject, ContentType, Time, Data string
	Extensions                                         map[string]any
}

// recorder is a handler that keeps what it sees and answers err.
type recorder struct {
	seen       []occurrence
	deliveries []fn.Delivery
	err        error
}

func (h *recorder) Handle(ctx context.Context, e fn.Event) (*fn.Event, error) {
	o := occurrence{
		Type: e.Type(), Source: e.Source(), ID: e.ID(), Subject: e.Subject(),
		ContentType: e.DataContentType(), Data: string(e.Data()), Extensions: e.Extensions(),
	}
	if !e.Time().IsZero() {
		o.Time = e.Time().Format(time.RFC3339Nano)
	}
	d, _ := fn.DeliveryFrom(ctx)
	h.seen = append(h.seen, o)
	h.deliveries = append(h.deliveries, d)
	return nil, h.err
}

// serve sends r to a function and returns the answer.
func serve(h fn.Handler, src gcp.Source, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	gcp.Handler(h, src).ServeHTTP(w, r)
	return w
}

// one returns the event that the fixture becomes.
func one(t *testing.T, src gcp.Source, r *http.Request) (occurrence, fn.Delivery) {
	t.Helper()
	var h recorder
	if w := serve(&h, src, r); w.Code != http.StatusNoContent {
		t.Fatalf("status = %d, want 204", w.Code)
	}
	if len(h.seen) != 1 {
		t.Fatalf("the handler was called %d times, want 1", len(h.seen))
	}
	return h.seen[0], h.deliveries[0]
}
