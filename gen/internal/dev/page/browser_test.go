package page

import (
	"fmt"
	"net/http/httptest"
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

	// By mouse: the sample is sent, and what comes of it further down.
	b.click("#fn-reserve summary")
	b.click("#fn-reserve button.main")
	b.wait("it is said that it is sent", `document.querySelector("#fn-reserve .note").innerText.startsWith("sent to queue orders")`)
	b.wait("it arrives", `[...document.querySelectorAll("#entries .good")].some(e => e.innerText.includes("reserve") && e.innerText.includes("acknowledged"))`)
	b.wait("what it sent arrives", `["mail", "stock"].every(f => [...document.querySelectorAll("#entries .who")].some(e => e.innerText === f))`)

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
	b.wait("the page says why it is not the newest", `document.querySelector("#status").innerText.includes("Still serving build 7:") && document.querySelector(".trouble").textContent.includes("not used: <order>")`)
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
