package sqs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/internal/run"
	"github.com/fngen/fngen/internal/run/mark"
)

// service answers as SQS does, and keeps the requests.
type standIn struct {
	requests []request
	answer   func(call int, r request) (status int, body string)
}

type request struct {
	QueueURL string `json:"QueueUrl"`
	Entries  []entry
	headers  http.Header
}

func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var q request
	body, _ := io.ReadAll(r.Body)
	if err := json.Unmarshal(body, &q); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	q.headers = r.Header
	s.requests = append(s.requests, q)
	status, text := http.StatusOK, all(q)
	if s.answer != nil {
		status, text = s.answer(len(s.requests), q)
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

// all is the answer that takes every entry.
func all(q request) string {
	var ok []string
	for _, e := range q.Entries {
		ok = append(ok, fmt.Sprintf(`{"Id":%q}`, e.ID))
	}
	return `{"Successful":[` + strings.Join(ok, ",") + `]}`
}

func start(t *testing.T, queue string, s *standIn) {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "SECRET", "AWS_SESSION_TOKEN": "SESSION",
		"AWS_ENDPOINT_URL_SQS": server.URL, "FNGEN_SINK_ORDERS_DONE": "https://sqs.eu-west-1.amazonaws.com/123456789012/" + queue,
	} {
		t.Setenv(name, value)
	}
}

func events(keys ...string) []event.Event {
	var out []event.Event
	for i, key := range keys {
		e := event.New()
		e.SetID(fmt.Sprint(i + 1))
		e.SetSource("/shop")
		e.SetType("t")
		if key != "" {
			e.SetExtension("partitionkey", key)
		}
		out = append(out, e)
	}
	return out
}

var orders = Queue{Name: "orders-done"}

// A message is the event in structured mode, marked as such, in signed calls of
// ten at most.
func TestSend(t *testing.T) {
	s := &standIn{}
	start(t, "orders", s)
	sent := events(make([]string, 23)...)
	for i, err := range orders.Send(t.Context(), sent) {
		if err != nil {
			t.Errorf("event %d: %v", i, err)
		}
	}
	var sizes []int
	var got []event.Event
	for _, q := range s.requests {
		sizes = append(sizes, len(q.Entries))
		for _, e := range q.Entries {
			one, err := ce.Decode([]byte(e.Body))
			if err != nil || e.Attributes["content-type"] != (attribute{"String", "application/cloudevents+json"}) || e.GroupID != "" || e.DeduplicationID != "" {
				t.Errorf("%v: %+v", err, e)
			}
			got = append(got, one)
		}
	}
	if diff := cmp.Diff([]int{10, 10, 3}, sizes); diff != "" {
		t.Errorf("calls differ (-want +got):\n%s", diff)
	}
	for i := range sent {
		if got[i].ID() != sent[i].ID() {
			t.Errorf("message %d has the id %s", i, got[i].ID())
		}
	}
	h := s.requests[0].headers
	if h.Get("X-Amz-Target") != "AmazonSQS.SendMessageBatch" || !strings.Contains(h.Get("Authorization"), "/eu-west-1/sqs/aws4_request") || h.Get("X-Amz-Security-Token") != "SESSION" {
		t.Errorf("headers %v", h)
	}
}

// delivered is the delivery of a message.
type delivered string

func (d delivered) Delivery() fn.Delivery { return fn.Delivery{NativeID: string(d)} }
func (d delivered) Raw() []byte           { return nil }

// A FIFO queue takes a dead letter a second time if its event was sent back and
// has failed again within the time that the queue knows copies, and knows the
// copy that a delivery which comes again would make. The like goes for a letter
// that is sent back.
func TestFIFOTakesLettersAgain(t *testing.T) {
	s := &standIn{answer: func(_ int, q request) (int, string) { return 200, all(q) }}
	start(t, "orders.fifo", s)
	letter, plain := events("a")[0], events("a")[0]
	letter.SetExtension("deadletterfunction", "/shop/confirm")
	ids := func(e event.Event) (ids []string) {
		for _, message := range []string{"m-1", "m-1", "m-2"} {
			before := len(s.requests)
			if errs := orders.Send(context.WithValue(t.Context(), mark.DeliveryKey{}, delivered(message)), []event.Event{e}); errors.Join(errs...) != nil {
				t.Fatal(errs)
			}
			ids = append(ids, s.requests[before].Entries[0].DeduplicationID)
		}
		return ids
	}
	if got := ids(letter); got[0] != got[1] || got[0] == got[2] {
		t.Errorf("the letters of the messages m-1, m-1 and m-2 have the deduplication ids %q", got)
	}
	if got := ids(plain); got[0] != got[1] || got[0] != got[2] {
		t.Errorf("an event has the deduplication ids %q", got)
	}
}

// In a FIFO queue the events of one key keep their order, also when one of them
// is not taken, and a copy has the same deduplication id.
func TestFIFO(t *testing.T) {
	s := &standIn{answer: func(call int, q request) (int, string) {
		if call == 2 {
			return 200, `{"Successful":[{"Id":"1"}],"Failed":[{"Id":"0","Code":"InternalError","Message":"m","SenderFault":false}]}`
		}
		return 200, all(q)
	}}
	start(t, "orders.fifo", s)
	sent := events("a", "b", "a", "a", "b", "", "über", "a b")
	errs := orders.Send(t.Context(), sent)
	var calls []string
	for _, q := range s.requests {
		var ids []string
		for _, e := range q.Entries {
			one, _ := ce.Decode([]byte(e.Body))
			ids = append(ids, one.ID()+":"+e.GroupID)
			if len(e.DeduplicationID) != 32 {
				t.Errorf("deduplication id %q", e.DeduplicationID)
			}
		}
		calls = append(calls, strings.Join(ids, " "))
	}
	want := []string{"1:a 2:b 6:6", "3:a 5:b"}
	if !strings.HasPrefix(calls[0], want[0]) || len(calls) != 2 || calls[1] != want[1] {
		t.Errorf("calls %q, want %q", calls, want)
	}
	for _, q := range s.requests[0].Entries[3:] {
		if len(q.GroupID) != 64 {
			t.Errorf("the group of a key that is none is %q", q.GroupID)
		}
	}
	if errs[2] == nil || errs[3] == nil || !strings.Contains(errs[3].Error(), "not sent") || errs[0] != nil || errs[4] != nil {
		t.Errorf("errors %v", errs)
	}
}

// What the service refuses for good is permanent, alone or with its whole call;
// all else may pass, and nothing that it does not name counts as taken.
func TestFailures(t *testing.T) {
	for _, test := range []struct {
		name, body string
		status     int
		want       []mark.Kind // of each of two events
		text       string
	}{
		{"one", `{"Successful":[{"Id":"1"}],"Failed":[{"Id":"0","Code":"InvalidMessageContents","Message":"x","SenderFault":true}]}`, 200, []mark.Kind{mark.Permanent, none}, "InvalidMessageContents"},
		{"throttled", `{"__type":"com.amazonaws.sqs#RequestThrottled","message":"slow down"}`, 400, []mark.Kind{mark.Retry, mark.Retry}, "RequestThrottled: slow down"},
		{"too long", `{"__type":"com.amazonaws.sqs#BatchRequestTooLong","message":"m"}`, 400, []mark.Kind{mark.Permanent, mark.Permanent}, "BatchRequestTooLong"},
		{"no queue", `{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"m"}`, 400, []mark.Kind{mark.Retry, mark.Retry}, "QueueDoesNotExist"},
		{"no permission", `{"__type":"AccessDeniedException","Message":"m"}`, 403, []mark.Kind{mark.Retry, mark.Retry}, "AccessDeniedException: m"},
		{"down", `<html>`, 503, []mark.Kind{mark.Retry, mark.Retry}, "status 503"},
		{"unnamed", `{"Successful":[{"Id":"7"}]}`, 200, []mark.Kind{mark.Retry, mark.Retry}, "does not name"},
		{"no JSON", `{`, 200, []mark.Kind{mark.Retry, mark.Retry}, "decode response"},
	} {
		start(t, "orders", &standIn{answer: func(int, request) (int, string) { return test.status, test.body }})
		for i, err := range orders.Send(t.Context(), events("", "")) {
			kind, _ := run.Kind(err)
			if err == nil {
				kind = none
			}
			if kind != test.want[i] || err != nil && !strings.Contains(err.Error(), test.text) {
				t.Errorf("%s: event %d: %v, kind %v, want %v", test.name, i, err, kind, test.want[i])
			}
			if err != nil && (strings.Contains(err.Error(), "SECRET") || strings.Contains(err.Error(), "AKID")) {
				t.Errorf("%s: credentials in %v", test.name, err)
			}
		}
	}
}

const none mark.Kind = 99

// An event above the limit is refused before the call, which the others make;
// calls keep within the limit together.
func TestSize(t *testing.T) {
	s := &standIn{}
	start(t, "orders", s)
	sent := events("", "", "", "")
	for i, size := range []int{700 << 10, 2 << 20, 400 << 10, 300 << 10} {
		if err := sent[i].SetData("text/plain", strings.Repeat("x", size)); err != nil {
			t.Fatal(err)
		}
	}
	errs := orders.Send(t.Context(), sent)
	if kind, _ := run.Kind(errs[1]); kind != mark.Permanent || errs[0] != nil || errs[2] != nil || errs[3] != nil || !strings.Contains(errs[1].Error(), "more than 1048576") {
		t.Errorf("errors %v", errs)
	}
	if len(s.requests) != 2 || len(s.requests[0].Entries) != 1 || len(s.requests[1].Entries) != 2 {
		t.Errorf("%d calls", len(s.requests))
	}
}

// An event with a character that the queue does not take is refused before the
// call, which the others make. JSON may hold it as an escape.
func TestCharacters(t *testing.T) {
	for _, test := range []struct {
		data  string
		taken bool
	}{
		{"\uFFFD \U0001FFFF \t\r\n\x01 ü", true},
		{"a\uFFFEb", false},
		{"a\uFFFFb", false},
		{`"\uFFFF"`, true},
	} {
		s := &standIn{}
		start(t, "orders", s)
		sent := events("", "")
		if err := sent[0].SetData("text/plain", test.data); err != nil {
			t.Fatal(err)
		}
		errs := orders.Send(t.Context(), sent)
		if errs == nil {
			errs = []error{nil, nil}
		}
		if kind, _ := run.Kind(errs[0]); (kind == mark.Permanent) == test.taken || errs[1] != nil {
			t.Errorf("%+q: errors %v", test.data, errs)
		}
	}
}

// Without an address or a region, or in a context that has ended, nothing is
// sent, and the events are worth another try.
func TestUnset(t *testing.T) {
	s := &standIn{}
	start(t, "orders", s)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if errs := orders.Send(ended, events("")); !errors.Is(errs[0], context.Canceled) {
		t.Errorf("got %v", errs)
	}
	if errs := (Queue{Name: "other"}).Send(t.Context(), events("")); errs[0] == nil || !strings.Contains(errs[0].Error(), "FNGEN_SINK_OTHER is not set") {
		t.Errorf("got %v", errs)
	}
	t.Setenv("AWS_REGION", "")
	t.Setenv("AWS_DEFAULT_REGION", "")
	if errs := orders.Send(t.Context(), events("")); errs[0] == nil || len(s.requests) != 0 {
		t.Errorf("got %v", errs)
	}
}
