package fnhttp_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/fnhttp"
	"github.com/fngen/fngen/internal/run"
	"github.com/fngen/fngen/internal/testkit/logged"
)

// send returns the event that a request becomes, nil if the handler was not
// called, and the status of the answer.
func send(r *http.Request) (*fn.Event, int) {
	var got *fn.Event
	resp := serve(fn.On(func(_ context.Context, e fn.Event) error {
		got = &e
		return nil
	}), r)
	return got, resp.StatusCode
}

func newRequest(target, body string, header ...string) *http.Request {
	r := httptest.NewRequest("POST", target, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	return r
}

// attributes returns what an event says of itself, but for its id.
func attributes(e *fn.Event) map[string]any {
	out := map[string]any{
		"type": e.Type(), "source": e.Source(), "subject": e.Subject(),
		"datacontenttype": e.DataContentType(), "data": string(e.Data()),
	}
	for name, value := range e.Extensions() {
		out[name] = value
	}
	return out
}

// A request that is no CloudEvent becomes one: its path is the subject, its
// body the data, and no header but those of tracing is in it.
func TestPlainRequest(t *testing.T) {
	e, status := send(newRequest("http://shop.example/orders/a%20b%0A?q=1", " {\"a\":1}\n",
		"Content-Type", "application/json; charset=utf-8", "traceparent", "00-1-2-01", "tracestate", "a=b",
		"X-Request-Id", "forged", "Ce-Id", "forged", "Authorization", "secret"))
	if e == nil || status != 204 {
		t.Fatalf("got %v, %d", e, status)
	}
	want := map[string]any{
		"type": "dev.fngen.http.request.v1", "source": "//shop.example", "subject": "/orders/a b%0A",
		"datacontenttype": "application/json; charset=utf-8", "data": " {\"a\":1}\n",
		"traceparent": "00-1-2-01", "tracestate": "a=b",
	}
	if diff := cmp.Diff(want, attributes(e)); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
	if err := e.Validate(); err != nil {
		t.Error(err)
	}
	other, _ := send(newRequest("/orders", ""))
	if e.ID() == "" || e.ID() == "forged" || e.ID() == other.ID() {
		t.Errorf("ids %q and %q", e.ID(), other.ID())
	}
	if other.DataContentType() != "" || other.Extensions() != nil || len(other.Data()) != 0 {
		t.Errorf("an empty request has %v", attributes(other))
	}
}

// A request without a path is one for the root, so that the subject is there.
func TestEmptyPath(t *testing.T) {
	r := newRequest("/", "")
	r.URL.Path = ""
	if e, _ := send(r); e == nil || e.Subject() != "/" {
		t.Errorf("got %v", e)
	}
}

// native is a request as a provider describes it.
type native struct{}

func (native) String() string        { return "HTTP request 1" }
func (native) Delivery() fn.Delivery { return fn.Delivery{Provider: "aws", NativeID: "request 1"} }
func (native) Raw() []byte           { return []byte("raw") }

// Inside a provider the id and the source are the platform's and the delivery
// is the request's; outside there is none.
func TestProviderRequest(t *testing.T) {
	called := 0
	h := fn.On(func(ctx context.Context, e fn.Event) error {
		called++
		d, ok := fn.DeliveryFrom(ctx)
		switch e.ID() {
		case "request 1":
			if !ok || d.Provider != "aws" || string(d.Raw()) != "raw" || e.Source() != "arn:aws:lambda:eu-west-1:123456789012:function:orders" {
				t.Errorf("got %+v, %v, %v", d, ok, e)
			}
		default:
			if ok {
				t.Errorf("outside of a provider: %+v", d)
			}
		}
		return nil
	})
	r := newRequest("/orders", "")
	serve(h, r)
	serve(h, r.WithContext(run.WithRequest(r.Context(), native{}, run.Request{ID: "request 1", Source: "arn:aws:lambda:eu-west-1:123456789012:function:orders"})))
	if called != 2 {
		t.Errorf("the handler is called %d times", called)
	}
}

// binary returns the headers of an event in binary mode and further ones.
func binary(eventType string, further ...string) []string {
	return append([]string{"ce-specversion", "1.0", "ce-id", "7", "ce-source", "/shop", "ce-type", eventType}, further...)
}

func structured(eventType string) string {
	return `{"specversion":"1.0","id":"7","source":"/shop","type":"` + eventType + `","subject":"a b","datacontenttype":"text/plain","ext":"x","deadletterreason":"y","data":"a\nb"}`
}

// Both modes reach the handler as the same event, without what a dead letter
// added.
func TestCloudEventRequests(t *testing.T) {
	want := map[string]any{
		"type": "com.example.order.placed", "source": "/shop", "subject": "a b",
		"datacontenttype": "text/plain", "data": "a\nb", "ext": "x",
	}
	for name, r := range map[string]*http.Request{
		"binary": newRequest("/orders", "a\nb", binary("com.example.order.placed", "ce-subject", "a%20b", "ce-ext", "x",
			"ce-deadletterreason", "y", "Content-Type", "text/plain")...),
		"structured": newRequest("/orders", structured("com.example.order.placed"), "Content-Type", "application/cloudevents+json; charset=utf-8"),
		"structured wins": newRequest("/orders", structured("com.example.order.placed"),
			binary("com.example.other", "Content-Type", "application/cloudevents+json")...),
	} {
		e, status := send(r)
		if e == nil || status != 204 {
			t.Errorf("%s: got %v, %d", name, e, status)
			continue
		}
		if diff := cmp.Diff(want, attributes(e)); diff != "" || e.ID() != "7" {
			t.Errorf("%s: id %s, want -, got +\n%s", name, e.ID(), diff)
		}
	}
}

// What is refused does not reach the handler, and the answer tells nothing of
// why.
func TestRefusedRequests(t *testing.T) {
	tests := []struct {
		name   string
		r      *http.Request
		status int
	}{
		{"batch", newRequest("/", "["+structured("t")+"]", "Content-Type", "application/cloudevents-batch+json"), 415},
		{"batch with a binary event's headers", newRequest("/", "[]", binary("t", "Content-Type", "application/cloudevents-batch+json; charset=utf-8")...), 415},
		{"another format", newRequest("/", "", "Content-Type", "application/cloudevents+avro"), 415},
		{"no format", newRequest("/", "", "Content-Type", "application/cloudevents"), 415},
		{"structured, broken", newRequest("/", "{", "Content-Type", "application/cloudevents+json"), 400},
		{"structured, no type", newRequest("/", structured(""), "Content-Type", "application/cloudevents+json"), 400},
		{"structured, forged", newRequest("/", structured("dev.fngen.object.created.v1"), "Content-Type", "application/cloudevents+json"), 400},
		{"binary, forged", newRequest("/", "{}", binary("dev.fngen.object.created.v1")...), 400},
		{"binary, forged message", newRequest("/", "{}", binary("dev.fngen.message.received.v1")...), 400},
		{"binary, forged and encoded", newRequest("/", "{}", binary("dev%2Efngen.object.created.v1")...), 400},
		{"binary, type twice", newRequest("/", "{}", binary("t", "Ce-Type", "u")...), 400},
		{"binary, no id", newRequest("/", "{}", "ce-specversion", "1.0"), 400},
		{"binary, other version", newRequest("/", "{}", "ce-specversion", "0.3"), 400},
		{"body cut off", &http.Request{Method: "POST", URL: newRequest("/", "").URL, Header: http.Header{}, Body: io.NopCloser(brokenBody{})}, 400},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			logged := logged.Text(t)
			called := false
			resp := serve(fn.On(func(context.Context, fn.Event) error { called = true; return nil }), test.r)
			if resp.StatusCode != test.status || called {
				t.Errorf("got %d, called %v", resp.StatusCode, called)
			}
			if got, want := body(t, resp), http.StatusText(test.status)+"\n"; got != want {
				t.Errorf("body is %q", got)
			}
			if logged.Len() == 0 {
				t.Error("nothing is logged")
			}
		})
	}
}

type brokenBody struct{}

func (brokenBody) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// A body of MaxBody bytes is the largest that is taken.
func TestBodySize(t *testing.T) {
	logged.Text(t)
	for _, test := range []struct {
		size   int64
		status int
	}{{fnhttp.MaxBody, 204}, {fnhttp.MaxBody + 1, 413}} {
		r := httptest.NewRequest("POST", "/", io.LimitReader(zeros{}, test.size))
		e, status := send(r)
		if status != test.status || (e != nil) != (status == 204) {
			t.Errorf("%d bytes: %d", test.size, status)
		}
		if e != nil && int64(len(e.Data())) != test.size {
			t.Errorf("%d of %d bytes arrive", len(e.Data()), test.size)
		}
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

// No request ends the process or is answered by anything but what is written
// down: handled, or refused as the client's fault.
func FuzzRequest(f *testing.F) {
	f.Add("/a?b", "application/json", "", "", []byte("{}"))
	f.Add("/", "application/cloudevents+json", "", "", []byte(structured("t")))
	f.Add("/", "application/cloudevents-batch+json", "", "", []byte("[]"))
	f.Add("//\x00", "text/plain;", "1.0", `"%zz"`, []byte("\xff"))
	f.Fuzz(func(t *testing.T, path, contentType, version, subject string, data []byte) {
		r := httptest.NewRequest("POST", "/", strings.NewReader(string(data)))
		r.URL.Path = path
		for name, value := range map[string]string{
			"Content-Type": contentType, "Ce-Specversion": version, "Ce-Subject": subject, "Ce-Id": "1", "Ce-Source": "/s", "Ce-Type": "t",
		} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		e, status := send(r)
		switch status {
		case 204:
			if e == nil || e.ID() == "" || e.Type() == "" || e.Source() == "" {
				t.Errorf("handled as %v", e)
			}
		case 400, 415:
			if e != nil {
				t.Errorf("%d, but handled as %v", status, e)
			}
		default:
			t.Errorf("status %d", status)
		}
	})
}

// An event that anybody may send has 64 extensions at most, in either mode and in
// a batch, and a member that is null is one of them.
func TestExtensions(t *testing.T) {
	logged.Text(t)
	members := func(n int, value string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,"x%d":%s`, i, value)
		}
		return strings.Replace(structured("t"), `,"ext":"x","deadletterreason":"y"`, b.String(), 1)
	}
	headers := func(n int) []string {
		h := binary("t", "ce-subject", "s", "ce-time", "2026-01-02T03:04:05Z", "ce-dataschema", "/d", "Content-Type", "text/plain")
		for i := range n {
			h = append(h, fmt.Sprintf("ce-x%d", i), "1")
		}
		return h
	}
	for n, status := range map[int]int{64: 204, 65: 400} {
		for mode, r := range map[string]*http.Request{
			"structured":      newRequest("/", members(n, `"1"`), "Content-Type", "application/cloudevents+json"),
			"structured null": newRequest("/", members(n, `null`), "Content-Type", "application/cloudevents+json"),
			"binary":          newRequest("/", "", headers(n)...),
		} {
			if e, got := send(r); got != status || (e != nil) != (status == 204) {
				t.Errorf("%d extensions, %s: status %d", n, mode, got)
			}
		}
		if resp, handled := sendBatch(element("1"), members(n, "1"), element("2")); resp.StatusCode != status || len(handled) != 2+64/n {
			t.Errorf("%d extensions in a batch: status %d, handled %v", n, resp.StatusCode, handled)
		}
	}
}

// Two headers of one name are refused where the platform tells them apart: which
// of them counts would depend on who reads it.
func TestHeadersTwice(t *testing.T) {
	logged.Text(t)
	for _, name := range []string{"ce-specversion", "ce-id", "CE-Source", "ce-type", "ce-subject", "ce-ext", "ce-traceparent"} {
		for _, value := range []string{"1.0", ""} {
			all := binary("t", "ce-subject", "s", "ce-ext", "x", "ce-traceparent", "00-1-2-01")
			for _, h := range [][]string{append(all[:len(all):len(all)], name, value), append([]string{name, value}, all...)} {
				if e, status := send(newRequest("/", "{}", h...)); e != nil || status != 400 {
					t.Errorf("%q: status %d, %v", h, status, e)
				}
			}
		}
	}
}

// A string stays one under a type that is JSON, whatever is in it, as the JSON
// format has it. The official SDK writes data of a +json type so.
func TestStructuredString(t *testing.T) {
	sent := event.New()
	sent.SetID("7")
	sent.SetSource("/shop")
	sent.SetType("t")
	if err := sent.SetData("application/vnd.order+json", map[string]int{"n": 1}); err != nil && !strings.Contains(err.Error(), "encoder") {
		t.Fatal(err)
	}
	sent.DataEncoded, sent.DataBase64 = []byte(`{"n":1}`), false
	bySDK, err := json.Marshal(sent)
	if err != nil {
		t.Fatal(err)
	}
	const head = `{"specversion":"1.0","id":"7","source":"/shop","type":"t","datacontenttype":`
	for body, want := range map[string]string{
		string(bySDK): `"{\"n\":1}"`,
		head + `"application/vnd.order+json","data":{"n":1}}`:     `{"n":1}`,
		head + `"application/json","data":"{\"n\":1}"}`:           `"{\"n\":1}"`,
		head + `"text/json","data":"a"}`:                          `"a"`,
		head + `"text/plain","data":"{\"n\":1}"}`:                 `{"n":1}`,
		head + `"application/problem+json","data_base64":"e30="}`: `{}`,
	} {
		e, status := send(newRequest("/", body, "Content-Type", "application/cloudevents+json"))
		if e == nil || status != 204 || string(e.Data()) != want {
			t.Errorf("%s: status %d, %v, want the data %s", body, status, e, want)
		}
	}
}
