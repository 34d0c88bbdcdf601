package openwhisk

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/testkit/logged"
)

// A long hint of one message leaves the others their time.
func TestHintLeavesTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		logged.JSON(t)
		done := 0
		h := fn.HandlerFunc(func(_ context.Context, e fn.Event) (*fn.Event, error) {
			if e.ID() == "0:1" {
				return nil, fn.RetryAfter(errors.New("busy"), 50*time.Second)
			}
			time.Sleep(4 * time.Second)
			done++
			return nil, nil
		})
		answer := Handler(h, Kafka{Queue: "orders", Retries: 2}).Invoke(t.Context(), line(`{"messages":[`+
			`{"topic":"orders","partition":0,"offset":1,"value":"e30="},`+
			`{"topic":"orders","partition":1,"offset":2,"value":"e30="},`+
			`{"topic":"orders","partition":0,"offset":3,"value":"e30="}]}`, time.Now().Add(time.Minute)))
		if done != 2 || string(answer) != `{"error":"1 of 3 events failed: Kafka message orders 0:1"}` {
			t.Errorf("%d done, answer %s", done, answer)
		}
	})
}
