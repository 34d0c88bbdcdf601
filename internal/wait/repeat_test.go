package wait

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// A call is made again while its failure may pass, seven times in all, with waits
// that grow, and never beyond the time that there is.
func TestRepeat(t *testing.T) {
	failed := errors.New("throttled")
	for name, test := range map[string]struct {
		passing int // failures before the last
		last    error
		given   time.Duration // 0 for no end
		calls   int
		want    error
		atMost  time.Duration
	}{
		"at once":       {0, nil, 0, 1, nil, 0},
		"refused":       {0, failed, 0, 1, failed, 0},
		"soon":          {3, nil, 0, 4, nil, 350 * time.Millisecond},
		"then refused":  {2, failed, 0, 3, failed, 150 * time.Millisecond},
		"never":         {100, nil, 0, 7, failed, 3150 * time.Millisecond},
		"out of time":   {100, nil, 60 * time.Millisecond, 2, failed, 60 * time.Millisecond},
		"no time to be": {100, nil, 10 * time.Millisecond, 1, failed, 10 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx := t.Context()
			if test.given > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, test.given)
				defer cancel()
			}
			start, calls := time.Now(), 0
			err := Repeat(ctx, func(ctx context.Context) (bool, error) {
				if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > 10*time.Second {
					t.Errorf("%s: a call without an end", name)
				}
				if calls++; calls <= test.passing {
					return true, failed
				}
				return false, test.last
			})
			took := time.Since(start)
			if !errors.Is(err, test.want) || calls > test.calls || calls < test.calls && test.given == 0 || took > test.atMost || calls > 4 && took < test.atMost/2 {
				t.Errorf("%s: %v after %d calls and %v", name, err, calls, took)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	err := Repeat(ctx, func(context.Context) (bool, error) {
		calls++
		cancel()
		return true, failed
	})
	if err != failed || calls != 1 {
		t.Errorf("cancelled: %v after %d calls", err, calls)
	}
}
