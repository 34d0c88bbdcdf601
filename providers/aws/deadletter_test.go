package aws

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/internal/testkit/logged"
)

// letterbox is a sink for dead letters.
type letterbox struct {
	refuses bool // everything, for good
	letters []event.Event
}

func (l *letterbox) Declared() (string, string) { return "letters", "" }

func (l *letterbox) Send(_ context.Context, events []event.Event) []error {
	if l.refuses {
		return []error{fn.Permanent(errors.New("too large"))}
	}
	l.letters = append(l.letters, events...)
	return nil
}

// At the last receive that the queue permits, the failing head of a FIFO group
// goes to the dead letters, so that its group goes on; before that, and in a
// standard queue, the queue delivers it again and then has its own policy.
func TestLastReceive(t *testing.T) {
	for _, test := range []struct {
		queue    string
		received int
		want     string // the answer
		letters  int
	}{
		{"orders.fifo", 5, `{"batchItemFailures":[]}`, 1},
		{"orders.fifo", 4, `{"batchItemFailures":[{"itemIdentifier":"1"},{"itemIdentifier":"2"}]}`, 0},
		{"orders", 5, `{"batchItemFailures":[{"itemIdentifier":"1"}]}`, 0},
	} {
		box := &letterbox{}
		src := SQS{Queue: "orders", Receives: 5, DeadLetter: emit.DeadLetters("/shop/confirm", box)}
		payload := `{"Records":[`
		for id := 1; id <= 2; id++ {
			payload += fmt.Sprintf(`{"messageId":"%d","eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:eu-west-1:123456789012:%s","body":"{}",
				"attributes":{"ApproximateReceiveCount":"%d","MessageGroupId":"g"},"messageAttributes":{}},`, id, test.queue, test.received)
		}
		payload = payload[:len(payload)-1] + `]}`
		h := fn.On(func(ctx context.Context, _ []byte) error {
			if d, _ := fn.DeliveryFrom(ctx); d.NativeID == "1" {
				return errors.New("no stock")
			}
			return nil
		})
		answer, err := Handler(h, src).Invoke(t.Context(), []byte(payload))
		if err != nil || string(answer) != test.want || len(box.letters) != test.letters {
			t.Errorf("%s, receive %d: %s, error %v, %d letters; want %s and %d", test.queue, test.received, answer, err, len(box.letters), test.want, test.letters)
		}
	}
}

// A message whose dead letter is refused for good stays in its queue, and an
// asynchronous event fails, so that the platform's own policy keeps it whole.
func TestRefusedLetter(t *testing.T) {
	for _, test := range []struct {
		source          func(*emit.DeadLetter) Source
		payload, answer string
		fails           string
	}{
		{func(d *emit.DeadLetter) Source { return SQS{Queue: "orders", DeadLetter: d} },
			batch(message("orders", "m", "no JSON", "", "")), `{"batchItemFailures":[{"itemIdentifier":"m"}]}`, ""},
		{func(d *emit.DeadLetter) Source { return SNS{Topic: "orders", DeadLetter: d} },
			batch(notified("m", "no JSON", "")), "", "SNS record 1 (m): decode data"},
		{func(d *emit.DeadLetter) Source { return EventBridge{DeadLetter: d} },
			`{"id":"m","detail-type":"t","source":"s","detail":"no object"}`, "", "EventBridge event m: decode data"},
	} {
		log := logged.Text(t)
		box := &letterbox{refuses: true}
		h := fn.On(func(context.Context, struct{}) error { return nil })
		answer, err := Handler(h, test.source(emit.DeadLetters("/shop/confirm", box))).Invoke(t.Context(), []byte(test.payload))
		if string(answer) != test.answer || (err != nil) != (test.fails != "") || err != nil && !strings.HasPrefix(err.Error(), test.fails) {
			t.Errorf("answer %s, error %v", answer, err)
		}
		if strings.Contains(log.String(), "event dropped") || !strings.Contains(log.String(), "dead letter not written") {
			t.Errorf("log %s", log)
		}
	}
}
