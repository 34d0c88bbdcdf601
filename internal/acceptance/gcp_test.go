package acceptance

import (
	"go/parser"
	"go/token"
	"net"
	"net/http"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/modfile"
)

// pubsubPush is a message as a push subscription sends it.
func pubsubPush(t *testing.T, id, data string, attributes map[string]string) string {
	return encode(t, map[string]any{
		"message": map[string]any{
			"data": []byte(data), "attributes": attributes, "messageId": id, "message_id": id,
			"publishTime": "2026-01-02T03:04:05.678Z", "publish_time": "2026-01-02T03:04:05.678Z",
		},
		"subscription": "projects/acme/subscriptions/orders-receive",
	})
}

// The archive is a module as Google's buildpack wants it: one package at its
// root, not main, that imports the framework itself, and no word of this
// machine. That it is complete is what the tests that build it show.
func TestGoogleModule(t *testing.T) {
	a := app(t)
	for name, archive := range a.archives {
		if !strings.HasPrefix(name, "gcp/") {
			continue
		}
		var packages []string
		var imports []string
		files := map[string][]byte{}
		for _, f := range read(t, archive) {
			files[f.name] = f.data
			if path.Dir(f.name) != "." || !strings.HasSuffix(f.name, ".go") {
				continue
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), f.name, f.data, parser.ImportsOnly)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			packages = append(packages, parsed.Name.Name)
			for _, spec := range parsed.Imports {
				imported, err := strconv.Unquote(spec.Path.Value)
				if err != nil {
					t.Fatal(err)
				}
				imports = append(imports, imported)
			}
		}
		if !slices.Equal(packages, []string{"function"}) {
			t.Errorf("%s: packages at the root are %q, want function alone", name, packages)
		}
		if !slices.Contains(imports, "github.com/GoogleCloudPlatform/functions-framework-go/functions") {
			t.Errorf("%s: the root does not import the framework: %q", name, imports)
		}
		mod, err := modfile.Parse("go.mod", files["go.mod"], nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if want := "example.com/acceptance/dist/" + name; mod.Module.Mod.Path != want {
			t.Errorf("%s: module %s, want %s", name, mod.Module.Mod.Path, want)
		}
		if len(mod.Replace) > 0 {
			t.Errorf("%s: go.mod replaces %s", name, mod.Replace[0].Old)
		}
		modules := string(files["vendor/modules.txt"])
		if !strings.Contains(modules, "# github.com/GoogleCloudPlatform/functions-framework-go v") || strings.Contains(modules, "=>") {
			t.Errorf("%s: vendor/modules.txt:\n%s", name, modules)
		}
	}
	menu := map[string]bool{}
	for _, f := range read(t, a.archive(t, "gcp/menu")) {
		menu[f.name] = true
	}
	for _, name := range []string{"vendor/example.com/acceptance/menu.txt", "vendor/example.com/greeting/text/hello.txt"} {
		if !menu[name] {
			t.Errorf("gcp/menu lacks the embedded %s", name)
		}
	}
}

// A plain push reaches the handler as the portable event, whether a
// subscription sends it or Eventarc does.
func TestGoogleQueue(t *testing.T) {
	f := startServer(t, "receive", "Receive")
	want := seen{
		Type: "dev.fngen.message.received.v1", Source: "//pubsub.googleapis.com/projects/acme/subscriptions/orders-receive", Subject: "orders",
		ID: "m1", Time: "2026-01-02T03:04:05.678Z", DataContentType: "text/plain", Data: "two cups",
	}
	push := pubsubPush(t, "m1", "two cups", map[string]string{"content-type": "text/plain"})
	if got := f.post(push); got.status != 204 {
		t.Errorf("push: got %+v", got)
	}
	f.saw(want)
	got := f.post(push, "Ce-Specversion", "1.0", "Ce-Id", "m1", "Ce-Source", "//pubsub.googleapis.com/projects/acme/topics/orders",
		"Ce-Type", "google.cloud.pubsub.topic.v1.messagePublished", "Ce-Time", "2026-01-02T03:04:05.678Z")
	if got.status != 204 {
		t.Errorf("messagePublished: got %+v", got)
	}
	f.saw(want)
}

// Errors and panics have the message delivered again, without a word of them in
// the answer, and the process lives on.
func TestGoogleFailures(t *testing.T) {
	f := startServer(t, "receive", "Receive")
	for _, test := range []struct {
		name, body string
		status     int
	}{
		{"panic", pubsubPush(t, "m1", `{"do":"panic"}`, nil), 500},
		{"error", pubsubPush(t, "m2", `{"do":"fail"}`, nil), 500},
		{"no push", `{"guest":1}`, 400},
		{"no JSON", `{`, 400},
		{"done", pubsubPush(t, "m3", `{}`, nil), 204},
	} {
		got := f.post(test.body)
		if got.status != test.status || strings.Contains(got.body, "fire") || strings.Contains(got.body, "coffee") {
			t.Errorf("%s: got %d %q, want %d", test.name, got.status, got.body, test.status)
		}
	}
	for _, text := range []string{"order on fire", "out of coffee"} {
		if !f.logs(text) {
			t.Errorf("the log does not say %q", text)
		}
	}
}

// A handler that does not return is answered for before the platform's timeout,
// and the process lives on.
func TestGoogleSlowHandler(t *testing.T) {
	f := startServer(t, "receive", "Receive", "CLOUD_RUN_TIMEOUT_SECONDS=2")
	if got := f.post(pubsubPush(t, "m1", `{"do":"hang"}`, nil)); got.status != 500 {
		t.Errorf("got %+v, want 500", got)
	}
	if got := f.post(pubsubPush(t, "m2", `{}`, nil)); got.status != 204 {
		t.Errorf("after a slow handler: got %+v", got)
	}
	f.logsLate("Pub/Sub message m1")
}

// An event reaches a handler in an internal package as it was published: as a
// request in binary or structured mode, as a push whose attributes hold what a
// header cannot, and as a push of a structured event.
func TestGoogleEvent(t *testing.T) {
	f := startServer(t, "placed", "Placed")
	const data = `{"guest":9007199254740993}`
	attributes := map[string]string{
		"ce-specversion": "1.0", "ce-id": "A-1", "ce-source": "/till/7", "ce-type": "com.example.order.placed", "ce-subject": "orders/17",
		"ce-time": "2026-01-02T03:04:05Z", "ce-till": "seven", "content-type": "application/json",
	}
	var headers []string
	for name, value := range attributes {
		headers = append(headers, name, value)
	}
	for _, test := range []struct {
		name    string
		body    string
		headers []string
	}{
		{"binary", data, headers},
		{"structured", placedEvent, []string{"Content-Type", "application/cloudevents+json"}},
		{"push with ce- attributes", pubsubPush(t, "m1", data, attributes), nil},
		{"push of a structured event", pubsubPush(t, "m2", placedEvent, map[string]string{"content-type": "application/cloudevents+json"}), nil},
	} {
		t.Log(test.name)
		if got := f.post(test.body, test.headers...); got.status != 204 {
			t.Fatalf("got %+v", got)
		}
		f.saw(placedSeen)
	}
}

// Cloud Storage's event, its integers strings, becomes the portable one; an
// object that the directive does not ask for is acknowledged without a call.
func TestGoogleObject(t *testing.T) {
	f := startServer(t, "picture", "Picture")
	finalized := func(name string) reply {
		return f.post(`{"bucket":"sourcebucket","name":"`+name+`","size":"1024","generation":"1587627537231057","etag":"CNHZkbuF/ugCEAE=","contentType":"image/jpeg"}`,
			"Ce-Specversion", "1.0", "Ce-Id", "1", "Ce-Type", "google.cloud.storage.object.v1.finalized",
			"Ce-Source", "//storage.googleapis.com/projects/_/buckets/sourcebucket", "Ce-Subject", "objects/"+name, "Ce-Time", "2026-01-02T03:04:05Z")
	}
	for _, name := range []string{"notes.txt", "Happy Face.jpg"} {
		if got := finalized(name); got.status != 204 {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	f.saw(seen{
		Type: "dev.fngen.object.created.v1", Source: "//storage.googleapis.com/projects/_/buckets/sourcebucket", Subject: "Happy Face.jpg",
		ID:   "150bf489b4e0a7eceacd14fc46368127", // computed with Python's hashlib
		Time: "2026-01-02T03:04:05Z", DataContentType: "application/json",
		Data: `{"bucket":"pictures","key":"Happy Face.jpg","size":1024,"etag":"CNHZkbuF/ugCEAE=","contenttype":"image/jpeg","version":"1587627537231057"}`,
	})
}

// A net/http handler has its embedded file and its local module, and a panic is
// a 500 that costs nothing else.
func TestGoogleMenu(t *testing.T) {
	f := startServer(t, "menu", "Menu")
	for _, test := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"GET", "/menu/Ada", 200, "Good morning, Ada!\ncoffee 2.50\ncake 3.10\n"},
		{"GET", "/menu/panic", 500, "Internal Server Error\n"},
		{"POST", "/menu/Ada", 405, "Method Not Allowed\n"},
		{"GET", "/menu/J%C3%BCrgen", 200, "Good morning, Jürgen!\ncoffee 2.50\ncake 3.10\n"},
	} {
		if got := f.send(test.method, test.path, nil, ""); got.status != test.status || got.body != test.body {
			t.Errorf("%s %s: got %+v", test.method, test.path, got)
		}
	}
}

// A typed handler answers with JSON, and what does not decode is the client's
// fault.
func TestGoogleBills(t *testing.T) {
	f := startServer(t, "bills", "Bills")
	for _, test := range billTests {
		got := f.send("POST", "/bills", http.Header{"Content-Type": {test.contentType}}, test.body)
		if got.status != test.status || got.body != test.answer {
			t.Errorf("%s %s: got %+v", test.contentType, test.body, got)
		}
	}
}

// A request reaches an event handler as an event, and its reply goes back in
// binary mode. The id is the platform's, of which there is none here.
func TestGoogleHTTPEvent(t *testing.T) {
	f := startServer(t, "relay", "Relay")
	got := f.send("POST", "/my/path", http.Header{"Content-Type": {"text/csv"}, "X-Request-Id": {"forged"}}, "a,b")
	if got.status != 200 || got.body != "a,b" || got.header.Get("Ce-Type") != "com.example.relayed" || got.header.Get("Ce-Subject") != "dev.fngen.http.request.v1" {
		t.Errorf("got %+v", got)
	}
	e := f.event()
	if e.ID == "" || e.ID == "forged" {
		t.Errorf("id %q", e.ID)
	}
	e.ID = "" // random
	want := seen{
		Type: "dev.fngen.http.request.v1", Source: "//run.googleapis.com/projects/acme/locations/europe-west1/services/cafe", Subject: "/my/path",
		DataContentType: "text/csv", Data: "a,b",
	}
	if diff := cmp.Diff(want, e); diff != "" {
		t.Errorf("event: want -, got +\n%s", diff)
	}
}

// A setup that fails ends the process before it listens, which is how the
// platform learns of it, and the log says why.
func TestGoogleSetupFails(t *testing.T) {
	program := service(t, "receive")
	l, err := net.Listen("tcp", "127.0.0.1:0") // the test's own, so that to listen would fail with another text
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, serverCommand(program, "Receive", port, []string{"ORDERS_SETUP_ERROR=no table is free"}))
	if code := p.exit(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	log := p.log.String()
	if !strings.Contains(log, "no table is free") || strings.Contains(log, "address already in use") {
		t.Errorf("%s logged:\n%s", filepath.Base(program), log)
	}
}
