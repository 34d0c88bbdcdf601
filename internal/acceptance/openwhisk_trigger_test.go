package acceptance

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// shopActions is the built application of testdata/emit_openwhisk.
var shopActions = sync.OnceValues(func() (*application, error) {
	dir, err := copyModule("emit_openwhisk", "emit_openwhisk", map[string]string{
		"fngen.yaml": fmt.Sprintf("targets:\n  openwhisk: {arch: %s}\n", runtime.GOARCH),
	})
	if err != nil {
		return nil, err
	}
	return buildApp(dir, "openwhisk")
})

// startShop starts the function's action on the platform.
func startShop(t *testing.T, function string, p *platform) *action {
	t.Helper()
	requireLinux(t)
	a, err := shopActions()
	if err != nil {
		t.Fatal(err)
	}
	return startExec(t, a.archive(t, "openwhisk/"+function), "/guest/emit/"+function, "__OW_API_HOST="+p.url)
}

// A platform is the part of OpenWhisk that fires triggers.
type platform struct {
	t   *testing.T
	url string

	mu     sync.Mutex
	answer func(trigger string, call int) int // the status; nil takes all
	calls  []firing
}

// A firing is a call that fires a trigger.
type firing struct {
	trigger string
	status  int
	body    string
	event   map[string]any
}

// newPlatform starts a platform that answers as the function says, counting
// each trigger's calls from 1.
func newPlatform(t *testing.T, answer func(trigger string, call int) int) *platform {
	t.Helper()
	p := &platform{t: t, answer: answer}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	p.url = server.URL
	return p
}

func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	trigger, isTrigger := strings.CutPrefix(r.URL.Path, "/api/v1/namespaces/_/triggers/")
	user, password, _ := r.BasicAuth()
	var payload map[string]map[string]any
	if err == nil {
		err = json.Unmarshal(body, &payload)
	}
	if err != nil || r.Method != http.MethodPost || !isTrigger || user != "uuid" || password != "s3cret" || r.Header.Get("Content-Type") != "application/json" || len(payload) != 1 {
		p.t.Errorf("%s %s by %s:%s: %q (%v)", r.Method, r.URL, user, password, body, err)
	}
	call := 1
	for _, f := range p.calls {
		if f.trigger == trigger {
			call++
		}
	}
	status := http.StatusAccepted
	if p.answer != nil {
		status = p.answer(trigger, call)
	}
	p.calls = append(p.calls, firing{trigger, status, string(body), payload["cloudevent"]})
	w.WriteHeader(status)
	if status == http.StatusAccepted {
		fmt.Fprint(w, `{"activationId":"2f"}`)
	}
}

// answers changes the answers.
func (p *platform) answers(answer func(trigger string, call int) int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = answer
}

// fired returns the calls since it was asked last.
func (p *platform) fired() []firing {
	p.mu.Lock()
	defer p.mu.Unlock()
	calls := p.calls
	p.calls = nil
	return calls
}

// taken are the firings that the platform has taken.
func taken(calls []firing) []firing {
	return slices.DeleteFunc(slices.Clone(calls), func(f firing) bool { return f.status != http.StatusAccepted })
}

// ids are the different ids of the events.
func ids(calls []firing) []string {
	all := map[string]bool{}
	for _, f := range calls {
		all[fmt.Sprint(f.event["source"], f.event["id"])] = true
	}
	return slices.Sorted(maps.Keys(all))
}
