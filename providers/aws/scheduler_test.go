package aws

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/testkit/logged"
)

const scheduleARN = "arn:aws:scheduler:eu-west-1:123456789012:schedule/shop/nightly"

// fired is the input of a schedule as EventBridge Scheduler fills it in.
func fired(name, attempt string) string {
	return fmt.Sprintf(`{"name":%q,"scheduled":"2022-03-22T18:59:43Z","schedule":%q,"attempt":%q}`, name, scheduleARN, attempt)
}

// A firing's event and delivery, to the byte.
func TestScheduler(t *testing.T) {
	r := &recorder{}
	answer, err := invoke(t, Scheduler{Name: "nightly"}, r, fired("nightly", "2"))
	if err != nil || answer != "null" {
		t.Errorf("answer %s, error %v", answer, err)
	}
	wantEvents(t, r, `{"specversion":"1.0","id":"nightly@2022-03-22T18:59:43Z","source":"arn:aws:scheduler:eu-west-1:123456789012:schedule/shop/nightly",`+
		`"type":"dev.fngen.schedule.fired.v1","datacontenttype":"application/json","subject":"nightly","time":"2022-03-22T18:59:43Z",`+
		`"data":{"name":"nightly","scheduled":"2022-03-22T18:59:43Z","approximate":false}}`)
	want := fn.Delivery{Provider: "aws", Trigger: "schedule", NativeID: scheduleARN, Attempt: 2,
		Attributes: map[string]string{"scheduled": "2022-03-22T18:59:43Z"}}
	if diff := cmp.Diff(want, r.deliveries[0], cmpopts.IgnoreUnexported(fn.Delivery{})); diff != "" {
		t.Errorf("delivery (-want +got):\n%s", diff)
	}
}

// An attempt that is not told, or not as a number, costs no firing.
func TestSchedulerAttempt(t *testing.T) {
	for attempt, want := range map[string]int{"1": 1, "": 0, "<aws.scheduler.attempt-number>": 0, "-1": 0} {
		r := &recorder{}
		if _, err := invoke(t, Scheduler{Name: "nightly"}, r, fired("nightly", attempt)); err != nil {
			t.Fatal(err)
		}
		if got := r.deliveries[0].Attempt; got != want {
			t.Errorf("attempt %q is %d", attempt, got)
		}
	}
}

// A schedule of another function is an error that names both, and that
// deadletter none does not give up.
func TestSchedulerOfAnotherFunction(t *testing.T) {
	r := &recorder{}
	_, err := invoke(t, Scheduler{Name: "nightly", NoDeadLetter: true}, r, fired("hourly", "1"))
	wantError(t, err, `declared schedule "nightly", received a firing of schedule "hourly"`)
	wantEvents(t, r)
	_, err = invoke(t, SQS{Queue: "q"}, r, fired("nightly", "1"))
	wantError(t, err, `declared SQS queue "q", received a firing of a schedule`)
}

// What a firing lacks is an error, never a tick at the year 1.
func TestSchedulerFailures(t *testing.T) {
	logged.Text(t)
	for payload, why := range map[string]string{
		`{"name":"nightly","schedule":"arn:aws:scheduler:x"}`:                                              "missing scheduled",
		`{"name":"nightly","scheduled":"2022-03-22T18:59:43Z"}`:                                            "missing schedule",
		`{"name":"nightly","schedule":"arn:aws:scheduler:x","scheduled":"<aws.scheduler.scheduled-time>"}`: "scheduled: \"<aws.scheduler.scheduled-time>\" is no time",
		`{"name":"nightly"}`: "received a payload of no known shape",
		`{"name":5}`:         `decode firing of schedule "nightly"`,
	} {
		r := &recorder{}
		_, err := invoke(t, Scheduler{Name: "nightly"}, r, payload)
		wantError(t, err, why)
		wantEvents(t, r)
	}
	_, err := invoke(t, Scheduler{Name: "nightly"}, &recorder{answer: func(fn.Event) error { return errors.New("passing trouble") }}, fired("nightly", "1"))
	wantError(t, err, `firing of schedule "nightly" at 2022-03-22T18:59:43Z: passing trouble`)
}
