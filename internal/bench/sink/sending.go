package main

import (
	"context"
	"fmt"
	"io"
	"runtime"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/bench/program"
	"github.com/fngen/fngen/internal/bench/stat"
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
			used, err := program.CPU(0)
			if err != nil {
				return err
			}
			for range calls {
				if _, err := w.handler.Handle(context.Background(), input()); err != nil {
					return fmt.Errorf("%s: %w", w.name, err)
				}
			}
			end, err := program.CPU(0)
			if err != nil {
				return err
			}
			cpu[w.name] = append(cpu[w.name], float64((end-used).Nanoseconds())/1e3/float64(calls))
			runtime.ReadMemStats(&after)
			allocs[w.name] = append(allocs[w.name], float64(after.Mallocs-before.Mallocs)/float64(calls))
		}
	}
	fmt.Fprintf(stdout, "\n| one event to %s | µs CPU | of hand-written | allocations |\n|---|--:|--:|--:|\n", service)
	last := stat.Median(cpu[ways[len(ways)-1].name])
	for _, w := range ways {
		fmt.Fprintf(stdout, "| %s | %.0f | %.2f | %.0f |\n", w.name, stat.Median(cpu[w.name]), stat.Median(cpu[w.name])/last, stat.Median(allocs[w.name]))
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
