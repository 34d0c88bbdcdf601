package acceptance

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// One order that travels through SQS, Pub/Sub and Kafka reaches the handler
// with the same type, subject, datacontenttype and data, to the byte: white
// space, escapes, large numbers and all.
func TestOneOrderOnThreeClouds(t *testing.T) {
	const order = "{ \"guest\": 9007199254740993,\r\n\t\"total\": 1.10, \"note\": \"caf\u00e9 \\u00e9 <&>\",\n \"guest\": 1e400 }\n"
	want := seen{Type: "dev.fngen.message.received.v1", Subject: "orders", DataContentType: "application/json", Data: order}

	onAWS := startLambda(t, "receive")
	if got, want := onAWS.invoke(sqsBatch(t, order), patience), `{"batchItemFailures":[]}`; got != want {
		t.Errorf("AWS answers %s, want %s", got, want)
	}
	onGoogle := startServer(t, "receive", "Receive")
	if got := onGoogle.post(pubsubPush(t, "m1", order, nil)); got.status != 204 {
		t.Errorf("Google answers %+v", got)
	}
	onOpenWhisk := startAction(t, "receive")
	if got := onOpenWhisk.ask(activation(t, kafkaBatch(t, order), patience)); got != "{}\n" {
		t.Errorf("OpenWhisk answers %q, want {}", got)
	}
	for name, p := range map[string]*process{"AWS": onAWS.process, "Google": onGoogle.process, "OpenWhisk": onOpenWhisk.process} {
		got := p.event()
		if got.Source == "" || got.ID == "" || len(got.Extensions) > 0 {
			t.Errorf("%s: source %q, id %q, extensions %v", name, got.Source, got.ID, got.Extensions)
		}
		got.Source, got.ID, got.Time, got.Extensions = "", "", "", nil // are each cloud's own
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: want -, got +\n%s", name, diff)
		}
	}
}
