package acceptance

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// kafkaBatch is the value of an activation by the Kafka feed with the bodies as
// messages of one partition; the feed breaks base64 into lines.
func kafkaBatch(t *testing.T, bodies ...string) string {
	messages := []map[string]any{}
	for i, body := range bodies {
		encoded := base64.StdEncoding.EncodeToString([]byte(body))
		var broken strings.Builder
		for len(encoded) > 76 {
			broken.WriteString(encoded[:76] + "\n")
			encoded = encoded[76:]
		}
		messages = append(messages, map[string]any{
			"topic": "shop.orders", "partition": 2, "offset": 17 + i, "key": nil, "value": broken.String() + encoded,
		})
	}
	return encode(t, map[string]any{"messages": messages})
}

// message is what a handler sees of a message of kafkaBatch.
func message(offset int, data string) seen {
	return seen{
		Type: "dev.fngen.message.received.v1", Source: "/namespaces/guest/kafka/shop.orders", Subject: "orders",
		ID: fmt.Sprintf("2:%d", offset), DataContentType: "application/json", Data: text(data),
	}
}

// The action answers whatever comes with one line each and lives on, with the
// acknowledgement where the image waits for one and without it where it would
// be taken for an answer.
func TestOpenWhiskQueue(t *testing.T) {
	const done, failed = "{}\n", `{"error":"1 of 1 events failed: Kafka message shop.orders 2:17"}` + "\n"
	long := `{"guest":9007199254740993,"note":"` + strings.Repeat("x", 3<<20) + `"}`
	for _, acknowledged := range []bool{true, false} {
		t.Run(fmt.Sprintf("acknowledged %v", acknowledged), func(t *testing.T) {
			var env []string
			if acknowledged {
				env = append(env, "__OW_WAIT_FOR_ACK=true")
			}
			f := startAction(t, "receive", env...)
			if acknowledged {
				if got, want := f.answer(), `{"ok":true}`+"\n"; got != want {
					t.Fatalf("acknowledgement %q, want %q", got, want)
				}
			}
			for _, test := range []struct {
				name, body, want string
				tries            int
			}{
				{"done", `{"guest":9007199254740993}`, done, 1},
				{"panic", `{"do":"panic"}`, failed, 3},
				{"after a panic", `{}`, done, 1},
				{"a line over 1 MB", long, done, 1},
				{"error", `{"do":"fail"}`, failed, 3},
				{"no JSON", "two\ncups", done, 1},
			} {
				t.Log(test.name)
				if got := f.ask(activation(t, kafkaBatch(t, test.body), patience)); got != test.want {
					t.Errorf("got %q, want %q", got, test.want)
				}
				for range test.tries {
					f.saw(message(17, test.body))
				}
			}
			if got, want := f.ask(`{"value":`), `{"error":"decode request: unexpected end of JSON input"}`+"\n"; got != want {
				t.Errorf("malformed request: got %q, want %q", got, want)
			}
			if rest, code := f.end(); code != 0 || len(rest) > 0 {
				t.Errorf("at the end of its input the action answers %q and exits with %d", rest, code)
			}
			if log := f.log.String(); !strings.Contains(log, "order on fire") || strings.Contains(log, "uuid:s3cret") {
				t.Error("the log lacks the panic, or holds the API key")
			}
		})
	}
}

// A handler that does not return costs its message and those after it in its
// partition, not the process, and the answer comes before the deadline.
func TestOpenWhiskSlowHandler(t *testing.T) {
	f := startAction(t, "receive")
	within := 2 * time.Second
	deadline := time.Now().Add(within)
	got := f.ask(activation(t, kafkaBatch(t, `{}`, `{"do":"hang"}`, `{}`), within))
	if time.Now().After(deadline) {
		t.Error("the answer came after the deadline")
	}
	if want := `{"error":"2 of 3 events failed: Kafka message shop.orders 2:18, Kafka message shop.orders 2:19"}` + "\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := f.ask(activation(t, kafkaBatch(t, `{}`), patience)), "{}\n"; got != want {
		t.Errorf("after a slow handler: got %q, want %q", got, want)
	}
	f.logsLate("Kafka message shop.orders 2:18")
}

// A trigger fired with a CloudEvent reaches a handler in an internal package.
// One of another type, and parameters that hold none, are answered with an
// error and lost in no other way than whole in the log.
func TestOpenWhiskEvent(t *testing.T) {
	f := startAction(t, "placed")
	if got := f.ask(activation(t, `{"__ow_headers":{"authorization":"Basic s3cret"},"cloudevent":`+placedEvent+`}`, patience)); got != "{}\n" {
		t.Errorf("got %q, want {}", got)
	}
	f.saw(placedSeen)
	for _, test := range []struct{ value, want string }{
		{`{"cloudevent":` + strings.Replace(placedEvent, "order.placed", "order.lost", 1) + `}`, "com.example.order.lost"},
		{`{"guest":9007199254740993}`, "9007199254740993"},
	} {
		var answer struct{ Error string }
		got := f.ask(activation(t, test.value, patience))
		if err := json.Unmarshal([]byte(got), &answer); err != nil || answer.Error == "" {
			t.Errorf("%s: got %q, want an error", test.value, got)
		}
		if !f.logs(test.want) {
			t.Errorf("%s: the log does not hold %q", test.value, test.want)
		}
	}
	if strings.Contains(f.log.String(), "s3cret") {
		t.Error("the log holds what authorised the firer")
	}
}

// webRequest is the value of an activation of a raw web action.
func webRequest(t *testing.T, method, path, contentType, body string) string {
	return encode(t, map[string]any{
		"__ow_method": method, "__ow_path": path, "__ow_query": "", "__ow_body": body,
		"__ow_headers": map[string]string{"content-type": contentType, "host": "openwhisk.example.org"},
	})
}

// webAnswer is the answer of a web action.
type webAnswer struct {
	StatusCode int               `json:"statusCode"`
	Headers    map[string]string `json:"headers"`
	Body       string            `json:"body"`
}

func (a *action) request(value string) webAnswer {
	a.t.Helper()
	line := a.ask(activation(a.t, value, patience))
	var answer webAnswer
	if err := json.Unmarshal([]byte(line), &answer); err != nil {
		a.t.Fatalf("answer %q: %v", line, err)
	}
	return answer
}

// A net/http handler has its embedded file and its local module, and a panic is
// a 500 that costs nothing else.
func TestOpenWhiskMenu(t *testing.T) {
	f := startAction(t, "menu")
	for _, test := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"get", "/menu/Ada", 200, "Good morning, Ada!\ncoffee 2.50\ncake 3.10\n"},
		{"get", "/menu/panic", 500, "Internal Server Error\n"},
		{"post", "/menu/Ada", 405, "Method Not Allowed\n"},
		{"get", "/menu/J%C3%BCrgen", 200, "Good morning, Jürgen!\ncoffee 2.50\ncake 3.10\n"},
	} {
		if got := f.request(webRequest(t, test.method, test.path, "", "")); got.StatusCode != test.status || got.Body != test.body {
			t.Errorf("%s %s: got %+v", test.method, test.path, got)
		}
	}
}

// A typed handler answers with JSON, which travels as base64, and what does not
// decode is the client's fault.
func TestOpenWhiskBills(t *testing.T) {
	f := startAction(t, "bills")
	for _, test := range billTests {
		body := test.body
		if test.contentType == "application/json" {
			body = base64.StdEncoding.EncodeToString([]byte(body))
		}
		got := f.request(webRequest(t, "post", "/bills", test.contentType, body))
		if test.status == 200 {
			decoded, err := base64.StdEncoding.DecodeString(got.Body)
			if err != nil {
				t.Errorf("body %q: %v", got.Body, err)
			}
			got.Body = string(decoded)
		}
		if got.StatusCode != test.status || got.Body != test.answer {
			t.Errorf("%s %s: got %+v", test.contentType, test.body, got)
		}
	}
}

// A request reaches an event handler as an event, and its reply goes back in
// binary mode.
func TestOpenWhiskHTTPEvent(t *testing.T) {
	f := startAction(t, "relay")
	got := f.request(webRequest(t, "post", "/my/path", "text/csv", "a,b"))
	if got.StatusCode != 200 || got.Body != "a,b" || got.Headers["Ce-Type"] != "com.example.relayed" || got.Headers["Ce-Subject"] != "dev.fngen.http.request.v1" {
		t.Errorf("got %+v", got)
	}
	f.saw(seen{
		Type: "dev.fngen.http.request.v1", Source: "/namespaces/guest/actions/cafe/receive", Subject: "/my/path",
		ID: "b6e8a1", DataContentType: "text/csv", Data: "a,b",
	})
}

// A setup that fails ends the process before the acknowledgement, which is how
// the proxy learns of it, and the log says why.
func TestOpenWhiskSetupFails(t *testing.T) {
	f := startAction(t, "receive", "__OW_WAIT_FOR_ACK=true", "ORDERS_SETUP_ERROR=no table is free")
	if rest, code := f.end(); code != 1 || len(rest) > 0 {
		t.Errorf("exit code %d after %q, want 1 after nothing", code, rest)
	}
	if !strings.Contains(f.log.String(), "no table is free") {
		t.Error("the log does not say why")
	}
}

// The manifest has an action for each archive beside it, which is for the image
// of the action's runtime.
func TestOpenWhiskManifest(t *testing.T) {
	a := app(t)
	var want []string
	for name := range a.archives {
		if function, ok := strings.CutPrefix(name, "openwhisk/"); ok {
			want = append(want, function)
		}
	}
	slices.Sort(want)
	dir := filepath.Join(a.dir, "dist", "openwhisk")
	data, err := os.ReadFile(filepath.Join(dir, "manifest.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		Project struct {
			Packages map[string]struct {
				Actions map[string]struct{ Function, Runtime string }
			}
		}
	}
	if err := yaml.Unmarshal(data, &manifest); err != nil {
		t.Fatal(err)
	}
	actions := manifest.Project.Packages["acceptance"].Actions
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(actions))); diff != "" {
		t.Errorf("actions (-artifacts +manifest):\n%s", diff)
	}
	for name, action := range actions {
		files := read(t, filepath.Join(dir, action.Function))
		at := slices.IndexFunc(files, func(f file) bool { return f.name == "exec.env" })
		if at < 0 || string(files[at].data) != "openwhisk/action-golang-v"+strings.TrimPrefix(action.Runtime, "go:") {
			t.Errorf("%s: %s is not for the image of %s", name, action.Function, action.Runtime)
		}
	}
}
