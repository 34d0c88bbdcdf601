//go:build unix

package acceptance

import (
	"strings"
	"testing"
)

// What an action gave up fires the trigger of its dead letters, by the name that
// they have without a directive, and comes to the action that handles them: of a
// type that adapters alone make, and with the reason.
func TestOpenWhiskLetters(t *testing.T) {
	p := newPlatform(t, nil)
	nightly, daily := startShop(t, "nightly", p), startShop(t, "daily", p)
	if got := nightly.ask(activation(t, `{"name":"nightly"}`, patience)); !strings.Contains(got, "1 of 1 events failed") {
		t.Fatalf("got %q", got)
	}
	letters := p.fired()
	if len(letters) != 1 || letters[0].trigger != "emit.topic.nightly-dead-letters" {
		t.Fatalf("fired %v", letters)
	}
	if got := daily.ask(activation(t, letters[0].body, patience)); got != "{}\n" {
		t.Errorf("the letter is answered with %q", got)
	}
	if line := <-daily.lines; line != "given up dev.fngen.schedule.fired.v1 no night suits\n" {
		t.Errorf("shown %q", line)
	}
}

// What a function gave up comes through a topic to the one that handles its dead
// letters, with the reason, and so does what a subscription moves there, which
// has none.
func TestGoogleLetters(t *testing.T) {
	hourly, later := emittingBinary(t, "hourly"), emittingBinary(t, "later")
	base := emulatorBase(pubsubEmulator(t))
	late, missed := base.topic(t, "late-queue"), base.topic(t, "missed-queue")
	host := "PUBSUB_EMULATOR_HOST=" + strings.TrimPrefix(strings.TrimSuffix(string(base), "/v1/projects/acme/"), "http://")
	base.pushes(t, "late-queue", startBinary(t, later, host, "FNGEN_SINK_MISSED=projects/acme/topics/missed-queue").url)

	h := startBinary(t, hourly, host, "FNGEN_SINK_LATE=projects/acme/topics/late-queue")
	answer := h.post(`{"name":"hourly"}`, "X-Cloudscheduler", "true", "X-Cloudscheduler-Jobname", "shop-hourly", "X-Cloudscheduler-Scheduletime", "2026-01-02T03:00:00Z")
	if answer.status != 204 {
		t.Fatalf("answer %+v", answer)
	}
	late.take(t, 1)
	if got := missed.take(t, 1)[0].Attributes["ce-subject"]; got != "dev.fngen.schedule.fired.v1: no hour suits" {
		t.Errorf("the letter is %q", got)
	}
	call(t, "POST", string(base)+"topics/late-queue:publish", map[string]any{"messages": []any{map[string]any{
		"data": "e30=", "attributes": map[string]string{"CloudPubSubDeadLetterSourceSubscription": "shop-confirm-push", "CloudPubSubDeadLetterSourceDeliveryCount": "5"},
	}}}, nil)
	if got := missed.take(t, 1)[0].Attributes["ce-subject"]; got != "dev.fngen.message.received.v1: <nil>" {
		t.Errorf("the message is %q", got)
	}
}
