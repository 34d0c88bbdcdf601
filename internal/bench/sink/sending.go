package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"syscall"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
)

// A way is one of sending an event.
type way struct {
	name    string
	handler fn.Handler
}

// compare prints the CPU time of one event each way, as a share of the last's.
func compare(stdout io.Writer, service string, rounds, calls int, ways []way) error {
	cpu, allocs := map[string][]float64{}, map[string][]float64{}
	for range rounds { // in turns
		for _, w := range ways {
			runtime.GC()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := used()
			for range calls {
				if _, err := w.handler.Handle(context.Background(), input()); err != nil {
					return fmt.Errorf("%s: %w", w.name, err)
				}
			}
			cpu[w.name] = append(cpu[w.name], (used()-start)/float64(calls))
			runtime.ReadMemStats(&after)
			allocs[w.name] = append(allocs[w.name], float64(after.Mallocs-before.Mallocs)/float64(calls))
		}
	}
	fmt.Fprintf(stdout, "\n| one event to %s | µs CPU | of hand-written | allocations |\n|---|--:|--:|--:|\n", service)
	last := median(cpu[ways[len(ways)-1].name])
	for _, w := range ways {
		fmt.Fprintf(stdout, "| %s | %.0f | %.2f | %.0f |\n", w.name, median(cpu[w.name]), median(cpu[w.name])/last, median(allocs[w.name]))
	}
	return nil
}

func input() event.Event {
	e := event.New()
	e.SetID("17")
	e.SetSource("/orders")
	e.SetType("com.example.order.placed")
	return e
}

func confirmed() (event.Event, error) {
	e := event.New()
	e.SetType("com.example.order.confirmed")
	return e, e.SetData(event.ApplicationJSON, map[string]any{"order": "17", "total": 4200, "currency": "EUR"})
}

func emits(ctx context.Context, _ event.Event) (*event.Event, error) {
	e, err := confirmed()
	if err != nil {
		return nil, err
	}
	return nil, fn.Emit(ctx, e)
}

// used is the CPU time of this process in microseconds.
func used() float64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // this process always has one
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e3
}
