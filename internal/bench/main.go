// Command bench measures the cost of one HTTP request on AWS Lambda, within the
// process, against the same handler behind aws-lambda-go-api-proxy and against
// a handler of events written by hand. It prints a Markdown table.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"time"
)

func main() {
	rounds := flag.Int("rounds", 41, "measurements of each subject, of which the table has the medians")
	requests := flag.Int("requests", 10_000, "requests of a measurement")
	flag.Parse()
	if err := run(os.Stdout, *rounds, *requests); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// A sample is the cost of one request.
type sample struct{ ns, allocs, bytes float64 }

// run prints a table for one CPU, which is what a function of up to 1,769 MB
// has at most, and one for those of this machine.
//
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
func run(stdout io.Writer, rounds, requests int) error {
	payload, err := request()
	if err != nil {
		return err
	}
	ctx, cancel := invocation()
	defer cancel()
	all := subjects()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, cpus := range []int{1, runtime.NumCPU()} {
		runtime.GOMAXPROCS(cpus)
		samples := make([][]sample, len(all))
		for range rounds { // in turns, so that what else the machine does meets all of them
			for i, s := range all {
				one, err := measure(ctx, s, payload, requests)
				if err != nil {
					return fmt.Errorf("%s: %w", s.name, err)
				}
				samples[i] = append(samples[i], one)
			}
		}
		fmt.Fprintf(stdout, "\nGOMAXPROCS=%d:\n\n", cpus)
		table(stdout, all, samples)
	}
	return nil
}

func measure(ctx context.Context, s subject, payload []byte, requests int) (sample, error) {
	runtime.GC() // of what the subject before has left
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	for range requests {
		if _, err := s.handler.Invoke(ctx, payload); err != nil {
			return sample{}, err
		}
	}
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	n := float64(requests)
	return sample{float64(took.Nanoseconds()) / n, float64(after.Mallocs-before.Mallocs) / n, float64(after.TotalAlloc-before.TotalAlloc) / n}, nil
}

// rival is the index of the subject that the others are compared with.
const rival = 1

// table prints the medians. The share of the rival's time is the median of the
// shares in each round, whose measurements lie next to each other.
func table(w io.Writer, all []subject, samples [][]sample) {
	fmt.Fprintln(w, "| | ns per request | of httpadapter | allocations | bytes |")
	fmt.Fprintln(w, "|---|--:|--:|--:|--:|")
	for i, s := range all {
		of := func(value func(round int) float64) float64 { return median(len(samples[i]), value) }
		fmt.Fprintf(w, "| %s | %.0f | %.2f | %.0f | %.0f |\n", s.name,
			of(func(round int) float64 { return samples[i][round].ns }),
			of(func(round int) float64 { return samples[i][round].ns / samples[rival][round].ns }),
			of(func(round int) float64 { return samples[i][round].allocs }),
			of(func(round int) float64 { return samples[i][round].bytes }))
	}
}

// median returns the middle one of the values of n rounds.
func median(n int, value func(round int) float64) float64 {
	values := make([]float64, n)
	for round := range values {
		values[round] = value(round)
	}
	slices.Sort(values)
	return values[n/2]
}
