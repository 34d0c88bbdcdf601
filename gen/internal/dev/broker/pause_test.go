package broker

import (
	"context"
	"time"
)

// Pause has the function get nothing, and waits until what is out has its answer.
func (b *Broker) Pause(ctx context.Context, name string) error {
	set := func() {
		if f := b.functions[name]; f != nil {
			f.until = time.Now().Add(1000 * time.Hour)
		}
	}
	b.mu.Lock()
	set()
	b.mu.Unlock()
	return b.await(ctx, func() bool {
		set() // what is out may have found no process
		return b.out[name] == 0
	})
}

// Resume lets the function have deliveries again, at once.
func (b *Broker) Resume(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if f := b.functions[name]; f != nil {
		f.absent, f.until = 0, time.Time{}
	}
	b.hurry()
}
