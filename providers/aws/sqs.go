package aws

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/internal/portable"
	"github.com/fngen/fngen/internal/run"
)

// SQS feeds a function from a queue. Its event source mapping must have the
// function response type ReportBatchItemFailures.
//
// A queue whose ARN ends in .fifo is handled in order within each message
// group.
type SQS struct {
	Queue        string           // the name in the directive
	Content      string           // the content type of messages that state none; "" is JSON
	Envelope     Envelope         // what other services wrap every message in; "" is none
	Concurrency  int              // messages, or groups of a FIFO queue, handled at once; below 1 means 1
	Receives     int              // of the redrive policy: at the last a FIFO queue's message goes to the dead letters, so that its group goes on; 0 is unknown
	NoDeadLetter bool             // what can never succeed is logged whole and deleted
	DeadLetter   *emit.DeadLetter // takes what can never succeed; nil leaves it to the platform
}

var _ Source = SQS{}

// sqsEventSource marks the records of a queue.
const sqsEventSource = "aws:sqs"

func (s SQS) policy() run.Policy {
	return run.Policy{Concurrency: s.Concurrency, NoDeadLetter: s.NoDeadLetter, DeadLetter: s.DeadLetter}
}

func (s SQS) decode(payload []byte) ([]run.Record, error) {
	d := declared{"SQS queue", s.Queue}
	messages, err := readSQS(d, payload)
	if err != nil {
		return nil, err
	}
	if len(messages) > 0 && isForeign(messages[0].eventSource, sqsEventSource, messages[0].err) {
		return nil, mismatch(d.String(), payload)
	}
	records := make([]run.Record, len(messages))
	for i := range messages {
		m, r := &messages[i], &records[i]
		m.number = i + 1
		if m.id == "" {
			// Its failure could not be reported, so the queue would delete it.
			return nil, fmt.Errorf("decode SQS record %d: missing messageId%s", m.number, because(m.err))
		}
		if strings.HasSuffix(m.arn, ".fifo") {
			r.Group = m.group
			r.NoRedelivery = s.Receives > 0 && m.attempt() >= s.Receives
		}
		err := m.err
		if err == nil {
			r.Skip, err = s.unwrap(m)
		}
		if err == nil {
			r.Event, err = s.event(m)
		}
		if err != nil {
			r.Skip, r.Err = false, fmt.Errorf("decode SQS record %d: %w", m.number, err)
		}
		r.Native = m
	}
	return records, nil
}

// encode names the messages that the queue has to keep.
func (s SQS) encode(records []run.Record, results []run.Result) ([]byte, error) {
	var kept []string
	for i, r := range results {
		if r.Outcome == run.Retry {
			kept = append(kept, records[i].Native.(*sqsMessage).id)
		}
	}
	if kept == nil {
		return []byte(nothingFailed), nil
	}
	return json.Marshal(failures(kept...))
}

func (s SQS) event(m *sqsMessage) (event.Event, error) {
	var sent time.Time
	if m.sent != "" {
		ms, err := strconv.ParseInt(m.sent, 10, 64)
		if err != nil {
			return event.Event{}, fmt.Errorf("attribute SentTimestamp: %w", err)
		}
		sent = time.UnixMilli(ms)
	}
	message := portable.Message{
		Source:       m.arn,
		ID:           m.id,
		Name:         s.Queue,
		Time:         sent,
		ContentType:  m.contentType,
		Content:      s.Content,
		Body:         m.body,
		PartitionKey: m.group,
		TraceParent:  m.traceParent,
		TraceState:   m.traceState,
	}
	return message.Event(portable.Queue)
}
