package emit

import (
	"context"
	"fmt"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/internal/run/mark"
	"github.com/fngen/fngen/internal/wait"
)

// tries is how often an event is sent before the input is left to be delivered
// again.
const tries = 4

// backoff waits 0.1 s before the second try, and twice as long before each
// that follows.
func backoff(try int) time.Duration { return 100 * time.Millisecond << (try - 2) }

// send sends the events to the sink, and those that it has not taken again,
// while there is time for it. The error is permanent if one of the events can
// never be sent, and retryable otherwise.
func send(ctx context.Context, sink Sink, events []event.Event) error {
	name, _ := sink.Declared()
	for try := 2; ; try++ {
		left, permanent, passing := splitFailures(events, sink.Send(ctx, events))
		if permanent != nil {
			return fmt.Errorf("sink %s: %w", name, permanent)
		}
		if passing == nil {
			return nil
		}
		if try > tries || !wait.For(ctx, backoff(try)) {
			return fmt.Errorf("sink %s: %w", name, passing)
		}
		events = left
	}
}

// splitFailures returns the events that are to be sent again, and the first error of
// either kind.
func splitFailures(events []event.Event, errs []error) (left []event.Event, permanent, passing error) {
	for i, err := range errs {
		if err == nil {
			continue
		}
		if mark.IsFinal(err) {
			if permanent == nil {
				permanent = err
			}
			continue
		}
		left = append(left, events[i])
		if passing == nil {
			passing = err
		}
	}
	return left, permanent, passing
}
