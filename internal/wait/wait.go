// Package wait waits as long as there is time.
package wait

import (
	"context"
	"time"
)

// For waits and reports whether there is time left after it. Where the context
// ends before that it does not wait for the end.
func For(ctx context.Context, d time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= d {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
