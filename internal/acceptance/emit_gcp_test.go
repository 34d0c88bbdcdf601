//go:build unix

package acceptance

import (
	"bytes"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Only functions that send to a sink, or have dead letters, link one.
func TestGoogleLinksSinksOnDemand(t *testing.T) {
	a, err := emitting()
	if err != nil {
		t.Fatal(err)
	}
	const pubsub, web, metadata = "github.com/fngen/fngen/providers/gcp/sink/pubsub", "github.com/fngen/fngen/fn/emit/httpsink", "cloud.google.com/go/compute/metadata"
	for function, want := range map[string][]string{"plain": nil, "hourly": {metadata, pubsub}, "notify": {metadata, web, pubsub}} {
		out, err := output(command(a.dir, nil, "go", "list", "-deps", "./entrypoints/gcp/"+function+"-gcp"))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for line := range strings.Lines(string(out)) {
			if line = strings.TrimSpace(line); line == pubsub || line == web || line == metadata {
				got = append(got, line)
			}
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s links (-want +got):\n%s", function, diff)
		}
	}
}

const (
	parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	state  = "shop=1"
)

// lineage checks that a message tells of its cause and of the trace, and
// returns its id.
func lineage(t *testing.T, m pubsubMessage, function, cause string) string {
	t.Helper()
	a := m.Attributes
	if a["ce-source"] != "/example.com/emitting/"+function || a["ce-causationid"] != cause || cause == "" ||
		a["ce-traceparent"] != parent || a["ce-tracestate"] != state || a["ce-id"] == "" {
		t.Errorf("%s emitted %v, want it to be caused by %q", function, a, cause)
	}
	return a["ce-id"]
}

// The function's environment reaches the sink's client: an event goes to a host
// that only a file of certificates makes trusted, and is left to be delivered
// again without it.
func TestGoogleSinkCertificate(t *testing.T) {
	received := make(chan string, 10)
	crm := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { received <- r.Header.Get("Ce-Type") }))
	defer crm.Close()
	crm.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that fail
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: crm.Certificate().Raw}), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		env    string
		status int
		got    int
	}{{"SSL_CERT_FILE=" + file, http.StatusNoContent, 1}, {"SSL_CERT_FILE=", http.StatusInternalServerError, 0}} {
		f := startBinary(t, emittingBinary(t, "notify"), "FNGEN_SINK_CRM="+crm.URL+"/orders", "CLOUD_RUN_TIMEOUT_SECONDS=20", test.env)
		if got := f.post(pubsubPush(t, "m1", `{"id":"17"}`, nil)); got.status != test.status || len(received) != test.got {
			t.Errorf("%s: status %d, %d events received, want %d and %d", test.env, got.status, len(received), test.status, test.got)
		}
		for range test.got {
			if eventType := <-received; eventType != "com.example.crm.order" {
				t.Errorf("received %q", eventType)
			}
		}
	}
}

// An order over HTTP goes from artifact to artifact by real topics: the last
// events, in a queue and posted over HTTP, have the ids of their causes and the
// trace of the request.
func TestGoogleChain(t *testing.T) {
	place, confirm, archive, notify := emittingBinary(t, "place"), emittingBinary(t, "confirm"), emittingBinary(t, "archive"), emittingBinary(t, "notify")
	base := emulatorBase(pubsubEmulator(t))
	host := "PUBSUB_EMULATOR_HOST=" + strings.TrimPrefix(strings.TrimSuffix(string(base), "/v1/projects/acme/"), "http://")
	posted := make(chan *http.Request, 10)
	crm := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		posted <- r
	}))
	defer crm.Close()

	orders, events, shop, archived := base.topic(t, "orders-queue"), base.topic(t, "order-events-topic"), base.topic(t, "shop-event"), base.topic(t, "archive-queue")
	const topics = "projects/acme/topics/"
	placing := startBinary(t, place, host, "FNGEN_SINK_ORDERS="+topics+"orders-queue")
	base.pushes(t, "orders-queue", startBinary(t, confirm, host, "FNGEN_SINK_ORDER_EVENTS="+topics+"order-events-topic", "FNGEN_SINK_SHOP="+topics+"shop-event").url)
	archiving := startBinary(t, archive, host, "FNGEN_SINK_ARCHIVE="+topics+"archive-queue")
	base.pushes(t, "shop-event", archiving.url) // without main.tf's filter, which the emulator ignores
	base.pushes(t, "order-events-topic", startBinary(t, notify, host, "FNGEN_SINK_CRM="+crm.URL+"/orders").url)

	answer := placing.send("POST", "/orders", http.Header{"Content-Type": {"application/json"}, "Traceparent": {parent}, "Tracestate": {state}}, `{"id":"17"}`)
	if answer.status != 200 || answer.body != "placed 17" {
		t.Fatalf("answer %+v", answer)
	}
	placed := orders.take(t, 1)[0]
	if placed.OrderingKey != "customer-4" || placed.Attributes["ce-partitionkey"] != "customer-4" || placed.Attributes["ce-type"] != "com.example.order.placed" ||
		placed.Attributes["ce-subject"] != "17" || placed.Attributes["content-type"] != "application/json" || string(placed.Data) != `{"id":"17","do":""}` {
		t.Errorf("placed %+v, data %s", placed, placed.Data)
	}
	placedID := lineage(t, placed, "place", placed.Attributes["ce-causationid"]) // the request's own id is random
	confirmed := events.take(t, 1)[0]
	confirmedID := lineage(t, confirmed, "confirm", placedID)
	if confirmed.Attributes["ce-type"] != "com.example.order.confirmed" || confirmed.Attributes["ce-subject"] != "17" || string(confirmed.Data) != `{"id":"17","do":""}` {
		t.Errorf("confirmed %+v", confirmed)
	}
	announced := map[string]bool{}
	for _, m := range shop.take(t, 2) {
		if m.Attributes["ce-type"] != "com.example.order.announced" || m.Attributes["ce-subject"] != "Größe 100%" {
			t.Errorf("announced %+v", m)
		}
		announced[lineage(t, m, "confirm", placedID)] = true
	}
	for _, m := range archived.take(t, 2) {
		cause := m.Attributes["ce-causationid"]
		lineage(t, m, "archive", cause)
		if !announced[cause] || string(m.Data) != "com.example.order.announced" {
			t.Errorf("archived %+v, want it to be caused by one of %v", m, announced)
		}
		delete(announced, cause)
	}
	r := <-posted
	body, _ := io.ReadAll(r.Body)
	want := map[string]string{"Ce-Type": "com.example.crm.order", "Ce-Source": "/example.com/emitting/notify", "Ce-Causationid": confirmedID,
		"Ce-Traceparent": parent, "Ce-Tracestate": state, "Ce-Subject": "17", "Content-Type": "application/json"}
	got := map[string]string{}
	for name := range want {
		got[name] = r.Header.Get(name)
	}
	if diff := cmp.Diff(want, got); diff != "" || string(body) != `{"id":"17","do":""}` || r.URL.Path != "/orders" {
		t.Errorf("posted %s, headers (-want +got):\n%s", body, diff)
	}
	if log := archiving.log.String(); log != "" {
		t.Errorf("archive has failed:\n%s", log)
	}
}

// What fails on the way loses nothing and emits under the same ids: a sink that
// is down for the first tries, a process that ends between what it sends and
// its answer, a handler that fails after it emitted, and events that can never
// be sent or handled, which the dead letters keep.
func TestGoogleEmissionFaults(t *testing.T) {
	confirm, hourly := emittingBinary(t, "confirm"), emittingBinary(t, "hourly")
	base := emulatorBase(pubsubEmulator(t))
	events, shop, letters, late := base.topic(t, "order-events-topic"), base.topic(t, "shop-event"), base.topic(t, "confirm-deadletter"), base.topic(t, "late-queue")
	g := newGateway(t, string(base))
	const topics = "projects/acme/topics/"
	env := []string{"PUBSUB_EMULATOR_HOST=" + g.host, "FNGEN_SINK_ORDER_EVENTS=" + topics + "order-events-topic",
		"FNGEN_SINK_SHOP=" + topics + "shop-event", "FNGEN_SINK_CONFIRM_DEAD_LETTERS=" + topics + "confirm-deadletter"}
	f := startBinary(t, confirm, env...)
	order := func(id, do string) string {
		return pubsubPush(t, id, encode(t, map[string]string{"id": id, "do": do}), map[string]string{"traceparent": parent, "tracestate": state})
	}
	expect := func(got reply, status int) {
		t.Helper()
		if got.status != status {
			t.Errorf("answer %+v, want %d", got, status)
		}
	}

	// Each sink is down once, and everything arrives once.
	g.requests(func(n int, forward func() int) int {
		if n%2 == 1 {
			return http.StatusServiceUnavailable
		}
		return forward()
	})
	expect(f.post(order("m1", "")), 204)
	id, announced := lineage(t, events.take(t, 1)[0], "confirm", "m1"), messageIDs(shop.take(t, 2))
	if announced[0] == announced[1] {
		t.Errorf("two events have one id: %v", announced)
	}
	if sent := g.requests(nil); len(sent) != 4 {
		t.Errorf("requests %v, want two to each sink", sent)
	}

	// A redelivery emits under the same ids.
	expect(f.post(order("m1", "")), 204)
	if again := lineage(t, events.take(t, 1)[0], "confirm", "m1"); again != id {
		t.Errorf("emitted %s after %s", again, id)
	}
	if again := messageIDs(shop.take(t, 2)); !slices.Equal(again, announced) {
		t.Errorf("emitted %v after %v", again, announced)
	}

	// The process is killed when the events are sent, before it can answer.
	process := f.cmd.Process
	g.requests(func(n int, forward func() int) int {
		status := forward()
		if n == 2 { // to the second of the sinks
			_ = process.Kill()
		}
		return status
	})
	dying := make(chan struct{})
	go func() {
		defer close(dying)
		response, err := direct.Post(f.url, "application/json", strings.NewReader(order("m2", "")))
		if err == nil {
			response.Body.Close()
			t.Errorf("a killed process has answered %s", response.Status)
		}
	}()
	<-f.ended
	<-dying
	id = lineage(t, events.take(t, 1)[0], "confirm", "m2")
	shop.take(t, 2)
	g.requests(nil)
	f = startBinary(t, confirm, env...)
	expect(f.post(order("m2", "")), 204)
	if again := lineage(t, events.take(t, 1)[0], "confirm", "m2"); again != id {
		t.Errorf("the redelivery emitted %s after %s", again, id)
	}
	shop.take(t, 2)

	// A handler that fails has sent nothing.
	g.requests(nil)
	expect(f.post(order("m3", "fail")), 500)
	if sent := g.requests(nil); len(sent) != 0 {
		t.Errorf("a handler that fails has sent to %v", sent)
	}

	// What can never succeed is a dead letter and acknowledged, whether the
	// handler says so or no message can hold what it replies.
	for n, do := range map[string]string{"m4": "refuse", "m5": "swell"} {
		expect(f.post(order(n, do)), 204)
		a := letters.take(t, 1)[0].Attributes
		reason := map[string]string{"refuse": "no such article", "swell": "bytes as a message, more than 10485745, the limit of Pub/Sub"}[do]
		if a["ce-id"] != n || a["ce-type"] != "dev.fngen.message.received.v1" || a["ce-deadletterfunction"] != "/example.com/emitting/confirm" ||
			a["ce-deadletterattempts"] != "1" || !strings.Contains(a["ce-deadletterreason"], reason) || a["ce-traceparent"] != parent {
			t.Errorf("%s: dead letter %v", do, a)
		}
		if sent := g.requests(nil); len(sent) != 1 {
			t.Errorf("%s: requests %v, want the dead letter alone", do, sent)
		}
	}

	// While the dead letters are down the message comes again.
	g.requests(func(int, func() int) int { return http.StatusServiceUnavailable })
	expect(f.post(order("m6", "refuse")), 500)
	g.requests(nil)
	expect(f.post(order("m6", "refuse")), 204)
	letters.take(t, 1)

	// Where no subscription has a dead letter policy the adapter writes as well.
	h := startBinary(t, hourly, "PUBSUB_EMULATOR_HOST="+g.host, "FNGEN_SINK_LATE="+topics+"late-queue")
	expect(h.post(`{"name":"hourly"}`, "X-Cloudscheduler", "true", "X-Cloudscheduler-Jobname", "shop-hourly", "X-Cloudscheduler-Scheduletime", "2026-01-02T03:00:00Z"), 204)
	a := late.take(t, 1)[0].Attributes
	if a["ce-type"] != "dev.fngen.schedule.fired.v1" || a["ce-deadletterreason"] != "no hour suits" || a["ce-deadletterfunction"] != "/example.com/emitting/hourly" {
		t.Errorf("dead letter %v", a)
	}
}
