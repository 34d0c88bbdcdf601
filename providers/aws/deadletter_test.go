package aws

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
)

// letterbox is a sink for dead letters.
type letterbox struct{ letters []event.Event }

func (l *letterbox) Declared() (string, string) { return "letters", "" }

func (l *letterbox) Send(_ context.Context, events []event.Event) []error {
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
