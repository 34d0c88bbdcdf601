package acceptance

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const (
	lostTrigger     = "emit.topic.lost"
	reservedTrigger = "emit.event.com.example.order.reserved"
	traceparent     = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
)

// post is the value of an activation by a posted order.
func post(t *testing.T, query, body string) string {
	return encode(t, map[string]any{
		"__ow_method": "post", "__ow_path": "/orders", "__ow_query": query, "__ow_body": base64.StdEncoding.EncodeToString([]byte(body)),
		"__ow_headers": map[string]string{"content-type": "application/json", "host": "openwhisk.example.org", "traceparent": traceparent},
	})
}

// placed is the value of an activation by the trigger orders, fired with an
// order that asks for something.
func placed(t *testing.T, id, do string) string {
	return encode(t, map[string]any{"cloudevent": map[string]any{
		"specversion": "1.0", "id": id, "source": "/shop", "type": "com.example.order.placed", "subject": "order",
		"datacontenttype": "application/json", "data": map[string]string{"id": id, "do": do},
	}})
}

// An order over HTTP fires a trigger. What it is fired with, given to the
// trigger's function, fires the trigger of the next one, and each event leads
// back to the one before and belongs to the client's trace.
func TestOpenWhiskChain(t *testing.T) {
	p := newPlatform(t, nil)
	if got := startShop(t, "order", p).request(post(t, "", `{"id":"17"}`)); got.StatusCode != http.StatusAccepted {
		t.Fatalf("the order is answered with %+v", got)
	}
	first := p.fired()
	if len(first) != 1 || first[0].trigger != "emit.topic.orders" {
		t.Fatalf("the order fires %v", first)
	}
	if got := startShop(t, "reserve", p).ask(activation(t, first[0].body, patience)); got != "{}\n" {
		t.Fatalf("the order is reserved with %q", got)
	}
	second := p.fired()
	if len(second) != 1 || second[0].trigger != reservedTrigger {
		t.Fatalf("the reservation fires %v", second)
	}
	ship := startShop(t, "ship", p)
	if got := ship.ask(activation(t, second[0].body, patience)); got != "{}\n" {
		t.Errorf("the reservation is shipped with %q", got)
	}
	if line := <-ship.lines; line != "shipped 17\n" {
		t.Errorf("shipped %q", line)
	}
	for _, test := range []struct{ got, want map[string]any }{
		{first[0].event, map[string]any{
			"specversion": "1.0", "type": "com.example.order.placed", "source": "/example.com/emit/order", "subject": "order",
			"datacontenttype": "application/json", "data": map[string]any{"id": "17"}, "causationid": "b6e8a1", "traceparent": traceparent,
		}},
		{second[0].event, map[string]any{
			"specversion": "1.0", "type": "com.example.order.reserved", "source": "/example.com/emit/reserve", "subject": "order",
			"datacontenttype": "application/json", "data": map[string]any{"order": "17"}, "causationid": first[0].event["id"], "traceparent": traceparent,
		}},
	} {
		if diff := cmp.Diff(test.want, test.got, cmpopts.IgnoreMapEntries(func(name string, _ any) bool { return name == "id" || name == "time" })); diff != "" {
			t.Errorf("event (-want +got):\n%s", diff)
		}
		if id, _ := test.got["id"].(string); len(id) != 32 {
			t.Errorf("id %q", id)
		}
	}
}

// The same order fires the same events whenever it is handled, in their order,
// so that whoever gets them twice can tell; another order fires others. So does
// an action that is killed when all is sent and nothing answered yet, and the
// one that handles the order after it.
func TestOpenWhiskRedelivery(t *testing.T) {
	p := newPlatform(t, nil)
	reserve := startShop(t, "reserve", p)
	var runs [][]firing
	for _, id := range []string{"17", "17", "18"} {
		if got := reserve.ask(activation(t, placed(t, id, "emit"), patience)); got != "{}\n" {
			t.Fatalf("got %q", got)
		}
		runs = append(runs, p.fired())
	}
	p.answers(func(_ string, call int) int {
		if call == 3 {
			_ = reserve.cmd.Process.Kill() // or the exit code tells
		}
		return http.StatusAccepted
	})
	if _, err := io.WriteString(reserve.stdin, activation(t, placed(t, "17", "emit"), patience)+"\n"); err != nil {
		t.Fatal(err)
	}
	if code := reserve.exit(); code != -1 {
		t.Errorf("the action exits with %d, and is not killed", code)
	}
	for line := range reserve.answers {
		t.Errorf("the action that is killed answers %q", line)
	}
	runs = append(runs, p.fired())
	if got := startShop(t, "reserve", p).ask(activation(t, placed(t, "17", "emit"), patience)); got != "{}\n" {
		t.Fatalf("got %q", got)
	}
	runs = append(runs, p.fired())

	var subjects []any
	for _, f := range runs[0] {
		subjects = append(subjects, f.event["subject"])
	}
	if want := []any{"first", "second", "order"}; !reflect.DeepEqual(subjects, want) {
		t.Errorf("fired %v, want %v", subjects, want)
	}
	for at, run := range runs {
		if same := at != 2; len(ids(run)) != 3 || reflect.DeepEqual(ids(run), ids(runs[0])) != same {
			t.Errorf("run %d fires %q, the first %q; want the same: %v", at+1, ids(run), ids(runs[0]), same)
		}
	}
}

// Whatever fails, nothing is lost and no id is there twice: a sink that is down
// is tried again, a handler's error sends nothing of what it emitted, and what
// fails for good is a dead letter, or whole in the log.
func TestOpenWhiskFaults(t *testing.T) {
	const failed = `{"error":"1 of 1 events failed: trigger activation b6e8a1"}` + "\n"
	down := func(trigger string, times, status int) func(string, int) int {
		return func(fired string, call int) int {
			if (fired == trigger || trigger == "") && call <= times {
				return status
			}
			return http.StatusAccepted
		}
	}
	const always = 1 << 30
	for _, test := range []struct {
		name   string
		do     string
		answer func(string, int) int
		want   string   // the action's answer
		calls  int      // of the trigger for reservations
		taken  []string // the triggers whose firing was taken
		reason string   // in the dead letter
		tries  float64
		log    string
	}{
		{name: "down for the first tries", answer: down(reservedTrigger, 2, 503), want: "{}\n", calls: 3, taken: []string{reservedTrigger}},
		{name: "down for longer than the sink tries", answer: down(reservedTrigger, 5, 502), want: "{}\n", calls: 6, taken: []string{reservedTrigger}},
		{name: "no active rule", answer: down(reservedTrigger, always, 204), want: failed, calls: 12, taken: []string{lostTrigger},
			reason: "emit: sink reservations: fire trigger emit.event.com.example.order.reserved: it has no active rule, so that nobody would get the event", tries: 3},
		{name: "no active rule for anything", answer: down("", always, 204), want: failed, calls: 12, log: `{\"do\":\"\",\"id\":\"17\"}`},
		{name: "an error after an emission", do: "fail", want: failed, taken: []string{lostTrigger}, reason: "out of stock", tries: 3},
		{name: "a permanent error after an emission", do: "give up", want: failed, taken: []string{lostTrigger}, reason: "no such article", tries: 1},
		{name: "above the limit", do: "large", want: failed, taken: []string{lostTrigger}, reason: "more than 1048576, the limit of the platform", tries: 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t, test.answer)
			reserve := startShop(t, "reserve", p)
			if got := reserve.ask(activation(t, placed(t, "17", test.do), patience)); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			calls := p.fired()
			var reservations []firing
			for _, f := range calls {
				if f.trigger == reservedTrigger {
					reservations = append(reservations, f)
				}
			}
			if len(reservations) != test.calls || test.calls > 0 && len(ids(reservations)) != 1 {
				t.Errorf("%d calls with the ids %q, want %d with one", len(reservations), ids(reservations), test.calls)
			}
			var triggers []string
			for _, f := range taken(calls) {
				triggers = append(triggers, f.trigger)
				if f.trigger == lostTrigger {
					checkLetter(t, f.event, test.reason, test.tries)
				}
			}
			if !reflect.DeepEqual(triggers, test.taken) {
				t.Errorf("taken %q, want %q", triggers, test.taken)
			}
			if test.log != "" && !reserve.logs(test.log) {
				t.Errorf("the log does not hold %s", test.log)
			}
			if strings.Contains(reserve.log.String(), "s3cret") {
				t.Error("the log holds the API key")
			}
		})
	}
}

// checkLetter checks the dead letter for the order 17.
func checkLetter(t *testing.T, letter map[string]any, reason string, tries float64) {
	t.Helper()
	if letter["id"] != "17" || letter["source"] != "/shop" || letter["type"] != "com.example.order.placed" {
		t.Errorf("the dead letter is %v", letter)
	}
	if data, ok := letter["data"].(map[string]any); !ok || data["id"] != "17" {
		t.Errorf("the dead letter has the data %v", letter["data"])
	}
	if got := fmt.Sprint(letter["deadletterreason"]); !strings.Contains(got, reason) {
		t.Errorf("the reason is %q, want %q in it", got, reason)
	}
	if letter["deadletterattempts"] != tries || letter["deadletterfunction"] != "/example.com/emit/reserve" {
		t.Errorf("the dead letter has %v attempts of %v, want %v", letter["deadletterattempts"], letter["deadletterfunction"], tries)
	}
}

// A dead letter that is above the limit is written without its data. A letter
// reaches the function that listens to its trigger as the event that it was.
func TestOpenWhiskDeadLetters(t *testing.T) {
	p := newPlatform(t, nil)
	reserve, lost := startShop(t, "reserve", p), startShop(t, "lost", p)
	order := placed(t, "17", "give up")
	large := strings.Replace(order, `"do":"give up"`, `"do":"give up","note":"`+strings.Repeat("x", 1<<20-300)+`"`, 1)
	if len(large) > 1<<20 {
		t.Fatal("the platform would not take the order itself")
	}
	for _, test := range []struct{ value, ref, shown string }{
		{order, "", "lost 17 <nil>\n"},
		{large, "/shop#17", "lost 17 /shop#17\n"},
	} {
		reserve.ask(activation(t, test.value, patience))
		calls := p.fired()
		if len(calls) != 1 || calls[0].trigger != lostTrigger {
			t.Fatalf("fired %d times", len(calls))
		}
		if _, ok := calls[0].event["data"]; ok == (test.ref != "") {
			t.Errorf("the letter has data: %v", ok)
		}
		if got, _ := calls[0].event["dataref"].(string); got != test.ref {
			t.Errorf("dataref %q, want %q", got, test.ref)
		}
		if got := lost.ask(activation(t, calls[0].body, patience)); got != "{}\n" {
			t.Errorf("the letter is answered with %q", got)
		}
		if line := <-lost.lines; line != test.shown {
			t.Errorf("shown %q, want %q", line, test.shown)
		}
	}
}

// What a request emitted is sent before it is answered: a response of 500 sends
// nothing, and a platform that does not take it makes the response a 500.
func TestOpenWhiskOrderFails(t *testing.T) {
	p := newPlatform(t, nil)
	order := startShop(t, "order", p)
	if got := order.request(post(t, "do=fail", `{"id":"17"}`)); got.StatusCode != 500 || len(p.fired()) != 0 {
		t.Errorf("a response of 500: %+v", got)
	}
	keyless := strings.Replace(activation(t, post(t, "", `{"id":"17"}`), patience), `"uuid:s3cret"`, `""`, 1)
	if got := order.ask(keyless); !strings.Contains(got, `"statusCode":500`) || len(p.fired()) != 0 || !order.logs("provide-api-key") {
		t.Errorf("without the API key: %s", got)
	}
	p.answers(func(string, int) int { return 204 })
	if got := order.request(post(t, "", `{"id":"17"}`)); got.StatusCode != 500 || len(p.fired()) != 4 {
		t.Errorf("without an active rule: %+v", got)
	}
	p.answers(nil)
	for range 2 { // on a public path everybody chooses the ids of events
		if got := order.request(post(t, "", `{"id":"17"}`)); got.StatusCode != 202 {
			t.Errorf("got %+v", got)
		}
	}
	if calls := p.fired(); len(ids(calls)) != 2 {
		t.Errorf("two requests fire %q", ids(calls))
	}
}
