package trigger

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/internal/run"
	"github.com/fngen/fngen/internal/run/mark"
	"github.com/fngen/fngen/providers/openwhisk/internal/actionloop"
)

// platform is the part of OpenWhisk that fires triggers.
type platform struct {
	status int
	fired  []string // user:password path body
}

func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	user, password, _ := r.BasicAuth()
	body, _ := io.ReadAll(r.Body)
	p.fired = append(p.fired, fmt.Sprintf("%s:%s %s %s %s", user, password, r.Method, r.URL.EscapedPath(), body))
	w.WriteHeader(p.status)
	_, _ = io.WriteString(w, `{"error":"said"}`)
}

// activation returns the context of an activation with the platform's key.
func activation(t *testing.T, p *platform, key string) context.Context {
	t.Helper()
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	t.Setenv("__OW_API_HOST", server.URL)
	t.Setenv("FNGEN_SINK_NEWS", "order events")
	r, err := actionloop.Decode(fmt.Appendf(nil, `{"value":{},"api_key":%q}`, key))
	if err != nil {
		t.Fatal(err)
	}
	return r.Context(t.Context())
}

func events(n int) []event.Event {
	var out []event.Event
	for i := range n {
		e := event.New()
		e.SetID(fmt.Sprint(i + 1))
		e.SetSource("/shop")
		e.SetType("t")
		out = append(out, e)
	}
	return out
}

// A trigger is fired with the event, in the name of whom the activation runs.
func TestFire(t *testing.T) {
	p := &platform{status: http.StatusAccepted}
	ctx := activation(t, p, "uuid:key")
	for _, err := range (Trigger{Name: "news"}).Send(ctx, events(2)) {
		if err != nil {
			t.Error(err)
		}
	}
	want := `uuid:key POST /api/v1/namespaces/_/triggers/order%20events {"cloudevent":{"specversion":"1.0","id":"1","source":"/shop","type":"t"}}`
	if len(p.fired) != 2 || p.fired[0] != want {
		t.Errorf("fired %q, want %q", p.fired, want)
	}
}

// What the platform does not take is an error, and so is a trigger without an
// active rule, since the event is gone; what follows it is not sent.
func TestNotFired(t *testing.T) {
	for status, want := range map[int]struct {
		kind mark.Kind
		text string
	}{
		http.StatusNoContent:             {mark.Retry, "fire trigger order events: it has no active rule"},
		http.StatusNotFound:              {mark.Retry, `status 404: "{\"error\":\"said\"}"`},
		http.StatusTooManyRequests:       {mark.Retry, "status 429"},
		http.StatusBadGateway:            {mark.Retry, "status 502"},
		http.StatusBadRequest:            {mark.Permanent, "status 400"},
		http.StatusRequestEntityTooLarge: {mark.Permanent, "status 413"},
	} {
		p := &platform{status: status}
		errs := Trigger{Name: "news"}.Send(activation(t, p, "uuid:s3cret"), events(2))
		kind, _ := run.Kind(errs[0])
		if errs[0] == nil || kind != want.kind || !strings.Contains(errs[0].Error(), want.text) || strings.Contains(errs[0].Error(), "s3cret") {
			t.Errorf("%d: %v (kind %v), want %v", status, errs[0], kind, want)
		}
		if kind, _ := run.Kind(errs[1]); errs[1] == nil || kind != mark.Retry || len(p.fired) != 1 {
			t.Errorf("%d: what follows: %v, %d calls", status, errs[1], len(p.fired))
		}
	}
}

// Without a key nothing can be fired, and an event above the platform's limit
// is not tried.
func TestRefused(t *testing.T) {
	p := &platform{status: http.StatusAccepted}
	if errs := (Trigger{Name: "news"}).Send(activation(t, p, ""), events(1)); errs[0] == nil || !strings.Contains(errs[0].Error(), "provide-api-key") {
		t.Errorf("without a key: %v", errs)
	}
	large := events(1)
	if err := large[0].SetData("text/plain", strings.Repeat("x", maxPayload)); err != nil {
		t.Fatal(err)
	}
	errs := Trigger{Name: "news"}.Send(activation(t, p, "uuid:key"), large)
	if kind, _ := run.Kind(errs[0]); kind != mark.Permanent || len(p.fired) != 0 {
		t.Errorf("too large: %v, fired %d", errs, len(p.fired))
	}
}
