//go:build unix

package acceptance

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// emitting is testdata/emit_gcp, built for Google with package: binary.
var emitting = sync.OnceValues(func() (*application, error) {
	return builtFor("gcp", "emit_gcp", fmt.Sprintf("targets:\n  gcp: {package: binary, arch: %s}\nresources:\n  crm: {gcp: {url: \"https://crm.example/events\"}}\n", runtime.GOARCH))
})

// emittingBinary returns the function's program.
func emittingBinary(t *testing.T, function string) string {
	t.Helper()
	requireLinux(t)
	a, err := emitting()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(unpack(t, a.archive(t, "gcp/"+function)), "main")
}

// A gateway stands between the artifacts and the emulator.
type gateway struct {
	host string // PUBSUB_EMULATOR_HOST
	mu   sync.Mutex
	sent []string                            // the topics of the requests, in their order
	meet func(n int, forward func() int) int // answers the n-th request from 1; nil forwards it
}

func newGateway(t *testing.T, base string) *gateway {
	t.Helper()
	emulator, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	g := &gateway{}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: emulator.Host})
	proxy.Transport = &http.Transport{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		topic, publishes := strings.CutSuffix(r.URL.Path, ":publish")
		if !publishes || r.Header.Get("Authorization") != "Bearer owner" { // which is no identity
			http.Error(w, "not for an emulator", http.StatusNotFound)
			return
		}
		g.mu.Lock()
		g.sent = append(g.sent, filepath.Base(topic))
		n, meet := len(g.sent), g.meet
		g.mu.Unlock()
		if meet == nil {
			proxy.ServeHTTP(w, r)
			return
		}
		w.WriteHeader(meet(n, func() int {
			answer := httptest.NewRecorder()
			proxy.ServeHTTP(answer, r)
			return answer.Code
		}))
	}))
	t.Cleanup(s.Close)
	g.host = strings.TrimPrefix(s.URL, "http://")
	return g
}

// requests returns the topics of those that there were, forgets them and has
// further ones answered so.
func (g *gateway) requests(meet func(n int, forward func() int) int) []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	sent := g.sent
	g.sent, g.meet = nil, meet
	return sent
}

// A pubsubMessage is a message as it is pulled.
type pubsubMessage struct {
	Data        []byte            `json:"data"`
	Attributes  map[string]string `json:"attributes"`
	OrderingKey string            `json:"orderingKey"`
}

// inbox is a subscription that a test pulls from.
type inbox struct{ url string }

// topic creates the topic and subscribes an inbox to it.
func (b emulatorBase) topic(t *testing.T, name string) inbox {
	t.Helper()
	call(t, http.MethodPut, string(b)+"topics/"+name, struct{}{}, nil)
	in := inbox{string(b) + "subscriptions/inbox-" + name}
	call(t, http.MethodPut, in.url, map[string]any{"topic": "projects/acme/topics/" + name, "enableMessageOrdering": true}, nil)
	return in
}

// emulatorBase is the URL of a project in the emulator.
type emulatorBase string

// pushes subscribes the function to the topic.
func (b emulatorBase) pushes(t *testing.T, topic, endpoint string) {
	t.Helper()
	call(t, http.MethodPut, string(b)+"subscriptions/push-"+topic, map[string]any{
		"topic": "projects/acme/topics/" + topic, "ackDeadlineSeconds": 70,
		"pushConfig":  map[string]any{"pushEndpoint": endpoint},
		"retryPolicy": map[string]any{"minimumBackoff": "0.1s", "maximumBackoff": "1s"},
	}, nil)
}

// take waits for n messages.
func (in inbox) take(t *testing.T, n int) []pubsubMessage {
	t.Helper()
	var messages []pubsubMessage
	wait(t, patience, func() bool {
		var pulled struct {
			ReceivedMessages []struct {
				AckID   string `json:"ackId"`
				Message pubsubMessage
			}
		}
		call(t, http.MethodPost, in.url+":pull", map[string]any{"maxMessages": 10, "returnImmediately": true}, &pulled)
		var acks []string
		for _, r := range pulled.ReceivedMessages {
			acks, messages = append(acks, r.AckID), append(messages, r.Message)
		}
		if len(acks) > 0 {
			call(t, http.MethodPost, in.url+":acknowledge", map[string]any{"ackIds": acks}, nil)
		}
		return len(messages) >= n
	})
	if len(messages) != n {
		t.Fatalf("%s has %d messages, want %d: %v", in.url, len(messages), n, messages)
	}
	return messages
}

// messageIDs returns the ids of the events, sorted.
func messageIDs(messages []pubsubMessage) []string {
	var out []string
	for _, m := range messages {
		out = append(out, m.Attributes["ce-id"])
	}
	slices.Sort(out)
	return out
}
