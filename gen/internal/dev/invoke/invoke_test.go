package invoke

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen/internal/dev/platform"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/testkit"
	"github.com/fngen/fngen/internal/native"
)

var triggers = map[string]model.Trigger{
	"http": model.HTTP{Methods: []string{"GET", "POST"}, Path: "/orders/{id}/{rest...}"}, "get": model.HTTP{Methods: []string{"GET"}, Path: "/{$}"},
	"queue": model.Queue{Name: "orders"}, "topic": model.Topic{Name: "news"}, "stream": model.Stream{Name: "clicks"},
	"schedule": model.Schedule{Cron: "0 4 * * *"}, "object": model.Object{Bucket: "pictures", Created: true, Prefix: "in/", Suffix: ".png"},
	"deleted":  model.Object{Bucket: "pictures", Deleted: true},
	"document": model.Document{Collection: "users", Created: true, Updated: true, Deleted: true},
	"updated":  model.Document{Collection: "users", Updated: true}, "removed": model.Document{Collection: "users", Deleted: true},
	"event": model.Event{Type: "com.example.order.placed", Source: "/shop"},
}

func of(trigger string) model.Function {
	return model.Function{Name: "do", Trigger: triggers[trigger]}
}

// A sample of every trigger is what each platform that has the trigger can send,
// also with data of one's own.
func TestSamples(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name := range triggers {
		for _, target := range testkit.TargetNames {
			for _, in := range []Input{{}, {Data: []byte(`{"id":"own"}`)}} {
				payload, err := in.Payload(target, of(name), now)
				if target == "openwhisk" && (name == "object" || name == "deleted") {
					if Never(err) != "the platform has no object store" {
						t.Errorf("%s: %v", name, err)
					}
					continue
				}
				if err != nil || Never(err) != "" {
					t.Errorf("%s on %s: %v", name, target, err)
				}
				if target != "gcp" && !json.Valid(payload.Body) {
					t.Errorf("%s on %s: %s", name, target, payload.Body)
				}
			}
		}
	}
}

// What invoke shows of an event says again what has happened, and data alone says
// it of the trigger's own event.
func TestOccurrence(t *testing.T) {
	ce := func(kind, data string) string {
		return fmt.Sprintf(`{"specversion":"1.0","id":"1","source":"/s","type":%q,"datacontenttype":"application/json","partitionkey":"k","data":%s}`, kind, data)
	}
	order := `{"id":"o-1"}`
	foreign := ce("com.example.order.placed", order)
	for _, test := range []struct {
		trigger, text string
		want          native.Occurrence
	}{
		{"queue", ce("dev.fngen.message.received.v1", order), native.Message{Body: []byte(order), Key: "k"}},
		{"topic", foreign, native.Message{Body: []byte(foreign), ContentType: "application/cloudevents+json", Key: "k"}},
		{"stream", ce("dev.fngen.record.received.v1", order), native.Record{Data: []byte(order), Key: "k"}},
		{"event", foreign, native.Event{Structured: foreign}},
		{"schedule", ce("dev.fngen.schedule.fired.v1", `{"name":"do","scheduled":"2026-01-02T04:00:00Z"}`), native.Tick{Name: "do", Scheduled: "2026-01-02T04:00:00Z"}},
		{"object", ce("dev.fngen.object.created.v1", `{"key":"a.png","size":7}`), native.Object{Key: "a.png", Size: 7}},
		{"object", ce("dev.fngen.object.deleted.v1", `{"key":"a.png"}`), native.Object{Key: "a.png", Deleted: true}},
		{"document", ce("dev.fngen.document.updated.v1", `{"key":"u","before":null,"after":{"a":true}}`), native.Change{Kind: native.Updated, Key: []string{"u"}, After: native.Map{"a": true}}},
		{"http", foreign, native.Request{Method: "POST", Target: "/orders/1/sample/1", Header: http.Header{"Accept": {"*/*"}, "User-Agent": {"fngen"}, "Content-Type": {"application/cloudevents+json"}}, Body: []byte(foreign)}},
		{"http", "PUT /orders/1?a=%20b HTTP/1.1\r\nHost: shop.test\r\nX-A: 1\r\n\r\nwhole\nbody", native.Request{Method: "PUT", Target: "/orders/1?a=%20b", Host: "shop.test", Header: http.Header{"X-A": {"1"}}, Body: []byte("whole\nbody")}},
		{"http", "GET / HTTP/1.1\nHost: a\nContent-Length: 2\n\nabcd", native.Request{Method: "GET", Target: "/", Host: "a", Header: http.Header{"Content-Length": {"2"}}, Body: []byte("ab")}},
	} {
		got, err := Occurrence(of(test.trigger), []byte(test.text))
		if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got)\n%s", test.text, err, diff)
		}
	}
	for _, test := range []struct {
		trigger, text, want string
	}{
		{"queue", "{", "what is delivered to do is to be an event in CloudEvents' structured mode: "},
		{"http", "hello", "what is delivered to do is to be an HTTP request, or an event in CloudEvents' structured mode: "},
		{"schedule", foreign, "do is given no com.example.order.placed, but dev.fngen.schedule.fired.v1; say what has happened by that"},
		{"object", ce("dev.fngen.object.created.v1", `{}`), `the data names no object; give {"key":"…","size":…}`},
		{"document", ce("dev.fngen.document.created.v1", `{}`), `the data names no document`},
		{"object", ce("dev.fngen.object.created.v1", `[]`), "the data of dev.fngen.object.created.v1: "},
	} {
		if _, err := Occurrence(of(test.trigger), []byte(test.text)); err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s: %v, want %s", test.text, err, test.want)
		}
	}
}

// What the settings of AWS say of a queue and a table is what is sent there, and
// what a queue of dead letters is shown is a letter when it is delivered again.
func TestFeed(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	function := func(trigger model.Trigger, feed model.Feed) model.Function {
		return model.Function{Name: "do", Trigger: trigger, Feed: feed}
	}
	queue := model.Queue{Name: "orders"}
	letter := `{"specversion":"1.0","id":"1","source":"/s","type":"dev.fngen.message.received.v1","deadletterreason":"no","data":{}}`
	object := `{"specversion":"1.0","id":"1","source":"/s","type":"dev.fngen.object.created.v1","data":{"key":"a b.png"}}`
	table := model.Document{Collection: "users", Created: true}
	change := `{"specversion":"1.0","id":"1","source":"/s","type":"dev.fngen.document.created.v1","data":{"key":"a%2Fb/c%20d","after":{"n":1}}}`
	for _, test := range []struct {
		function model.Function
		in       Input
		want     string // in the payload
	}{
		{function(queue, model.Feed{}), Input{}, `"body":"{\"id\":\"sample-1\"}"`},
		{function(queue, model.Feed{Envelope: "sns"}), Input{}, `\"Message\":\"{\\\"id\\\":\\\"sample-1\\\"}\"`},
		{function(queue, model.Feed{Envelope: "eventbridge"}), Input{}, `\"detail\":{\"id\":\"sample-1\"}`},
		{function(queue, model.Feed{Envelope: "s3"}), Input{}, `\"key\":\"sample.txt\"`},
		{function(queue, model.Feed{Envelope: "s3"}), Input{Event: []byte(object)}, `\"key\":\"a+b.png\"`},
		{function(queue, model.Feed{}), Input{Event: []byte(object)}, `dev.fngen.object.created.v1`},
		{function(queue, model.Feed{}), Input{Event: []byte(letter)}, `"body":"{}"`},
		{function(model.Queue{Name: "orders", Letters: true}, model.Feed{}), Input{Event: []byte(letter)}, `\"deadletterreason\":\"no\"`},
		{function(model.Queue{Name: "orders-dead-letters", Letters: true}, model.Feed{}), Input{}, `\"deadletterfunction\":\"/sample/orders\"`},
		{function(table, model.Feed{}), Input{}, `"Keys":{"_id":{"S":"sample-1"}}`},
		{function(table, model.Feed{Keys: []string{"user", "at"}}), Input{Data: []byte(`{"at":"now"}`)}, `"Keys":{"user":{"S":"sample-1"},"at":{"S":"now"}}`},
		{function(table, model.Feed{Keys: []string{"user", "at"}}), Input{Event: []byte(change)}, `"Keys":{"user":{"S":"a/b"},"at":{"S":"c d"}}`},
	} {
		payload, err := test.in.Payload("aws", test.function, now)
		if err != nil || !strings.Contains(string(payload.Body), test.want) {
			t.Errorf("%+v: %v, want %s in\n%s", test.function.Feed, err, test.want, payload.Body)
		}
	}
}

// A file with a recorded payload is what the platform's process gets, whichever
// way it was recorded.
func TestNative(t *testing.T) {
	request := "POST /a?b HTTP/1.1\r\nHost: h.example\r\nContent-Type: text/plain\r\n\r\nbody"
	for _, test := range []struct {
		target, file string
		want         platform.Payload
	}{
		{"aws", `{"Records":[]}`, platform.Payload{Body: []byte(`{"Records":[]}`)}},
		{"openwhisk", `{"messages":[]}`, platform.Payload{Body: []byte(`{"messages":[]}`)}},
		{"openwhisk", `{"value":{"messages":[]},"activation_id":"a","namespace":"guest"}`, platform.Payload{Body: []byte(`{"messages":[]}`)}},
		{"openwhisk", `{"value":{"a":1}}`, platform.Payload{Body: []byte(`{"value":{"a":1}}`)}},
		{"gcp", `{"message":{}}`, platform.Payload{Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(`{"message":{}}`)}},
		{"gcp", "Content-Type: application/json\nCe-Id: 1\n\n{}", platform.Payload{Header: http.Header{"Content-Type": {"application/json"}, "Ce-Id": {"1"}}, Method: "POST", Target: "/", Body: []byte("{}")}},
		{"gcp", request, platform.Payload{Method: "POST", Target: "/a?b", Header: http.Header{"Content-Type": {"text/plain"}, "Host": {"h.example"}}, Body: []byte("body")}},
	} {
		got, err := Native(test.target, of("queue"), []byte(test.file))
		if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
			t.Errorf("%s %s: %v (-want +got)\n%s", test.target, test.file, err, diff)
		}
	}
	for target, file := range map[string]string{"aws": request, "gcp": "hello", "openwhisk": "[]"} {
		if got, err := Native(target, of("queue"), []byte(file)); err == nil {
			t.Errorf("%s takes %s: %v", target, file, got)
		}
	}
}

// What becomes of an event is what its platform does with the answer.
func TestFate(t *testing.T) {
	letter := []Emission{{IsLetter: true}}
	for _, test := range []struct {
		target    string
		trigger   string
		answer    platform.Answer
		emissions []Emission
		logs      []platform.Line
		want      Fate
	}{
		{"aws", "queue", platform.Answer{Body: []byte(`{"batchItemFailures":[]}`)}, nil, nil, Acknowledged},
		{"aws", "queue", platform.Answer{Body: []byte(`{"batchItemFailures":[]}`)}, letter, nil, DeadLettered},
		{"aws", "queue", platform.Answer{Body: []byte(`{"batchItemFailures":[{"itemIdentifier":"m"}]}`)}, nil, nil, Redelivered},
		{"aws", "topic", platform.Answer{Body: []byte(`null`)}, nil, nil, Acknowledged},
		{"aws", "topic", platform.Answer{Failure: "errorString"}, nil, nil, Redelivered},
		{"gcp", "queue", platform.Answer{Status: 204}, nil, nil, Acknowledged},
		{"gcp", "queue", platform.Answer{Status: 204}, letter, nil, DeadLettered},
		{"gcp", "queue", platform.Answer{Status: 503}, nil, nil, Redelivered},
		{"openwhisk", "queue", platform.Answer{Body: []byte(`{}`)}, nil, nil, Acknowledged},
		{"openwhisk", "queue", platform.Answer{Failure: "application error"}, letter, nil, DeadLettered},
		{"openwhisk", "queue", platform.Answer{Failure: "application error"}, nil, nil, Dropped},
		{"aws", "queue", platform.Answer{Body: []byte(`{"batchItemFailures":[]}`)}, nil, []platform.Line{{Text: "event dropped"}, {Text: `{"level":"ERROR","message":"event failed"}`}}, Acknowledged},
		{"aws", "queue", platform.Answer{Body: []byte(`{"batchItemFailures":[]}`)}, nil, []platform.Line{{Text: `{"level":"ERROR","message":"event dropped"}`}}, Dropped},
		{"gcp", "topic", platform.Answer{Status: 204}, nil, []platform.Line{{Text: `{"severity":"ERROR","message":"event dropped"}`}}, Dropped},
		{"aws", "http", platform.Answer{Failure: "Runtime.ExitError"}, nil, nil, Failed},
		{"gcp", "http", platform.Answer{Status: 500}, nil, nil, Answered},
	} {
		r := Result{Emissions: test.emissions, Logs: test.logs}
		if err := r.understand(test.target, of(test.trigger), test.answer); err != nil || r.Fate != test.want {
			t.Errorf("%v: %s, %v", test, r.Fate, err)
		}
	}
}

// A response is what a client gets, streamed or not.
func TestResponse(t *testing.T) {
	for _, test := range []struct {
		target string
		answer platform.Answer
	}{
		{"aws", platform.Answer{Body: []byte(`{"statusCode":201,"headers":{"content-type":"text/plain"},"body":"aGk=","isBase64Encoded":true}`)}},
		{"aws", platform.Answer{ContentType: "application/vnd.awslambda.http-integration-response", Body: []byte("{\"statusCode\":201,\"headers\":{\"content-type\":\"text/plain\"}}\x00\x00\x00\x00\x00\x00\x00\x00hi")}},
		{"gcp", platform.Answer{Status: 201, Header: http.Header{"Content-Type": {"text/plain"}}, Body: []byte("hi")}},
		{"openwhisk", platform.Answer{Body: []byte(`{"statusCode":201,"headers":{"Content-Type":"text/plain"},"body":"hi"}`)}},
	} {
		r, err := ResponseOf(test.target, of("http"), test.answer)
		got := Response{r.Status, r.Header.Get("Content-Type"), r.Body}
		if diff := cmp.Diff(Response{201, "text/plain", []byte("hi")}, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got)\n%s", test.target, err, diff)
		}
	}
}

// Differences are those of meaning: where an event is from and what a platform
// alone tells of it are none.
func TestDifferences(t *testing.T) {
	event := func(id, kind, data string) []json.RawMessage {
		return []json.RawMessage{fmt.Appendf(nil, `{"specversion":"1.0","id":%q,"source":"/%[1]s","time":"%[1]s","type":%q,"data":%s}`, id, kind, data)}
	}
	a := Result{Events: event("1", "dev.fngen.object.created.v1", `{"bucket":"b","key":"k","size":1,"etag":"x"}`), Fate: Acknowledged,
		Emissions: []Emission{{Kind: "topic", Name: "news", Event: event("e", "t", "1")[0]}}}
	b := Result{Events: event("2", "dev.fngen.object.created.v1", `{"bucket":"b","key":"k","size":1,"contenttype":"image/png"}`), Fate: Acknowledged,
		Emissions: []Emission{{Kind: "topic", Name: "news", Event: event("f", "t", "1")[0]}}}
	targets := []string{"aws", "gcp", "openwhisk"}
	if got := Differences(targets, []Result{a, b, a}); got != nil {
		t.Errorf("differences %q", got)
	}
	c := Result{Events: event("2", "dev.fngen.object.created.v1", `{"bucket":"b","key":"k","size":2}`), Fate: Redelivered,
		Response: &Response{200, "text/plain", []byte("hi")}, Emissions: []Emission{{Kind: "topic", Name: "news", Event: event("e", "t", "2")[0]}, {IsLetter: true}}}
	want := []string{
		`event differs: aws, openwhisk: {"type":"dev.fngen.object.created.v1","data":{"bucket":"b","key":"k","size":1}}; gcp: {"type":"dev.fngen.object.created.v1","data":{"bucket":"b","key":"k","size":2}}`,
		`result differs: aws, openwhisk: none; gcp: 200 text/plain hi`,
		`fate differs: aws, openwhisk: acknowledged; gcp: redelivered`,
		`emissions differ: aws, openwhisk: topic news {"type":"t","data":1}; gcp: topic news {"type":"t","data":2}`,
	}
	if got := Differences(targets, []Result{a, c, a}); !slices.Equal(got, want) {
		t.Errorf("differences\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// An artifact runs where its program does, and no other is tried.
func TestArtifact(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for _, test := range []struct {
		target model.Target
		want   string
	}{
		{testkit.GCP(), "what is built for gcp is source, which the platform compiles; leave --artifact out, or set package: binary"},
		{elsewhere{testkit.OpenWhisk().(packager)}, "what is built for openwhisk is for plan9/mips, and this machine is " + runtime.GOOS + "/" + runtime.GOARCH + "; leave --artifact out, "},
		{here{testkit.OpenWhisk().(packager)}, ""},
	} {
		if err := CheckArtifact(test.target); (err == nil) != (test.want == "") || err != nil && !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%v, want %s", err, test.want)
		}
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	out, _ := w.Create("exec")
	_, _ = out.Write([]byte("program"))
	w.Close()
	if got := Archives(root, "openwhisk", "do"); got != nil {
		t.Errorf("in no folder there are %q", got)
	}
	const archive = "dist/openwhisk/go1.24/do.zip"
	if err := errors.Join(os.MkdirAll(filepath.Join(dir, "dist/openwhisk/go1.24"), 0o755), os.WriteFile(filepath.Join(dir, archive), b.Bytes(), 0o644)); err != nil {
		t.Fatal(err)
	}
	if got, want := Archives(root, "openwhisk", "do"), fmt.Sprintf("%x", sha256.Sum256(b.Bytes())); !slices.Equal(got, []string{want}) {
		t.Errorf("the digests are %q, want %s", got, want)
	}
	command, err := Artifact(root, testkit.OpenWhisk(), of("queue"), archive)
	program, e := os.ReadFile(command.Path)
	if err != nil || e != nil || string(program) != "program" || !strings.HasSuffix(filepath.ToSlash(command.Path), ".fngen/artifact/openwhisk/do/exec") {
		t.Errorf("%v, %v, %v", command, err, e)
	}
}

// A target whose artifacts are for no machine, and one for this one.
type (
	elsewhere struct{ packager }
	here      struct{ packager }
	packager  interface {
		model.Target
		model.BinaryPackager
	}
)

func (elsewhere) Platform() model.Platform { return model.Platform{GOOS: "plan9", GOARCH: "mips"} }
func (here) Platform() model.Platform {
	return model.Platform{GOOS: runtime.GOOS, GOARCH: runtime.GOARCH}
}
