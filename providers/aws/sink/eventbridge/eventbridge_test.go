package eventbridge

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/internal/run"
	"github.com/fngen/fngen/internal/run/mark"
)

const none mark.Kind = 99

// An entry has the event's source, type and time, and the event whole as its
// detail; an entry without an event id was not taken.
func TestSend(t *testing.T) {
	var body, target string
	status, answer := 200, ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		body, target = string(b), r.Header.Get("X-Amz-Target")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	defer server.Close()
	for name, value := range map[string]string{
		"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "SECRET", "AWS_ENDPOINT_URL_EVENTBRIDGE": server.URL, "FNGEN_SINK_ORDERS": "shop",
	} {
		t.Setenv(name, value)
	}
	var sent []event.Event
	for _, id := range []string{"1", "2"} {
		e := event.New()
		e.SetID(id)
		e.SetSource("/shop")
		e.SetType("com.example.order.placed")
		e.SetTime(time.Unix(1700000000, 0))
		sent = append(sent, e)
	}
	for _, test := range []struct {
		name, answer string
		status       int
		want         []mark.Kind
		text         string
	}{
		{"taken", `{"FailedEntryCount":0,"Entries":[{"EventId":"a"},{"EventId":"b"}]}`, 200, []mark.Kind{none, none}, ""},
		{"one throttled", `{"FailedEntryCount":1,"Entries":[{"EventId":"a"},{"ErrorCode":"ThrottlingException","ErrorMessage":"slow"}]}`, 200, []mark.Kind{none, mark.Retry}, "ThrottlingException: slow"},
		{"one refused", `{"FailedEntryCount":1,"Entries":[{"ErrorCode":"MalformedDetail","ErrorMessage":"m"},{"EventId":"b"}]}`, 200, []mark.Kind{mark.Permanent, none}, "MalformedDetail"},
		{"too few", `{"Entries":[{"EventId":"a"}]}`, 200, []mark.Kind{mark.Retry, mark.Retry}, "1 entries, want 2"},
		{"no permission", `{"__type":"AccessDeniedException","Message":"m"}`, 400, []mark.Kind{mark.Retry, mark.Retry}, "AccessDeniedException"},
		{"too large", ``, 413, []mark.Kind{mark.Permanent, mark.Permanent}, "status 413"},
	} {
		status, answer = test.status, test.answer
		for i, err := range (Bus{Name: "orders"}).Send(t.Context(), sent) {
			kind, _ := run.Kind(err)
			if err == nil {
				kind = none
			}
			if kind != test.want[i] || err != nil && !strings.Contains(err.Error(), test.text) {
				t.Errorf("%s: event %d: %v (%v), want %v", test.name, i, err, kind, test.want[i])
			}
		}
	}
	want := `{"Entries":[{"EventBusName":"shop","Source":"/shop","DetailType":"com.example.order.placed","Detail":"{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/shop\",` +
		`\"type\":\"com.example.order.placed\",\"time\":\"2023-11-14T22:13:20Z\"}","Time":1700000000},`
	if target != "AWSEvents.PutEvents" || !strings.HasPrefix(body, want) {
		t.Errorf("%s %s\nwant %s", target, body, want)
	}
}

// Whatever the service answers, each entry has its own result, and nothing that
// has no event id counts as taken.
func FuzzResults(f *testing.F) {
	for _, seed := range []string{`{"Entries":[{"EventId":"a"},{"ErrorCode":"x"}]}`, `{"Entries":[]}`, `{`, `null`, `[]`, `{"Entries":[null,null]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, response []byte) {
		errs := results(response, 2)
		if len(errs) != 2 {
			t.Fatalf("%d results", len(errs))
		}
		if !strings.Contains(strings.ToLower(string(response)), "event") && cmp.Equal(errs, make([]error, 2)) && !strings.Contains(string(response), `\u`) {
			t.Errorf("%s counts as taken", response)
		}
	})
}
