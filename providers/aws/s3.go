package aws

import (
	"bytes"
	"fmt"

	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/internal/portable"
	"github.com/fngen/fngen/internal/run"
)

// S3 feeds a function with the changes of a bucket's objects, by the bucket's
// own notifications or by an EventBridge rule. The event is the same either
// way, but for its etag and the precision of its time.
//
// A change that the fields do not ask for is acknowledged without a call.
type S3 struct {
	Bucket           string           // the name in the directive
	Created, Deleted bool             // which changes; neither means both
	Prefix, Suffix   string           // of the decoded key
	NoDeadLetter     bool             // what can never succeed is logged whole and given up
	DeadLetter       *emit.DeadLetter // takes what can never succeed; nil leaves it to the platform
}

var _ Source = S3{}

const (
	s3EventSource = "aws:s3" // marks the records of a notification
	s3BusSource   = "aws.s3" // marks the events of an EventBridge rule
	s3TestEvent   = "s3:TestEvent"
)

func (s S3) policy() run.Policy {
	return run.Policy{ErrorAnswer: true, NoDeadLetter: s.NoDeadLetter, DeadLetter: s.DeadLetter}
}

func (s S3) encode(records []run.Record, results []run.Result) ([]byte, error) {
	return answerWhole(records, results)
}

func (s S3) decode(payload []byte) ([]run.Record, error) {
	d := declared{"S3 bucket", s.Bucket}
	p, err := readS3(d, payload)
	switch {
	case err != nil:
		return nil, err
	case p.isNotification:
		return s.records(d, p.notifications, payload)
	case p.event == s3TestEvent:
		return nil, nil
	case p.bus.Source == s3BusSource && p.bus.DetailType != "":
		bus := p.bus // which the record keeps, and p is not needed without it
		return []run.Record{s.fromBus(&bus, bytes.Clone(payload))}, nil
	}
	return nil, mismatch(d.String(), payload)
}

func (s S3) records(d declared, notifications []s3Notification, payload []byte) ([]run.Record, error) {
	if len(notifications) > 0 && isForeign(notifications[0].eventSource, s3EventSource, notifications[0].err) {
		return nil, mismatch(d.String(), payload)
	}
	records := make([]run.Record, len(notifications))
	for i := range notifications {
		n := &notifications[i]
		change, err := n.change()
		n.number = i + 1
		records[i] = s.record(run.Record{Native: n}, change, err)
	}
	return records, nil
}

func (s S3) fromBus(e *busEvent, payload []byte) run.Record {
	change, err := changeFromBus(e)
	return s.record(run.Record{Name: "S3 event " + e.ID, Describe: e.describeObject(payload)}, change, err)
}

// record adds the event of a change to r, or the reason why there is none.
func (s S3) record(r run.Record, c portable.ObjectChange, err error) run.Record {
	if err == nil {
		c.Source = "arn:aws:s3:::" + c.Native
		c.Object.Bucket = s.Bucket
		r.Event, err = c.Event()
	}
	if err != nil {
		r.Err = fmt.Errorf("decode %s: %w", r.String(), err)
		return r
	}
	filter := portable.ObjectFilter{Created: s.Created, Deleted: s.Deleted, Prefix: s.Prefix, Suffix: s.Suffix}
	r.Skip = !filter.Fits(c.Deleted, c.Object.Key)
	return r
}
