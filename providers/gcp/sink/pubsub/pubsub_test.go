package pubsub

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/internal/run"
	"github.com/fngen/fngen/internal/run/mark"
)

// service answers as Pub/Sub does, and keeps the messages of each request.
type service struct {
	calls  [][]message
	paths  []string
	status func(call int) int
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var q struct{ Messages []message }
	body, _ := io.ReadAll(r.Body)
	if err := json.Unmarshal(body, &q); err != nil || len(body) > maxBytes {
		http.Error(w, "too large, or no JSON", http.StatusRequestEntityTooLarge)
		return
	}
	s.calls, s.paths = append(s.calls, q.Messages), append(s.paths, r.URL.Path)
	status := http.StatusOK
	if s.status != nil {
		status = s.status(len(s.calls))
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"error":{"status":"SAID","message":"why"}}`)
}

func start(t *testing.T, s *service) {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	t.Setenv("PUBSUB_EMULATOR_HOST", strings.TrimPrefix(server.URL, "http://"))
	t.Setenv("FNGEN_SINK_NEWS", "projects/acme/topics/news")
}

var news = Topic{Name: "news"}

func newEvent(id string) event.Event {
	e := event.New()
	e.SetID(id)
	e.SetSource("/shop")
	e.SetType("com.example.order.placed")
	return e
}

// A message is the event in binary mode, with plain attribute values, or in
// structured mode where a value is too long for an attribute. A subscription can
// filter either by the type.
func TestMessage(t *testing.T) {
	s := &service{}
	start(t, s)
	e := newEvent("1")
	e.SetSubject("Größe 100%")
	e.SetExtension("partitionkey", "customer 4")
	e.SetExtension("count", 7)
	if err := e.SetData("text/plain", []byte("\x00ü")); err != nil {
		t.Fatal(err)
	}
	long := newEvent("2")
	long.SetSubject(strings.Repeat("x", 1025))
	for _, err := range news.Send(t.Context(), []event.Event{e, long}) {
		if err != nil {
			t.Error(err)
		}
	}
	structured, err := ce.Encode(long)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]message{{
		{base64.StdEncoding.EncodeToString([]byte("\x00ü")), map[string]string{
			"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/shop", "ce-type": "com.example.order.placed", "ce-subject": "Größe 100%",
			"ce-partitionkey": "customer 4", "ce-count": "7", "content-type": "text/plain",
		}, "customer 4"},
		{base64.StdEncoding.EncodeToString(structured), map[string]string{
			"ce-type": "com.example.order.placed", "content-type": "application/cloudevents+json",
		}, ""},
	}}
	if diff := cmp.Diff(want, s.calls); diff != "" {
		t.Errorf("messages differ (-want +got):\n%s", diff)
	}
	if s.paths[0] != "/v1/projects/acme/topics/news:publish" {
		t.Errorf("path %s", s.paths[0])
	}
}

// An event with more attributes than a message may have, or with a longer name,
// is sent in structured mode; one at the limit is not.
func TestAttributes(t *testing.T) {
	for _, test := range []struct {
		extensions, name int // how many, and the length of the longest name
		structured       bool
	}{
		{95, 10, false}, // besides specversion, id, source, type and content-type
		{96, 10, true},
		{1, 253, false},
		{1, 254, true},
	} {
		s := &service{}
		start(t, s)
		e := newEvent("1")
		if err := e.SetData("text/plain", []byte("x")); err != nil {
			t.Fatal(err)
		}
		for i := range test.extensions {
			e.SetExtension(fmt.Sprintf("%s%03d", strings.Repeat("x", test.name-3), i), "1")
		}
		for _, err := range news.Send(t.Context(), []event.Event{e}) {
			if err != nil {
				t.Error(err)
			}
		}
		if got := s.calls[0][0].Attributes["content-type"] == ce.MediaType; got != test.structured {
			t.Errorf("%+v: structured mode: %t, with %d attributes", test, got, len(s.calls[0][0].Attributes))
		}
	}
}

// Requests keep within the limits, and what follows one that failed is not
// sent.
func TestBatches(t *testing.T) {
	s := &service{status: func(call int) int {
		if call == 2 {
			return http.StatusServiceUnavailable
		}
		return http.StatusOK
	}}
	start(t, s)
	var events []event.Event
	for i := range 2500 {
		events = append(events, newEvent(fmt.Sprint(i)))
	}
	errs := news.Send(t.Context(), events)
	if len(s.calls) != 2 || len(s.calls[0]) != 1000 {
		t.Fatalf("%d calls", len(s.calls))
	}
	for i, err := range errs {
		if (err == nil) != (i < 1000) {
			t.Fatalf("event %d: %v", i, err)
		}
	}
	s.calls, s.status = nil, nil
	large := []event.Event{newEvent("1"), newEvent("2"), newEvent("3"), newEvent("4")}
	for i, size := range []int{4 << 20, 8 << 20, 3 << 20, 5 << 20} { // base64 adds a third
		if err := large[i].SetData("application/octet-stream", make([]byte, size)); err != nil {
			t.Fatal(err)
		}
	}
	errs = news.Send(t.Context(), large)
	if kind, _ := run.Kind(errs[1]); kind != mark.Permanent || errs[0] != nil || errs[2] != nil || errs[3] != nil || len(s.calls) != 2 {
		t.Errorf("errors %v, %d calls", errs, len(s.calls))
	}
}

// What the service refuses for good is permanent, all else may pass.
func TestFailures(t *testing.T) {
	for status, want := range map[int]mark.Kind{400: mark.Permanent, 401: mark.Retry, 403: mark.Retry, 404: mark.Retry, 413: mark.Permanent, 429: mark.Retry, 500: mark.Retry, 503: mark.Retry} {
		start(t, &service{status: func(int) int { return status }})
		err := news.Send(t.Context(), []event.Event{newEvent("1")})[0]
		if kind, _ := run.Kind(err); err == nil || kind != want || !strings.Contains(err.Error(), fmt.Sprintf("status %d SAID: why", status)) {
			t.Errorf("%d: %v, kind %v", status, err, kind)
		}
	}
	if err := (Topic{Name: "other"}).Send(t.Context(), []event.Event{newEvent("1")})[0]; err == nil || !strings.Contains(err.Error(), "FNGEN_SINK_OTHER is not set") {
		t.Errorf("got %v", err)
	}
}

// What is said of a service that fails holds nothing of its address but the host,
// and nothing of its answers that may be a token.
func TestNothingPrivateIsSaid(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"error":{"status":"SAID","message":"see https://alice:s3cret@host/t0ken?q=1"},"access_token":"t0ken"}`)
	}))
	defer server.Close()
	down := httptest.NewServer(http.NotFoundHandler())
	down.Close()
	host := func(url string) string { return strings.TrimPrefix(url, "http://") }
	private := func(err error, want string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
			return
		}
		for _, hidden := range []string{"alice", "s3cret", "t0ken"} {
			if strings.Contains(err.Error(), hidden) {
				t.Errorf("%q has %q", err, hidden)
			}
		}
	}
	t.Setenv("FNGEN_SINK_NEWS", "projects/acme/topics/news")
	for emulator, want := range map[string]string{
		"http://alice:s3cret@" + host(down.URL) + "/t0ken?q=": down.URL + ": connection refused",
		"alice:s3cret@host:t0ken":                             "the address is not",
		host(server.URL):                                      "SAID: see https://host",
	} {
		t.Setenv("PUBSUB_EMULATOR_HOST", emulator)
		private(Topic{Name: "news"}.Send(t.Context(), []event.Event{newEvent("1")})[0], want)
	}
}
