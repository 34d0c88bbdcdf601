package aws

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/testkit/logged"
)

// reported is the answer that names the messages.
func reported(ids ...string) string {
	items := make([]string, len(ids))
	for i, id := range ids {
		items[i] = fmt.Sprintf(`{"itemIdentifier":%q}`, id)
	}
	return `{"batchItemFailures":[` + strings.Join(items, ",") + `]}`
}

// The answer to a batch names what has to come again: on a queue each message,
// in a FIFO queue the rest of its group too, on a stream the first in order
// alone. The data of an event says what its handler does.
func TestBatchAnswers(t *testing.T) {
	const undecodable = "undecodable"
	queued := func(queue string) func(int, string) string {
		return func(i int, does string) string {
			body := does
			group := does[:1]
			attributes := ""
			if does == undecodable {
				attributes = `"content-type":{"dataType":"String","stringValue":"application/cloudevents+json"}`
			}
			return message(queue, fmt.Sprint(i), body, fmt.Sprintf(`"MessageGroupId":%q`, group), attributes)
		}
	}
	inStream := func(i int, does string) string {
		if does == undecodable {
			return fmt.Sprintf(`{"eventSource":"aws:kinesis","kinesis":{"sequenceNumber":"%d"}}`, i)
		}
		return streamed(fmt.Sprint(i), []byte(does))
	}
	inTable := func(i int, does string) string {
		if does == undecodable {
			return changed(fmt.Sprint(i), "INSERT", `"NewImage":{"does":{"X":""}}`)
		}
		return changed(fmt.Sprint(i), "INSERT", fmt.Sprintf(`"NewImage":{"does":{"S":%q}}`, does))
	}
	for _, test := range []struct {
		name                   string
		does                   []string // of records 8, 9, 10, …
		queue, fifo, inOrder   []string // what is reported
		queueIn, fifoIn, allIn int      // how many are handled
	}{
		{"none fails", []string{"a ok", "b ok", "a ok"}, nil, nil, nil, 3, 3, 3},
		{"one of many fails", []string{"a ok", "b ok", "a fails", "b ok"}, []string{"10"}, []string{"10"}, []string{"10"}, 4, 4, 3},
		{"interleaved groups", []string{"a ok", "b fails", "a fails", "b ok", "c ok", "a ok"}, []string{"9", "10"}, []string{"9", "10", "11", "13"}, []string{"9"}, 6, 4, 2},
		{"all fail", []string{"a fails", "b fails", "c fails"}, []string{"8", "9", "10"}, []string{"8", "9", "10"}, []string{"8"}, 3, 3, 1},
		{"a panic in the middle", []string{"a ok", "a panics", "b ok", "a ok"}, []string{"9"}, []string{"9", "11"}, []string{"9"}, 4, 3, 2},
		{"a deadline in the middle", []string{"a ok", "b waits", "c ok"}, []string{"9", "10"}, []string{"9", "10"}, []string{"9"}, 2, 2, 2},
		{"a handler that ignores it", []string{"a ok", "b hangs", "c ok"}, []string{"9", "10"}, []string{"9", "10"}, []string{"9"}, 2, 2, 2},
		{"an undecodable record", []string{"a ok", undecodable, "u ok", "b ok"}, []string{"9"}, []string{"9", "10"}, []string{"9"}, 3, 2, 1},
		{"a permanent failure", []string{"a ok", "a never", "a ok"}, []string{"9"}, []string{"9", "10"}, []string{"9"}, 3, 2, 2},
	} {
		for _, by := range []struct {
			source  Source
			record  func(int, string) string
			want    []string
			handled int
		}{
			{SQS{Queue: "q"}, queued("q"), test.queue, test.queueIn},
			{SQS{Queue: "q"}, queued("q.fifo"), test.fifo, test.fifoIn},
			{Kinesis{Stream: "s"}, inStream, test.inOrder, test.allIn},
			{DynamoDB{Collection: "c"}, inTable, test.inOrder, test.allIn},
		} {
			logged.Text(t)
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				defer cancel()
				release := make(chan struct{})
				defer close(release)
				var handled atomic.Int64 // a handler may outlive its answer
				h := fn.HandlerFunc(func(ctx context.Context, e fn.Event) (*fn.Event, error) {
					handled.Add(1)
					switch does := string(e.Data()); {
					case strings.Contains(does, "fails"):
						return nil, errors.New("passing trouble")
					case strings.Contains(does, "never"):
						return nil, fn.Permanent(errors.New("never"))
					case strings.Contains(does, "panics"):
						panic("in the middle")
					case strings.Contains(does, "waits"):
						<-ctx.Done()
						return nil, ctx.Err()
					case strings.Contains(does, "hangs"):
						<-release
					}
					return nil, nil
				})
				var records []string
				for i, does := range test.does {
					records = append(records, by.record(i+8, does))
				}
				answer, err := Handler(h, by.source).Invoke(ctx, []byte(batch(records...)))
				if err != nil || string(answer) != reported(by.want...) {
					t.Errorf("%s, %T: answer %s, want %s, error %v", test.name, by.source, answer, reported(by.want...), err)
				}
				if ctx.Err() != nil {
					t.Errorf("%s, %T: answered after the deadline", test.name, by.source)
				}
				if n := int(handled.Load()); n != by.handled {
					t.Errorf("%s, %T: %d handled, want %d", test.name, by.source, n, by.handled)
				}
			})
		}
	}
}

// With deadletter none what can never succeed is passed over, and the order
// goes on behind it.
func TestStreamGoesOnWithoutDeadLetter(t *testing.T) {
	log := logged.Text(t)
	h := func(e fn.Event) error {
		if strings.HasSuffix(e.ID(), "2") {
			return fn.Permanent(errors.New("never"))
		}
		return nil
	}
	for source, payload := range map[Source]string{
		Kinesis{Stream: "s", NoDeadLetter: true}:       batch(streamed("1", nil), streamed("2", nil), streamed("3", nil)),
		&DynamoDB{Collection: "c", NoDeadLetter: true}: batch(changed("1", "REMOVE", ""), changed("2", "REMOVE", ""), changed("3", "REMOVE", "")),
	} {
		r := &recorder{answer: h}
		answer, err := invoke(t, source, r, payload)
		if err != nil || answer != noFailures || len(r.events) != 3 {
			t.Errorf("%T: answer %s, %d events, error %v", source, answer, len(r.events), err)
		}
	}
	if n := strings.Count(log.String(), "event dropped"); n != 2 {
		t.Errorf("%d events logged whole, want 2", n)
	}
}

// Sequence numbers are longer than any integer and compare by value.
func TestLowestSequenceNumber(t *testing.T) {
	numbers := []string{"100", "99", "0100", "49568167373333333333333333333333333333333333333333333333", "0", "7"}
	slices.SortStableFunc(numbers, func(a, b string) int {
		switch {
		case lessNumber(a, b):
			return -1
		case lessNumber(b, a):
			return 1
		}
		return 0
	})
	if got, want := strings.Join(numbers, " "), "0 7 99 100 0100 49568167373333333333333333333333333333333333333333333333"; got != want {
		t.Errorf("sorted: %s, want %s", got, want)
	}
	logged.Text(t)
	r := &recorder{answer: func(fn.Event) error { return errors.New("passing trouble") }}
	answer, err := invoke(t, Kinesis{Stream: "s"}, r, batch(streamed("100", nil), streamed("99", nil), streamed("101", nil)))
	if err != nil || answer != reported("99") {
		t.Errorf("answer %s, error %v", answer, err)
	}
}
