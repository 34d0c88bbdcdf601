package gcp

import (
	"time"

	"github.com/fngen/fngen/gen/internal/model"
)

// check has the limits of Google Cloud Functions and what feeds them.
func (t target) check(f model.Function) *model.Report {
	report := model.NewReport(t.Name(), f)
	t.sinks(report, f)
	t.deadLetter(report, f)
	operation(report, f)
	if trigger, ok := f.Trigger.(model.HTTP); ok {
		report.Timeout(3600*time.Second, "an HTTP function")
		report.HTTP(trigger)
		return report
	}
	if _, ok := f.Trigger.(model.Schedule); ok {
		report.Timeout(30*time.Minute, "a Cloud Scheduler job")
	} else {
		report.Timeout(540*time.Second, "an event function")
	}
	if routed(f.Trigger) && t.audience != "" {
		report.Warnf("Eventarc's tokens are for the URL of the function's own service, so that they pass only if that is targets.gcp.audience")
	}
	switch trigger := f.Trigger.(type) {
	case model.Queue:
		queue(report, f, trigger)
	case model.Topic:
		attempts(report, f)
	case model.Stream:
		stream(report, trigger)
		attempts(report, f)
	case model.Schedule:
		if _, err := expression(trigger); err != nil {
			report.Errorf("%s", err)
		}
		if f.Retries != nil && *f.Retries > maxRetries {
			report.ErrorAt("retries", "%d retries are above %d, the limit of Cloud Scheduler; lower the number", *f.Retries, maxRetries)
		}
	case model.Document:
		if subset(trigger) {
			report.Warnf("Eventarc filters for one kind of change or for all: the other is checked in the function, so that it is paid for")
		}
		retries(report, f)
	case model.Object:
		if trigger.Prefix != "" || trigger.Suffix != "" {
			report.Warnf("prefix and suffix are checked in the function, so that events of other objects are paid for")
		}
		if trigger.Deleted {
			report.Warnf("an overwrite deletes the old object, so that it fires too")
		}
		report.Warnf("the bucket must lie in the function's own project")
		retries(report, f)
	case model.Event:
		if googles(trigger.Type) && trigger.Type != published {
			report.Errorf("Eventarc asks more of Google's own events than their type; use the object or document trigger, or publish the event under a type of your own")
		}
		if trigger.Source != "" {
			report.Warnf("source= is checked in the function, so that events of other sources are paid for")
		}
		retries(report, f)
	}
	return report
}

func queue(report *model.Report, f model.Function, t model.Queue) {
	if t.FIFO {
		report.Warnf("order is kept among messages of one ordering key, which the publisher must set")
	}
	if t.Batch > 1 || t.Window > 0 {
		report.Warnf("messages come one at a time; batch and window are ignored")
	}
	if t.Visibility > maxAck {
		report.Errorf("visibility=%s is above 10m0s, the limit of an acknowledgement's deadline; lower it", t.Visibility)
	}
	if least := max(timeoutOf(f), minAck); t.Visibility > 0 && t.Visibility < least {
		report.Errorf("visibility=%s is below %s, so messages would come again while they are handled; raise it", t.Visibility, least)
	}
	attempts(report, f)
}

// attempts refuses a number of retries that a subscription's dead letter
// policy does not take. Without one nobody
// counts.
func attempts(report *model.Report, f model.Function) {
	switch n := f.Retries; {
	case n == nil:
	case f.DeadLetter == "none":
		report.WarnAt("retries", "a subscription without dead letters tries again for 7 days; the number is ignored")
	case *n+1 < fewAttempts || *n+1 > manyAttempts:
		report.ErrorAt("retries", "%d is outside of 4 to 99 retries, the limits of Pub/Sub; change the number", *n)
	}
}

func stream(report *model.Report, t model.Stream) {
	if t.Latest {
		report.Errorf("a subscription has no start=latest; remove it, since a new subscription holds what is published after it")
	}
	if t.Batch > 1 {
		report.Warnf("records come one at a time; batch is ignored")
	}
	if t.Concurrency > 0 {
		report.Warnf("records of one ordering key come one after another, and others as instances allow; concurrency is ignored")
	}
}

// retries refuses a number of retries where Eventarc has none to set.
func retries(report *model.Report, f model.Function) {
	if f.Retries != nil {
		report.ErrorAt("retries", "Eventarc retries for 24 hours and has no number to set; remove the directive")
	}
}
