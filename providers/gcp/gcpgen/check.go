package gcpgen

import (
	"time"

	"github.com/fngen/fngen/gen"
)

// check has the limits of Google Cloud Functions and what feeds them.
func (t target) check(f gen.Function) *gen.Gate {
	g := gen.NewGate(t.Name(), f)
	t.sinks(g, f)
	t.deadLetter(g, f)
	operation(g, f)
	if trigger, ok := f.Trigger.(gen.HTTP); ok {
		g.Timeout(3600*time.Second, "an HTTP function")
		g.HTTP(trigger)
		return g
	}
	if _, ok := f.Trigger.(gen.Schedule); ok {
		g.Timeout(30*time.Minute, "a Cloud Scheduler job")
	} else {
		g.Timeout(540*time.Second, "an event function")
	}
	if routed(f.Trigger) && t.audience != "" {
		g.Warnf("Eventarc's tokens are for the URL of the function's own service, so that they pass only if that is targets.gcp.audience")
	}
	switch trigger := f.Trigger.(type) {
	case gen.Queue:
		queue(g, f, trigger)
	case gen.Topic:
		attempts(g, f)
	case gen.Stream:
		stream(g, trigger)
		attempts(g, f)
	case gen.Schedule:
		if _, err := expression(trigger); err != nil {
			g.Errorf("%s", err)
		}
		if f.Retries != nil && *f.Retries > maxRetries {
			g.ErrorAt("retries", "%d retries are above %d, the limit of Cloud Scheduler; lower the number", *f.Retries, maxRetries)
		}
	case gen.Document:
		if subset(trigger) {
			g.Warnf("Eventarc filters for one kind of change or for all: the other is checked in the function, so that it is paid for")
		}
		retries(g, f)
	case gen.Object:
		if trigger.Prefix != "" || trigger.Suffix != "" {
			g.Warnf("prefix and suffix are checked in the function, so that events of other objects are paid for")
		}
		if trigger.Deleted {
			g.Warnf("an overwrite deletes the old object, so that it fires too")
		}
		g.Warnf("the bucket must lie in the function's own project")
		retries(g, f)
	case gen.Event:
		if googles(trigger.Type) && trigger.Type != published {
			g.Errorf("Eventarc asks more of Google's own events than their type; use the object or document trigger, or publish the event under a type of your own")
		}
		if trigger.Source != "" {
			g.Warnf("source= is checked in the function, so that events of other sources are paid for")
		}
		retries(g, f)
	}
	return g
}

func queue(g *gen.Gate, f gen.Function, t gen.Queue) {
	if t.FIFO {
		g.Warnf("order is kept among messages of one ordering key, which the publisher must set")
	}
	if t.Batch > 1 || t.Window > 0 {
		g.Warnf("messages come one at a time; batch and window are ignored")
	}
	if t.Visibility > maxAck {
		g.Errorf("visibility=%s is above 10m0s, the limit of an acknowledgement's deadline; lower it", t.Visibility)
	}
	if least := max(timeoutOf(f), minAck); t.Visibility > 0 && t.Visibility < least {
		g.Errorf("visibility=%s is below %s, so messages would come again while they are handled; raise it", t.Visibility, least)
	}
	attempts(g, f)
}

// attempts refuses a number of retries that a subscription's dead letter
// policy does not take. Without one nobody
// counts.
func attempts(g *gen.Gate, f gen.Function) {
	switch n := f.Retries; {
	case n == nil:
	case f.DeadLetter == "none":
		g.WarnAt("retries", "a subscription without dead letters tries again for 7 days; the number is ignored")
	case *n+1 < fewAttempts || *n+1 > manyAttempts:
		g.ErrorAt("retries", "%d is outside of 4 to 99 retries, the limits of Pub/Sub; change the number", *n)
	}
}

func stream(g *gen.Gate, t gen.Stream) {
	if t.Latest {
		g.Errorf("a subscription has no start=latest; remove it, since a new subscription holds what is published after it")
	}
	if t.Batch > 1 {
		g.Warnf("records come one at a time; batch is ignored")
	}
	if t.Concurrency > 0 {
		g.Warnf("records of one ordering key come one after another, and others as instances allow; concurrency is ignored")
	}
}

// retries refuses a number of retries where Eventarc has none to set.
func retries(g *gen.Gate, f gen.Function) {
	if f.Retries != nil {
		g.ErrorAt("retries", "Eventarc retries for 24 hours and has no number to set; remove the directive")
	}
}
