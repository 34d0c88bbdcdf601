package openwhisk

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/testkit/logged"
)

// A handler that changes its event changes it for nobody else: the next try has
// it as it came, and so has the log, even while a handler that does not return
// still changes it.
func TestTriggerEventIsKept(t *testing.T) {
	for name, test := range map[string]struct {
		source Trigger
		value  string
		want   string // ID, subject, data
	}{
		"CloudEvent": {Trigger{Type: "com.example.order.placed", Retries: 1}, fired, `e1 A-1001 {"n":9007199254740993}`},
		"message":    {Trigger{Topic: "orders", Retries: 1}, `{"n":9007199254740993,"__ow_headers":{"a":"b"}}`, `4479 orders {"n":9007199254740993}`},
	} {
		for _, late := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", late ", late), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					log := logged.JSON(t)
					var tries atomic.Int64
					h := fn.HandlerFunc(func(_ context.Context, e fn.Event) (*fn.Event, error) {
						if got := fmt.Sprintf("%s %s %s", e.ID(), e.Subject(), e.Data()); got != test.want {
							t.Errorf("try %d: %s, want %s", tries.Load(), got, test.want)
						}
						e.SetID("changed")
						e.SetSubject("changed")
						clear(e.Data())
						if tries.Add(1) == 2 && late {
							time.Sleep(time.Hour)
							clear(e.Data())
						}
						return nil, errors.New("no stock")
					})
					Handler(h, test.source).Invoke(t.Context(), line(test.value, time.Now().Add(time.Minute)))
					time.Sleep(time.Hour) // for the handler that is late
					synctest.Wait()
					if tries.Load() != 2 {
						t.Errorf("%d tries", tries.Load())
					}
					for _, part := range strings.Fields(test.want) {
						if !strings.Contains(strings.ReplaceAll(log.String(), `\`, ""), part) {
							t.Errorf("the log lacks %s:\n%s", part, log)
						}
					}
				})
			})
		}
	}
}
