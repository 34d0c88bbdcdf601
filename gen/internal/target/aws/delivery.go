package aws

import (
	"cmp"
	"time"

	"github.com/fngen/fngen/gen/internal/model"
)

var _ model.Deliverer = Target{}

// What Lambda does by itself.
const (
	// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
	maxPayload      = 6 << 20
	maxAsynchronous = 1 << 20
	// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
	firstRetry, secondRetry = time.Minute, 2 * time.Minute
	// https://docs.aws.amazon.com/lambda/latest/dg/API_CreateEventSourceMapping.html
	streamBatch = 100
	// No page has the time between the retries of a stream.
	streamRetry, longestStreamRetry = time.Second, time.Minute
)

// Delivery returns what the template sets, and what Lambda does by itself.
func (t Target) Delivery(f model.Function) model.Delivery {
	d := delivery(f)
	if f.DeadLetter == "none" {
		d.Letters = model.Lost
	}
	return d
}

func delivery(f model.Function) model.Delivery {
	switch trigger := f.Trigger.(type) {
	case model.Queue:
		d := model.Delivery{Attempts: receives(f), Lease: cmp.Or(trigger.Visibility, presetVisibility(f, trigger)), Batch: batchSize(trigger), Window: trigger.Window, Bytes: maxPayload, Letters: model.Moved}
		if trigger.FIFO {
			d.Order = model.ByGroup
		}
		if f.DeadLetter == "none" { // without a redrive policy
			d.Attempts = 0
		}
		return d
	case model.Stream:
		d := records(f)
		d.Batch, d.Shards = cmp.Or(trigger.Batch, streamBatch), trigger.Concurrency
		return d
	case model.Document:
		return records(f)
	}
	return model.Delivery{Attempts: retries(f) + 1, Age: maxEventAge, First: firstRetry, Most: secondRetry, Bytes: maxAsynchronous, Letters: model.Reported}
}

func records(f model.Function) model.Delivery {
	return model.Delivery{Attempts: recordRetries(f) + 1, Age: maxEventAge, First: streamRetry, Most: longestStreamRetry, Batch: streamBatch, Bytes: maxPayload, Order: model.ByShard, Letters: model.Stored}
}

// retries is how often Lambda tries an event of an asynchronous invocation again.
func retries(f model.Function) int { return f.RetriesOr(2) }

// recordRetries is how often Lambda tries records of a stream again.
func recordRetries(f model.Function) int { return f.RetriesOr(5) }

// batchSize is how many messages of a queue Lambda hands over at once.
func batchSize(t model.Queue) int { return cmp.Or(t.Batch, 10) }

// presetVisibility is how long a message of the queue is the function's if the
// directive does not say: six times its timeout and the time that a batch waits,
// as Lambda asks for.
//
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
func presetVisibility(f model.Function, t model.Queue) time.Duration {
	return min(6*timeout(f)+t.Window, 12*time.Hour)
}

// Feed implements model.Feeder.
func (t Target) Feed(trigger model.Trigger) model.Feed {
	return model.Feed{Envelope: t.envelopes[trigger.Resource()], Keys: t.keys[trigger.Resource()]}
}
