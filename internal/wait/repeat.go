package wait

import (
	"context"
	"math/rand/v2"
	"time"
)

// Repeat makes a call to a service, and makes it again while its failure may
// pass, as throttling, a server's error and a lost answer do: after waits that
// grow, as long as there is time, and at most six times.
func Repeat(ctx context.Context, call func(context.Context) (passing bool, err error)) error {
	const (
		tries   = 7
		first   = 50 * time.Millisecond
		longest = 2 * time.Second
		answer  = 10 * time.Second // of one call
	)
	for try := range tries {
		once, cancel := context.WithTimeout(ctx, answer)
		passing, err := call(once)
		cancel()
		if err == nil || !passing || try == tries-1 || ctx.Err() != nil {
			return err
		}
		pause := min(first<<try, longest)
		if !For(ctx, pause/2+rand.N(pause/2)) {
			return err
		}
	}
	return nil
}
