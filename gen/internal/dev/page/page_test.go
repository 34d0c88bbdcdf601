package page

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/gen/internal/dev/broker"
	"github.com/fngen/fngen/gen/internal/dev/invoke"
	"github.com/fngen/fngen/gen/internal/dev/platform"
	"github.com/fngen/fngen/gen/internal/dev/store"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/internal/native"
)

// A fake is a session that says what a test has it say.
type fake struct {
	app      App
	history  []broker.Entry
	held     []broker.Held
	state    broker.State
	response invoke.Response
	err      error
	done     []string // what was asked for

	documents map[string][]store.Document
}

func (f *fake) Collections() []string { return slices.Sorted(maps.Keys(f.documents)) }
func (f *fake) Documents(name string, most int) ([]store.Document, int) {
	return f.documents[name][:min(most, len(f.documents[name]))], len(f.documents[name])
}
func (f *fake) Put(name, key string, object []byte) error {
	f.done = append(f.done, "put "+name+" "+key+" "+string(object))
	return f.err
}

func (f *fake) App() App { return f.app }
func (f *fake) Request(_ context.Context, name string, r native.Request) (invoke.Response, error) {
	f.done = append(f.done, fmt.Sprintf("request %s %s %s %s", name, r.Method, r.Target, r.Body))
	return f.response, f.err
}
func (f *fake) Send(kind, name string, o native.Occurrence) error {
	title, _ := describe(o)
	f.done = append(f.done, fmt.Sprintf("send %s %s %T %s", kind, name, o, title))
	return f.err
}
func (f *fake) Fire(name string) error {
	f.done = append(f.done, "fire "+name)
	return f.err
}
func (f *fake) Resend(number int64) error {
	f.done = append(f.done, fmt.Sprintf("resend %d", number))
	return f.err
}
func (f *fake) ResendAll(queue string) (int, error) {
	f.done = append(f.done, "resend all of "+queue)
	return 2, f.err
}
func (f *fake) Repeat(number int64) error {
	f.done = append(f.done, fmt.Sprintf("repeat %d", number))
	return f.err
}
func (f *fake) Remove(number int64) error {
	f.done = append(f.done, fmt.Sprintf("remove %d", number))
	return f.err
}
func (f *fake) History(after int64) []broker.Entry {
	return f.history[min(int(max(after, 0)), len(f.history)):]
}
func (f *fake) Held() []broker.Held              { return f.held }
func (f *fake) State() broker.State              { return f.state }
func (f *fake) Watch() (<-chan struct{}, func()) { return nil, func() {} }

func newFake() *fake {
	return &fake{app: App{Name: "shop", Target: "aws", Functions: shop(), Build: 7}}
}

func get(t *testing.T, h http.Handler, target string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	return do(h, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost:8080"+target, nil), header...)
}

// post sends a form as a page of this origin does.
func post(t *testing.T, h http.Handler, path string, form url.Values, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost:8080"+Path+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "http://localhost:8080")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return do(h, r, header...)
}

func do(h http.Handler, r *http.Request, header ...string) *httptest.ResponseRecorder {
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// sessionOf is by what a page of the handler says of which run it is.
func sessionOf(t *testing.T, h http.Handler) string {
	t.Helper()
	return regexp.MustCompile(`data-session="(\w+)"`).FindStringSubmatch(get(t, h, Path).Body.String())[1]
}

const hostile = `"'></textarea></pre><script>alert(1)</script><img src=x onerror=alert(1)>&amp;`

// Whatever events, logs, names and errors hold is text on the page, in a stream
// as on the page itself.
func TestEscaping(t *testing.T) {
	f := newFake()
	f.app.Name, f.app.Trouble = hostile, hostile
	f.app.URLs = map[string][]string{"articles": {"javascript:alert(1)//" + hostile}}
	f.app.Functions = append(f.app.Functions, fnOf("evil", hostile, model.Queue{Name: hostile, Content: "text/plain"}, model.Sink{Kind: "topic", Name: hostile}))
	o := native.Message{Body: []byte(hostile), Key: hostile, Attributes: map[string]string{hostile: hostile}}
	f.history = []broker.Entry{{
		Number: 1, Kind: broker.Delivered, Function: hostile, From: hostile, Failure: hostile,
		Events: []broker.Event{{Number: 1, Attempt: 1, Occurrence: o}}, Logs: []platform.Line{{Text: hostile}},
		Emissions: []platform.Emission{{Kind: "topic", Name: hostile, Body: []byte(hostile), Attributes: map[string]string{hostile: hostile}}},
	}, {
		Number: 2, Kind: broker.Dropped, Function: hostile, From: hostile, Text: hostile,
		Events: []broker.Event{
			{Occurrence: native.Request{Method: hostile, Target: hostile, Header: http.Header{"X": {hostile}}, Body: []byte(hostile)}},
			{Occurrence: native.Object{Key: hostile, ContentType: hostile}},
			{Occurrence: native.Change{Key: []string{hostile}, After: native.Map{hostile: hostile}}},
			{Occurrence: native.Tick{Scheduled: hostile}},
			{Occurrence: native.Record{Data: []byte(hostile), Key: hostile}},
			{Occurrence: native.Event{Structured: hostile}},
		},
	}}
	f.held = []broker.Held{{Number: 1, Queue: hostile, Function: hostile, Reason: hostile, Occurrence: o}, {Number: 2, Queue: hostile, Occurrence: o}}
	f.response = invoke.Response{Status: 200, ContentType: hostile, Body: []byte(hostile)}
	h := Handler(f)
	session := sessionOf(t, h)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	for name, text := range map[string]string{
		"page":   get(t, h, Path).Body.String(),
		"stream": do(h, httptest.NewRequestWithContext(ctx, http.MethodGet, "http://localhost"+Path+"events?after=0&session="+session, nil)).Body.String(),
		"note":   post(t, h, "send", url.Values{"function": {"articles"}, "text": {"GET /articles/1 HTTP/1.1"}}, "X-Fngen-Script", "1").Body.String(),
		"error":  post(t, h, "send", url.Values{"function": {hostile}}, "X-Fngen-Script", "1").Body.String(),
	} {
		if !strings.Contains(text, "alert(1)") {
			t.Errorf("%s: nothing of it is shown: %s", name, text)
		}
		for _, raw := range []string{"<script>", "<img", "</textarea></pre>", `"'>`, `href="javascript:`} {
			if strings.Contains(text, raw) {
				i := strings.Index(text, raw)
				t.Errorf("%s: %s is not escaped: %s", name, raw, text[max(i-200, 0):min(i+100, len(text))])
			}
		}
	}
	whole := get(t, h, Path+"entry/1")
	if got := whole.Header().Get("Content-Type"); got != "text/plain; charset=utf-8" || !strings.Contains(whole.Body.String(), hostile) {
		t.Errorf("the whole entry is %s: %s", got, whole.Body)
	}
}

// What comes from another origin does nothing, and what is asked of another host
// gets nothing.
func TestForeign(t *testing.T) {
	form := url.Values{"function": {"reserve"}, "text": {"x"}, "number": {"1"}, "queue": {"q"}}
	for _, path := range []string{"send", "run", "resend", "resend-all", "repeat", "remove"} {
		for _, header := range [][]string{
			{"Sec-Fetch-Site", "cross-site"},
			{"Sec-Fetch-Site", "same-site"},
			{"Sec-Fetch-Site", "", "Origin", "http://evil.example"},
			{"Sec-Fetch-Site", "", "Origin", "null"},
			{"Sec-Fetch-Site", "", "Origin", "http://localhost:9090"},
			{"Host", "evil.example:8080", "Origin", "http://evil.example:8080"},
		} {
			f := newFake()
			if w := post(t, Handler(f), path, form, header...); w.Code != http.StatusForbidden || f.done != nil {
				t.Errorf("%s with %q: %d, and %q was done", path, header, w.Code, f.done)
			}
		}
	}
	h := Handler(newFake(), "192.0.2.7", "dev.example")
	for host, want := range map[string]int{
		"localhost": 200, "LOCALHOST:8080": 200, "127.0.0.1:8080": 200, "127.8.8.8": 200, "[::1]:8080": 200, "[::1]": 200, "192.0.2.7:8080": 200, "dev.example": 200,
		"192.0.2.8": 403, "evil.example": 403, "localhost.evil.example": 403, "127.0.0.1.evil.example": 403, "evil-localhost": 403, "0.0.0.0:8080": 403, "": 403,
	} {
		for _, path := range []string{"", "page.js", "entry/1", "events"} {
			got := get(t, h, Path+path, "Host", host).Code
			if path == "entry/1" && want == 200 {
				want = 404
			} else if want == 404 {
				want = 200
			}
			if got != want {
				t.Errorf("%s for %q: %d, not %d", path, host, got, want)
			}
		}
	}
}

// The page asks nobody else for anything, and says so to the browser.
func TestPolicy(t *testing.T) {
	h := Handler(newFake())
	page := get(t, h, Path)
	for name, want := range map[string]string{"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Content-Type": "text/html; charset=utf-8"} {
		if got := page.Header().Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	for _, m := range regexp.MustCompile(`(?:src|href|action)="([^"]*)"`).FindAllStringSubmatch(page.Body.String(), -1) {
		if address := m[1]; strings.Contains(address, ":") || strings.HasPrefix(address, "/") {
			t.Errorf("the page leads to %s", address)
		}
	}
	if got := page.Body.String(); strings.Contains(got, "style=") || strings.Contains(got, "<style") || strings.Contains(got, "onclick") {
		t.Error("the page has styles or scripts in it, which its policy refuses")
	}
	for name, contentType := range map[string]string{"page.css": "text/css; charset=utf-8", "page.js": "text/javascript; charset=utf-8", "icon.svg": "image/svg+xml"} {
		w := get(t, h, Path+name)
		if w.Code != 200 || w.Header().Get("Content-Type") != contentType {
			t.Errorf("%s: %d %s", name, w.Code, w.Header().Get("Content-Type"))
		}
		if strings.Contains(strings.ReplaceAll(w.Body.String(), "http://www.w3.org/2000/svg", ""), "//www.") {
			t.Errorf("%s names an address", name)
		}
	}
	if w := get(t, h, Path+"page.html"); w.Code != 404 {
		t.Errorf("the template: %d", w.Code)
	}
}

// Forms do what they say, each to the function's own trigger, and lead back to
// the page, which says what came of it.
func TestForms(t *testing.T) {
	placed := `{"specversion":"1.0","id":"7","source":"/x","type":"com.example.other","data":{"n":1}}`
	for _, c := range []struct {
		path       string
		form       url.Values
		done, note string
	}{
		{"send", url.Values{"function": {"reserve"}, "text": {"{\"id\":\r\n1}"}}, `send queue orders native.Message {"id": 1}`, "sent to queue orders at "},
		{"send", url.Values{"function": {"mail"}, "text": {"hi"}}, "send topic order-events native.Message hi", "sent to topic order-events at "},
		{"send", url.Values{"function": {"audit"}, "text": {`{"n":1}`}}, "send event com.example.order.placed native.Event com.example.order.placed sample-", "sent to event com.example.order.placed at "},
		{"send", url.Values{"function": {"audit"}, "text": {placed}}, "send event com.example.other native.Event com.example.other 7", "sent to event com.example.other at "},
		{"send", url.Values{"function": {"picture"}, "text": {"{}"}}, "", "what is delivered to picture is to be an event"},
		{"send", url.Values{"function": {"articles"}, "text": {"GET /articles/7?x=1 HTTP/1.1\r\nAccept: */*"}}, "request articles GET /articles/7?x=1 ", "answered 201 after "},
		{"send", url.Values{"function": {"place"}, "text": {"POST /orders HTTP/1.1\r\n\r\n{}\r\n"}}, "request place POST /orders {}\n", "answered 201 after "},
		{"send", url.Values{"function": {"place"}, "text": {"nothing"}}, "", "an HTTP request, or an event"},
		{"send", url.Values{"function": {"gone"}}, "", "there is no function &#34;gone&#34;"},
		{"run", url.Values{"function": {"nightly"}}, "fire nightly", "fired at "},
		{"run", url.Values{"function": {"gone"}}, "", "there is no function &#34;gone&#34;"},
		{"resend", url.Values{"number": {"12"}}, "resend 12", "event 12 is sent again"},
		{"resend-all", url.Values{"queue": {"lost"}}, "resend all of lost", "2 dead letters of lost are sent again"},
		{"repeat", url.Values{"number": {"1"}}, "repeat 1", "delivered again"},
		{"repeat", url.Values{"number": {"2"}}, "request place POST /orders body", "answered 201 after "},
		{"repeat", url.Values{"number": {"3"}}, "", "the request&#39;s body of 70000 bytes is not kept"},
		{"repeat", url.Values{"number": {"4"}}, "", "it is not kept any more"},
		{"repeat", url.Values{}, "", "it is not kept any more"},
		{"remove", url.Values{"number": {"12"}}, "remove 12", "event 12 is removed"},
		{"remove", url.Values{"number": {"x"}}, "", "the number of a dead letter is missing"},
	} {
		f := newFake()
		f.response = invoke.Response{Status: 201, ContentType: "text/plain", Body: []byte("made")}
		f.history = []broker.Entry{
			{Number: 1, Kind: broker.Delivered, Function: "reserve", From: "queue orders", Events: []broker.Event{{Number: 1, Occurrence: native.Message{}}}},
			{Number: 2, Kind: broker.Answered, Function: "place", Request: &broker.Request{Request: native.Request{Method: "POST", Target: "/orders", Body: []byte("body")}}},
			{Number: 3, Kind: broker.Answered, Function: "place", Request: &broker.Request{Request: native.Request{Method: "POST", Target: "/orders"}, Left: 70000}},
		}
		h := Handler(f)
		w := post(t, h, c.path, c.form)
		to := w.Header().Get("Location")
		if w.Code != http.StatusSeeOther || !strings.HasPrefix(to, Path+"?note=1") {
			t.Errorf("%s %v: %d to %s", c.path, c.form, w.Code, to)
		}
		if got := strings.Join(f.done, "; "); !strings.HasPrefix(got, c.done) || (c.done == "") != (got == "") {
			t.Errorf("%s %v: did %q, not %q", c.path, c.form, got, c.done)
		}
		to, _, _ = strings.Cut(to, "#")
		if got := get(t, h, to).Body.String(); !strings.Contains(got, c.note) {
			t.Errorf("%s %v: the page does not say %q", c.path, c.form, c.note)
		}
		if got := get(t, h, Path).Body.String(); strings.Contains(got, c.note) {
			t.Errorf("%s %v: a page that was loaded afterwards says %q, too", c.path, c.form, c.note)
		}
		if got := post(t, h, c.path, c.form, "X-Fngen-Script", "1"); got.Code != 200 || !strings.Contains(got.Body.String(), c.note) || strings.Contains(got.Body.String(), "<html") {
			t.Errorf("%s %v: the script is told %d %s", c.path, c.form, got.Code, got.Body)
		}
	}
	f := newFake()
	f.err = errors.New("it is full")
	f.history = []broker.Entry{{Number: 1, Function: "reserve", Events: []broker.Event{{}}}}
	h := Handler(f)
	for path, form := range map[string]url.Values{
		"send": {"function": {"reserve"}, "text": {"what I typed"}}, "run": {"function": {"nightly"}}, "resend": {"number": {"1"}}, "remove": {"number": {"1"}},
		"repeat": {"number": {"1"}}, "put": {"collection": {"users"}, "key": {"a"}, "text": {"{}"}},
	} {
		to, _, _ := strings.Cut(post(t, h, path, form).Header().Get("Location"), "#")
		got := get(t, h, to).Body.String()
		if !strings.Contains(got, "<b>Failed:</b> it is full") || path == "send" && !strings.Contains(got, "what I typed</textarea>") {
			t.Errorf("%s: the page does not say why, or what was typed is lost", path)
		}
	}
	for range 2 * maxNotes {
		post(t, h, "run", url.Values{"function": {"nightly"}})
	}
	if got := get(t, h, Path+"?note=4").Body.String(); strings.Contains(got, "it is full") {
		t.Error("a note is kept for ever")
	}
}

// Documents are shown by collection, those that are too many counted, and one is
// written by a form; what a delivery has written is among what came of it.
func TestDocuments(t *testing.T) {
	f := newFake()
	f.documents = map[string][]store.Document{"users": nil, "entries": {{Key: "e 1", JSON: `{"a":"<b>"}`}}}
	for i := range maxDocuments + 2 {
		f.documents["users"] = append(f.documents["users"], store.Document{Key: fmt.Sprint(i), JSON: "{}"})
	}
	f.history = []broker.Entry{{Number: 1, Kind: broker.Delivered, Function: "reserve", Writes: []string{"document users/<7> created"}}}
	h := Handler(f)
	page := get(t, h, Path).Body.String()
	for _, want := range []string{`<b>entries</b> <span class="from">1 document</span>`, "<summary>e 1</summary>", "&#34;&lt;b&gt;&#34;", "52 documents", "and 2 more", "<li>document users/&lt;7&gt; created</li>"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	form := url.Values{"collection": {"users"}, "key": {"7"}, "text": {`{"a":1}`}}
	to, _, _ := strings.Cut(post(t, h, "put", form).Header().Get("Location"), "#")
	if got := get(t, h, to).Body.String(); !strings.Contains(got, "document users/7 is written") || !slices.Contains(f.done, `put users 7 {"a":1}`) {
		t.Errorf("done %q", f.done)
	}
	if f.documents = nil; strings.Contains(get(t, h, Path).Body.String(), "h-documents") {
		t.Error("there are documents where no collection is")
	}
}

// A request is one of the rows: what is answered, by which build, how long it took,
// what it logged and sent. Its body and what headers may hold of secrets are not
// on the page, nor in what it leads to, but may be sent again.
func TestRequests(t *testing.T) {
	f := newFake()
	request := native.Request{Method: "POST", Target: "/orders?a=<b>", Header: http.Header{"Content-Type": {"text/plain"}}, Body: []byte("hidden words")}
	for i, status := range []int{201, 404, 502} {
		f.history = append(f.history, broker.Entry{
			Number: int64(i + 1), Kind: broker.Answered, Function: "place", From: "POST /orders?a=<b>", Build: 7, Duration: 12 * time.Millisecond,
			Request: &broker.Request{Request: request, Omitted: []string{"Authorization", "Cookie"}, Status: status},
			Logs:    []platform.Line{{Text: "placing"}}, Emissions: []platform.Emission{{Kind: "queue", Name: "orders", Body: []byte("o-1")}},
		})
	}
	f.history[2].Request.Left, f.history[2].Request.Body = 70000, nil
	h := Handler(f)
	page := get(t, h, Path).Body.String()
	for _, want := range []string{
		`<li class="entry good" id="e1">`, `<li class="entry warning" id="e2">`, `<li class="entry bad" id="e3">`, "answered 201", "answered 404", "answered 502",
		"POST /orders?a=&lt;b&gt; → queue orders", "12ms", "build 7", "placing", "Sent to queue orders", "Content-Type: text/plain",
		"a body of 12 bytes, which is not shown", "a body of 70000 bytes, which is not shown", "headers that are not kept: Authorization, Cookie",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not have %q", want)
		}
	}
	if got := strings.Count(page, `action="repeat"`); got != 2 {
		t.Errorf("%d requests can be sent again, not the two whose body is kept", got)
	}
	for _, text := range []string{page, get(t, h, Path+"entry/1").Body.String()} {
		if strings.Contains(text, "hidden words") || !strings.Contains(text, "headers that are not kept") {
			t.Errorf("a body is shown, or what is left out is not said: %s", text)
		}
	}
}

// Each sample that a form has is taken for what the function asks for.
func TestSamples(t *testing.T) {
	functions := append(shop(),
		fnOf("documents", "D", model.Document{Collection: "orders", Updated: true}),
		fnOf("gone", "G", model.Object{Bucket: "pictures", Deleted: true}),
		fnOf("records", "R", model.Stream{Name: "clicks"}),
		fnOf("fifo", "F", model.Queue{Name: "orders.fifo", FIFO: true}),
		fnOf("events", "E", model.Queue{Name: "events", Content: ce.MediaType}),
		fnOf("bus", "B", model.Event{Type: "Object Created", Source: "aws.s3"}))
	now := time.Now()
	for _, f := range functions {
		if f.Trigger.Kind() == "schedule" {
			continue
		}
		text, err := sampleOf(f, now)
		if err != nil {
			t.Errorf("%s: %v", f.Name, err)
			continue
		}
		got, err := occurrenceOf(f, strings.ReplaceAll(text, "\n", "\r\n"), now)
		if err != nil {
			t.Errorf("%s: %v of %s", f.Name, err, text)
			continue
		}
		if _, err := invoke.Encode("aws", f, got, now); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
}

// What is long is cut, which is said, and all of it is where the page leads.
func TestCut(t *testing.T) {
	long := strings.Repeat("é", maxShown)
	var lines []platform.Line
	for range maxLines + 7 {
		lines = append(lines, platform.Line{Text: long})
	}
	one := broker.Event{Number: 1, Attempt: 1, Occurrence: native.Message{Body: []byte(long)}}
	emission := platform.Emission{Kind: "topic", Name: "news", Body: []byte(long)}
	e := broker.Entry{Number: 1, Kind: broker.Delivered, Logs: lines, Cut: 3}
	for range maxEvents + 2 {
		e.Events, e.Emissions = append(e.Events, one), append(e.Emissions, emission)
	}
	f := newFake()
	f.history = []broker.Entry{e}
	for n := range maxHeld + 5 {
		f.held = append(f.held, broker.Held{Number: int64(n), Queue: "q", Function: "f", Occurrence: one.Occurrence})
	}
	h := Handler(f)
	page := get(t, h, Path).Body.String()
	for _, want := range []string{
		fmt.Sprintf("cut: %d bytes in all", len(long)), "and 10 more lines", "and 2 more events", "and 2 more are sent", "and 5 older", "Resend all 105 of q",
		`Dead letters <span class="count bad">105</span>`, `href="entry/1"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(page, "\uFFFD") {
		t.Error("a letter is cut in two")
	}
	if got := strings.Count(get(t, h, Path+"entry/1").Body.String(), long); got != len(e.Events)+len(e.Emissions)+len(lines) {
		t.Errorf("the whole entry has %d of the texts", got)
	}
	for _, path := range []string{"entry/2", "entry/0", "entry/x", "entry/-1"} {
		if got := get(t, h, Path+path).Code; got != http.StatusNotFound {
			t.Errorf("%s: %d", path, got)
		}
	}
}

// A stream has an entry for each event after the one that the page has, by its
// own line of data, and the parts as they are now; and again what has changed.
func TestStream(t *testing.T) {
	w := newWorld(t, shop()...)
	server := httptest.NewServer(Handler(w))
	t.Cleanup(server.Close)
	open := func(query, last string) (*http.Response, func() (name, id, data string)) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		t.Cleanup(cancel)
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+Path+"events"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		if last != "" {
			r.Header.Set("Last-Event-ID", last)
		}
		response, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { response.Body.Close() })
		lines := bufio.NewScanner(response.Body)
		lines.Buffer(nil, 1<<20)
		return response, func() (name, id, data string) {
			for lines.Scan() {
				field, value, _ := strings.Cut(lines.Text(), ": ")
				switch field {
				case "event":
					name = value
				case "id":
					id = value
				case "data":
					data += value + "\n"
				case "":
					return name, id, data
				default:
					t.Fatalf("a line of the stream is %q", lines.Text())
				}
			}
			return "", "", fmt.Sprint(lines.Err())
		}
	}
	response, next := open("?session=other&after=0", "")
	if got := response.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("Content-Type is %s", got)
	}
	name, _, session := next()
	if name != "reload" {
		t.Errorf("the page of another run is told %s", name)
	}
	session = strings.TrimSpace(session)

	for range 3 {
		if err := w.Send("topic", "order-events", native.Message{Body: []byte("a\r\nb\rc\nevent: x\n\n")}); err != nil {
			t.Fatal(err)
		}
	}
	wait(t, "the deliveries", func() bool { return len(w.History(0)) == 6 })
	_, next = open("?after=4&session="+session, "")
	for _, want := range []string{"5", "6"} {
		name, id, data := next()
		if name != "entry" || id != want || !strings.Contains(data, `id="e`+want+`"`) || !strings.Contains(data, "a\nb\nc\nevent: x") {
			t.Errorf("event %s is %s %s: %s", want, name, id, data)
		}
	}
	for _, want := range []string{"status", "chain", "functions", "letters", "documents"} {
		if name, _, data := next(); name != "part" || !strings.HasPrefix(data, want+" ") {
			t.Errorf("instead of the part %s there is %s %s", want, name, data)
		}
	}
	w.change(func() { w.app.Trouble = "shop.go:1:1: no" })
	if name, _, data := next(); name != "part" || !strings.HasPrefix(data, "status ") || !strings.Contains(data, "shop.go:1:1: no") {
		t.Errorf("of the trouble it is told %s %s", name, data)
	}
	if err := w.Send("queue", "nobodys", native.Message{Body: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	if name, _, data := next(); name != "part" || !strings.HasPrefix(data, "letters ") || !strings.Contains(data, "nobody handles <b>nobodys</b>") {
		t.Errorf("of what nobody handles it is told %s %s", name, data)
	}
	// It ends with its request's context, so that a server can shut down.
	ended, end := context.WithCancel(t.Context())
	end()
	do(server.Config.Handler, httptest.NewRequestWithContext(ended, http.MethodGet, "http://localhost"+Path+"events?after=0&session="+session, nil))
	// A browser goes on after what it has got last.
	_, next = open("?after=0&session="+session, "5")
	if name, id, _ := next(); name != "entry" || id != "6" {
		t.Errorf("it goes on with %s %s", name, id)
	}
	// What are too many are counted.
	for range maxEntries {
		if err := w.Send("topic", "order-events", native.Message{Body: []byte("x")}); err != nil {
			t.Fatal(err)
		}
	}
	wait(t, "the deliveries", func() bool { return len(w.History(0)) == 6+2*maxEntries })
	_, next = open("?after=1&session="+session, "")
	if name, id, data := next(); name != "entry" || id != "" || !strings.Contains(data, fmt.Sprintf("%d more are not shown", 5+maxEntries)) {
		t.Errorf("instead of the gap there is %s %s %s", name, id, data)
	}
	if _, id, _ := next(); id != fmt.Sprint(6+maxEntries+1) {
		t.Errorf("behind the gap is %s", id)
	}
}

// A line that is JSON is shown by its level and message; any other as it is.
func TestLines(t *testing.T) {
	long := strings.Repeat("x", maxLineBytes+1)
	for text, want := range map[string]logLine{
		`{"timestamp":"2026-11-30T18:03:50Z","level":"INFO","message":"reserved","function":"reserve","event.id":"1","logging.googleapis.com/trace":"t","order":"o-1","n":1.50,"more":{"b":2,"a":1},"none":null}`: {Level: "INFO", Text: "reserved", Rest: `order=o-1 n=1.50 more={"b":2,"a":1} none=null`},
		`{"time":"x","severity":"WARNING","msg":"low"}`: {Level: "WARNING", Class: warning, Text: "low"},
		`{"level":"ERROR","message":"event failed"}`:    {Level: "ERROR", Class: bad, Text: "event failed"},
		`{"order":"o-1"}`:                    {Text: `{"order":"o-1"}`},
		`{"message":"cut`:                    {Text: `{"message":"cut`},
		`{"message":"a"} and`:                {Text: `{"message":"a"} and`},
		`["message"]`:                        {Text: `["message"]`},
		`level=INFO msg=hi`:                  {Text: `level=INFO msg=hi`},
		``:                                   {},
		long:                                 {Text: long[1:], Size: len(long)},
		`{"message":"m","l":"` + long + `"}`: {Text: "m", Rest: ("l=" + long)[:maxLineBytes], Size: len(long) + 22},
	} {
		got := lineOf(platform.Line{Text: text})
		got.At = ""
		if got != want {
			t.Errorf("%s: %+v", text, got)
		}
	}
}

// What is delivered is called by the event that it is, or by how it begins.
func TestTitles(t *testing.T) {
	event := `{"specversion":"1.0","id":"7","source":"/x","type":"com.example.placed","data":{"n":1}}`
	for want, o := range map[string]native.Occurrence{
		`{"n": 1}`:                    native.Message{Body: []byte("{\"n\":\n1}")},
		"group: hi":                   native.Message{Body: []byte("hi"), Key: "group"},
		"binary":                      native.Message{Body: []byte{0xff, 0xfe}},
		"com.example.placed 7":        native.Message{Body: []byte(event), ContentType: ce.MediaType},
		"com.example.paid 8":          native.Message{Body: []byte("{}"), Binary: map[string]string{"type": "com.example.paid", "id": "8"}},
		`{"a":1}`:                     native.Message{Body: []byte(`{"a":1}`), Binary: map[string]string{"type": fn.TypeMessageReceived, "id": "8"}},
		`{"n":1}`:                     native.Message{Body: []byte(strings.Replace(event, "com.example.placed", fn.TypeMessageReceived, 1))},
		"key: x":                      native.Record{Data: []byte("x"), Key: "key"},
		"com.example.placed 7 ":       native.Event{Structured: event},
		strings.Repeat("é", 71) + "…": native.Message{Body: []byte(strings.Repeat("é", 300))},
	} {
		title, text := describe(o)
		if title != strings.TrimSpace(want) {
			t.Errorf("%q, not %q", title, want)
		}
		if strings.Count(text, "content-type: ") > 1 {
			t.Errorf("its content type is there twice: %s", text)
		}
	}
}

// A document's image has the values of every service, and as handlers get them.
func TestImages(t *testing.T) {
	_, text := describe(native.Change{Key: []string{"7"}, After: native.Map{
		"at": native.Timestamp(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)), "n": native.Double(1.5), "all": native.Set{"a"},
		"where": native.Point{Latitude: 1.5}, "count": native.Number("12"), "raw": native.Bytes("\x00"),
	}})
	for _, want := range []string{`"at": "2026-03-01T12:00:00Z"`, `"n": 1.5`, `"latitude": 1.5`, `"count": 12`, `"raw": "AA=="`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}

// The outcome of a delivery is in words, the worst of it by its class, and an
// event that its function has put among the dead letters is one.
func TestOutcomes(t *testing.T) {
	a, r, f := native.Acknowledged, native.Redelivered, native.Failed
	letter := platform.Emission{Kind: "queue", Name: "lost", IsLetter: true, Attributes: map[string]string{
		"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/x", "ce-type": "x", "ce-deadletterreason": "no",
	}}
	sentOn := letter
	sentOn.IsLetter = false
	for _, c := range []struct {
		fates       []native.Fate
		sent        []platform.Emission
		word, class string
	}{
		{[]native.Fate{a}, nil, "acknowledged", good},
		{[]native.Fate{a, a}, nil, "acknowledged", good},
		{[]native.Fate{r}, nil, "redelivered", warning},
		{[]native.Fate{f}, nil, "failed", bad},
		{[]native.Fate{r, a, a}, nil, "2 acknowledged, 1 redelivered", warning},
		{[]native.Fate{f, r, a}, nil, "1 acknowledged, 1 redelivered, 1 failed", bad},
		{[]native.Fate{a}, []platform.Emission{letter}, "dead-lettered", bad},
		{[]native.Fate{a, a}, []platform.Emission{letter}, "1 acknowledged, 1 dead-lettered", bad},
		{[]native.Fate{r}, []platform.Emission{letter}, "redelivered", warning},
		{[]native.Fate{a}, []platform.Emission{sentOn}, "acknowledged", good},
		{[]native.Fate{a}, []platform.Emission{{Kind: "topic", Name: "news"}}, "acknowledged", good},
	} {
		e := broker.Entry{Kind: broker.Delivered, Emissions: c.sent}
		for _, fate := range c.fates {
			e.Events = append(e.Events, broker.Event{Fate: fate})
		}
		if word, class := outcomeOf(e); word != c.word || class != c.class {
			t.Errorf("%v: %s, %s", c.fates, word, class)
		}
	}
	for kind, want := range map[broker.Kind]string{broker.Unheard: warning, broker.Undelivered: warning, broker.Expired: warning, broker.Dropped: bad, broker.DeadLettered: bad} {
		if word, class := outcomeOf(broker.Entry{Kind: kind}); word != string(kind) || class != want {
			t.Errorf("%s: %s, %s", kind, word, class)
		}
	}
}
