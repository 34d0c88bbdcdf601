package page

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/native"
)

func eventOf(f model.Function, s model.Sink, d native.Delivery) event.Event {
	e := event.New()
	e.SetID(fmt.Sprintf("%s-%d", f.Name, d.Number))
	e.SetSource(f.FullName())
	e.SetType(s.Type)
	if s.Type == "" {
		e.SetType("com.example.sent")
	}
	_, text := describe(d.Occurrence)
	_ = e.SetData("application/json", map[string]any{"of": text})
	return e
}

// In a browser: what a form sends is delivered, fails, comes again, reaches the
// dead letters and is sent again from there, and the page shows it while it
// happens.
func TestBrowser(t *testing.T) {
	b := openBrowser(t)
	w := newWorld(t, shop()...)
	w.change(func() { w.broken = "order-13" })
	server := httptest.NewServer(Handler(w))
	defer server.Close()
	defer server.CloseClientConnections()
	b.look(1280, 900, "light")
	b.open(server.URL + Path)

	b.wait("it says that nothing has been delivered", `document.querySelector("#deliveries").innerText.includes("Nothing has been delivered yet")`)

	// By mouse: the sample is sent, and what comes of it further down.
	b.click("#fn-reserve summary")
	b.click("#fn-reserve button.main")
	b.wait("it is said that it is sent", `document.querySelector("#fn-reserve .note").innerText.startsWith("sent to queue orders")`)
	b.wait("it arrives", `[...document.querySelectorAll("#entries .good")].some(e => e.innerText.includes("reserve") && e.innerText.includes("acknowledged"))`)
	b.wait("what it sent arrives", `["mail", "stock"].every(f => [...document.querySelectorAll("#entries .who")].some(e => e.innerText === f))`)

	if got := b.eval(`document.querySelector("#deliveries").innerText.includes("Nothing has been delivered yet")`); got != false {
		t.Error("it still says that nothing has been delivered")
	}

	// By keyboard: an event of one's own, which fails until it is a dead letter.
	b.eval(`document.querySelector("#text-reserve").focus()`)
	b.typed(`{"id":"order-13","<b>":"&"}`)
	b.press("Enter", 13, 2)
	for attempt := 1; attempt <= 3; attempt++ {
		b.wait(fmt.Sprintf("attempt %d fails", attempt), fmt.Sprintf(`[...document.querySelectorAll("#entries .warning")].some(e => e.innerText.includes("redelivered") && e.innerText.includes("attempt %d") && e.textContent.includes("the stock is locked"))`, attempt))
	}
	b.wait("it is a dead letter", `document.querySelector("#letters .count").innerText === "1" && document.querySelector("#letters .letter").innerText.includes("failed 3 times")`)
	if got := b.eval(`document.querySelector("#letters pre").textContent.includes('"<b>": "&"') && !document.querySelector("#letters pre b, #entries pre b")`); got != true {
		t.Errorf("the body is not shown as it is: %v", b.eval(`document.querySelector("#letters").innerHTML`))
	}
	if got := b.eval(`document.querySelector("#text-reserve").value`); got != `{"id":"order-13","<b>":"&"}` {
		t.Errorf("what was typed is now %q", got)
	}
	b.eval(`document.querySelector("#entries .warning summary").click()`)
	w.change(func() {
		w.app.Building, w.app.Trouble = 9, "orders.go:14:2: undefined: stock\norders.go:31:9: declared and not used: <order>"
	})
	b.wait("the page says why it is not the newest", `document.querySelector("#status").innerText.includes("Still serving build 7, building 9:") && document.querySelector(".trouble").textContent.includes("not used: <order>")`)
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int{1280, 400} {
			b.look(width, 900, scheme)
			if got := b.eval(`document.documentElement.scrollWidth > document.documentElement.clientWidth`); got != false {
				t.Errorf("at %d pixels the page is wider", width)
			}
			b.shoot(fmt.Sprintf("%s-%d", scheme, width))
		}
	}
	b.look(1280, 900, "light")

	// It is sent again, by keyboard too, when the function is mended.
	w.change(func() { w.broken = "" })
	b.eval(`document.querySelector("#letters [action=resend] button").focus()`)
	b.press("Enter", 13, 0)
	b.wait("there is no dead letter", `document.querySelector("#letters .count").innerText === "0"`)
	b.wait("it arrives", `[...document.querySelectorAll("#entries .good")].some(e => e.innerText.includes("reserve") && e.textContent.includes("order-13"))`)
	if got := b.eval(`document.activeElement.id`); got != "h-letters" {
		t.Errorf("the focus is on %q, not on what is left of the dead letters", got)
	}
	b.silent()
}

// In a browser: requests are among the deliveries and are sent again, and all dead
// letters of a queue are resent.
func TestBrowserAgain(t *testing.T) {
	b := openBrowser(t)
	w := newWorld(t, shop()...)
	w.change(func() { w.broken = "order" })
	server := httptest.NewServer(Handler(w))
	defer server.Close()
	defer server.CloseClientConnections()
	b.look(1280, 900, "light")
	b.open(server.URL + Path)
	for n := range 2 {
		if err := w.Send("queue", "orders", native.Message{Body: fmt.Appendf(nil, `{"id":"order-%d"}`, n)}); err != nil {
			t.Fatal(err)
		}
	}
	answered := func(n int) string {
		return fmt.Sprintf(`[...document.querySelectorAll("#entries .good")].filter(e => e.innerText.includes("answered 200") && e.innerText.includes("GET /articles/")).length === %d`, n)
	}
	b.click("#fn-articles summary")
	b.click("#fn-articles button.main")
	b.wait("the request is a row", answered(1))
	b.click("#entries .good summary")
	b.click("#entries .good [action=repeat] button")
	b.wait("it is answered again", `document.querySelector("#entries [open] .note").innerText.startsWith("answered 200 after")`)
	b.wait("that is a row, too", answered(2))

	b.wait("both orders are dead letters", `document.querySelector("#letters .count").innerText === "2"`)
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int{1280, 400} {
			b.look(width, 900, scheme)
			if got := b.eval(`document.documentElement.scrollWidth > document.documentElement.clientWidth`); got != false {
				t.Errorf("at %d pixels the page is wider", width)
			}
			b.shoot(fmt.Sprintf("again-%s-%d", scheme, width))
		}
	}
	b.look(1280, 900, "light")
	w.change(func() { w.broken = "" })
	b.click("#letters [action=resend-all] button")
	b.wait("it is said that they are resent", `document.querySelector("#note").innerText === "2 dead letters of reserve-dead-letters are sent again"`)
	b.wait("there is no dead letter", `document.querySelector("#letters .count").innerText === "0"`)
	b.wait("both arrive", `[...document.querySelectorAll("#entries .good")].some(e => e.textContent.includes("order-0")) && [...document.querySelectorAll("#entries .good")].some(e => e.textContent.includes("order-1"))`)
	b.silent()
}

// In a browser: a document is written, which is said, shown and delivered; one that
// is refused is said too, and what was typed stays.
func TestBrowserDocuments(t *testing.T) {
	b := openBrowser(t)
	w := newWorld(t, append(shop(), fnOf("greet", "Greet", model.Document{Collection: "users", Created: true}))...)
	server := httptest.NewServer(Handler(w))
	defer server.Close()
	defer server.CloseClientConnections()
	if err := w.Put("users", strings.Repeat("k", 1024), []byte(`{"v":"`+strings.Repeat("x", 500)+`"}`)); err != nil {
		t.Fatal(err)
	}
	b.look(1280, 900, "light")
	b.open(server.URL + Path)
	b.click("#collection-users summary")
	b.eval(`document.querySelector("#key-users").focus()`)
	b.typed("alice@shop.example")
	b.eval(`document.querySelector("#object-users").focus()`)
	b.typed(`{"name":"<b>Alice","languages":["en","de"]}`)
	b.click("#collection-users button.main")
	b.wait("its change arrives", `[...document.querySelectorAll("#entries .good")].filter(e => e.innerText.includes("greet")).length === 2`)
	b.wait("it is shown, and said that it is written", `document.querySelector("#collection-users > summary").innerText.includes("2 documents") && document.querySelector("#collection-users .note").innerText.startsWith("document users/alice@shop.example is written at ")`)
	b.click("#collection-users li summary")
	b.wait("it is shown as it is", `document.querySelector("#collection-users li details[open] pre")?.textContent.includes('"name": "<b>Alice"')`)

	b.eval(`document.querySelector("#object-users").focus()`)
	b.typed(`{"name":1e200}`)
	b.press("Enter", 13, 2)
	b.wait("it is said why it is refused", `document.querySelector("#collection-users .note").innerText.includes("the number 1e200 is no int64")`)
	if got := b.eval(`document.querySelector("#key-users").value + document.querySelector("#object-users").value`); got != `alice@shop.example{"name":1e200}` {
		t.Errorf("what was typed is now %q", got)
	}
	b.eval(`document.querySelectorAll("#collection-users li details").forEach(d => d.open = true)`)
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int{1280, 400} {
			b.look(width, 900, scheme)
			if got := b.eval(`document.documentElement.scrollWidth > document.documentElement.clientWidth`); got != false {
				t.Errorf("at %d pixels the page is wider", width)
			}
			b.shoot(fmt.Sprintf("documents-%s-%d", scheme, width))
		}
	}
	b.silent()
}

// A page of another origin does nothing here by its forms and scripts, and a name
// of another's for this machine gets nothing.
func TestBrowserForeign(t *testing.T) {
	b := openBrowser(t)
	f := newFake()
	server := httptest.NewServer(Handler(f))
	defer server.Close()
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!doctype html><form method="post" action="%ssend"><input name="function" value="reserve"><input name="text" value="x"><button>Win</button></form><iframe src="%s"></iframe>`, server.URL+Path, server.URL+Path)
	}))
	defer evil.Close()
	_, port, _ := strings.Cut(strings.TrimPrefix(server.URL, "http://"), ":")
	_, evilPort, _ := strings.Cut(strings.TrimPrefix(evil.URL, "http://"), ":")
	for _, from := range []string{evil.URL, "http://evil.example:" + evilPort} {
		b.open(from + "/")
		b.eval(`fetch(` + quote(server.URL+Path+"resend") + `, { method: "POST", mode: "no-cors", body: new URLSearchParams("number=1") }).catch(() => {})`)
		b.click("button")
		b.wait("the form is refused", `document.body.innerText.includes("cross-origin")`)
	}
	b.open("http://rebound.example:" + port + Path)
	b.wait("the host is refused", `document.body.innerText.includes("is no host of this page")`)
	if f.done != nil {
		t.Errorf("this was done: %q", f.done)
	}
}

// The page of a run that has ended shows the next one by itself, and the forms
// work without the script.
func TestBrowserNextRun(t *testing.T) {
	b := openBrowser(t)
	var current atomic.Pointer[http.Handler]
	run := func(f *fake) {
		h := Handler(f)
		current.Store(&h)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*current.Load()).ServeHTTP(w, r) }))
	defer server.Close()
	run(newFake())
	b.open(server.URL + Path)
	b.wait("it is the first run's", `document.querySelector("h1").innerText === "shop"`)
	f := newFake()
	f.app.Name = "mill"
	run(f)
	server.CloseClientConnections()
	b.wait("it is the next run's", `document.querySelector("h1").innerText === "mill"`)
	defer server.CloseClientConnections()

	b.do("Emulation.setScriptExecutionDisabled", map[string]any{"value": true}, nil)
	b.open(server.URL + Path)
	b.click("#fn-nightly summary")
	b.click("#fn-nightly button.main")
	b.wait("it says that it has fired", `document.querySelector("#fn-nightly[open] .note").innerText.startsWith("fired at")`)
	if len(f.done) != 1 || f.done[0] != "fire nightly" {
		t.Errorf("this was done: %q", f.done)
	}
}
