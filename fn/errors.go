package fn

import (
	"time"

	"github.com/fngen/fngen/internal/run/mark"
)

// What a handler's error means:
//
//	                 SQS, Kinesis,   SNS, S3,      Pub/Sub,     OpenWhisk        HTTP
//	                 DynamoDB        EventBridge   Eventarc     (async)          status
//	nil              left out        done          200          {}               2xx
//	any error        reported        error         500          again in process 500
//	RetryAfter       reported        error         503          again in process 503, Retry-After
//	Permanent        dead letter     dead letter   dead letter  dead letter      500
//	BadInput         dead letter     dead letter   dead letter  dead letter      400
//	panic            reported        error         500          again in process 500
//	deadline         reported        error         500          {"error"}        504
//
// The text of an error goes to the log only.

// Permanent says that handling the event will never succeed, so that it is
// moved to the dead letters and not tried again. Permanent(nil) is nil.
func Permanent(err error) error { return marked(mark.Permanent, 0, err) }

// BadInput says that the event's data is at fault: permanent, and the status
// 400 on HTTP. BadInput(nil) is nil.
func BadInput(err error) error { return marked(mark.BadInput, 0, err) }

// RetryAfter says that the event is worth trying again after d. Platforms that
// know no such hint retry by their own schedule; so do all where d is not
// positive. RetryAfter(nil, d) is nil.
func RetryAfter(err error, d time.Duration) error { return marked(mark.Retry, max(d, 0), err) }

func marked(kind mark.Kind, after time.Duration, err error) error {
	if err == nil {
		return nil
	}
	return &mark.Error{Kind: kind, After: after, Err: err}
}
