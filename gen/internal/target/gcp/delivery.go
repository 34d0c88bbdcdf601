package gcp

import (
	"time"

	"github.com/fngen/fngen/gen/internal/model"
)

var (
	_ model.Deliverer = target{}
	_ model.Feeder    = target{}
)

const (
	firstBackoff, longestBackoff = 10 * time.Second, 600 * time.Second // of subscriptions, and Eventarc's own

	// https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#RetryConfig
	firstJobRetry, longestJobRetry = 5 * time.Second, time.Hour
)

// Delivery returns what main.tf sets, and what Google's services do by
// themselves.
func (t target) Delivery(f model.Function) model.Delivery {
	switch {
	case subscribes(f.Trigger):
		d := model.Delivery{Age: messageRetention, Lease: ackDeadline(f), First: firstBackoff, Most: longestBackoff}
		if ordered(f.Trigger) {
			d.Order = model.ByGroup
		}
		if hasDeadLetters(f) {
			d.Attempts, d.Letters = deliveries(f), model.Moved
		}
		return d
	case routed(f.Trigger):
		return model.Delivery{Age: eventRetention, Lease: ackDeadline(f), First: firstBackoff, Most: longestBackoff}
	}
	return model.Delivery{Attempts: f.RetriesOr(someRetries) + 1, First: firstJobRetry, Most: longestJobRetry}
}

// requestsAtOnce is how many requests an instance of an HTTP function has at once:
// as many as Cloud Run's own default is, which takes a whole CPU.
const requestsAtOnce = 80

// Feed implements model.Feeder.
func (target) Feed(trigger model.Trigger) model.Feed {
	if _, ok := trigger.(model.HTTP); ok {
		return model.Feed{AtOnce: requestsAtOnce}
	}
	return model.Feed{}
}
