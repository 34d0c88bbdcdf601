// Command bench measures what fngen's path costs against the code that people
// write by hand and against its peers: within this process first, then of whole
// programs. It prints Markdown tables.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/fngen/fngen/internal/bench/process"
	"github.com/fngen/fngen/internal/bench/stat"
)

func main() {
	rounds := flag.Int("rounds", 41, "measurements of each subject, of which the table has the medians")
	took := flag.Duration("time", 20*time.Millisecond, "the time of a measurement within the process")
	calls := flag.Int("calls", 2000, "events in a measurement of a whole program")
	only := flag.String("only", "", "measure what contains this `text`")
	flag.Parse()
	err := run(os.Stdout, *rounds, *took, *only)
	if err == nil {
		err = process.Run(os.Stdout, process.Options{Rounds: *rounds, Calls: *calls, Only: *only})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// A comparison is one piece of work, done in several ways.
type comparison struct {
	what     string
	time     float64   // the goal, as a share of the rival's
	allocs   float64   // the goal; 0 for none
	subjects []subject // fngen first, then the rival
}

// A subject is one way to do it.
type subject struct {
	name string
	run  func() (answer []byte, err error)
}

func comparisons() ([]comparison, error) {
	http, err := httpOnLambda()
	if err != nil {
		return nil, err
	}
	google, err := eventOnGoogle()
	if err != nil {
		return nil, err
	}
	lambda, err := eventsOnLambda()
	if err != nil {
		return nil, err
	}
	codec, err := structuredMode()
	if err != nil {
		return nil, err
	}
	return slices.Concat(lambda, []comparison{http, google}, codec, typedData()), nil
}

// A sample is the cost of one call.
type sample struct{ ns, allocs, bytes float64 }

// run prints a table for one CPU, which is what a function of up to 1,769 MB
// has at most, and one for those of this machine.
//
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
func run(stdout io.Writer, rounds int, took time.Duration, only string) error {
	all, err := comparisons()
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(c comparison) bool { return !strings.Contains(c.what, only) })
	if len(all) == 0 {
		return nil
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, cpus := range []int{1, runtime.NumCPU()} {
		runtime.GOMAXPROCS(cpus)
		fmt.Fprintf(stdout, "\nGOMAXPROCS=%d:\n\n", cpus)
		fmt.Fprintln(stdout, "| what | how | ns | of the rival | goal | allocations | bytes |")
		fmt.Fprintln(stdout, "|---|---|--:|--:|--:|--:|--:|")
		for _, c := range all {
			samples := make([][]sample, len(c.subjects))
			for range rounds { // in turns, so that what else the machine does meets all of them
				for i, s := range c.subjects {
					one, err := measure(s, took)
					if err != nil {
						return fmt.Errorf("%s: %s: %w", c.what, s.name, err)
					}
					samples[i] = append(samples[i], one)
				}
			}
			c.rows(stdout, samples)
		}
	}
	return nil
}

// measure calls the subject for about the time.
func measure(s subject, took time.Duration) (sample, error) {
	runtime.GC() // of what the subject before has left
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start, n := time.Now(), 0
	for time.Since(start) < took {
		for range 16 {
			if _, err := s.run(); err != nil {
				return sample{}, err
			}
		}
		n += 16
	}
	spent := time.Since(start)
	runtime.ReadMemStats(&after)
	calls := float64(n)
	return sample{float64(spent.Nanoseconds()) / calls, float64(after.Mallocs-before.Mallocs) / calls, float64(after.TotalAlloc-before.TotalAlloc) / calls}, nil
}

// rival is the index of the subject that the others are compared with.
const rival = 1

// rows prints the medians. The share of the rival's time is the median of the
// shares in each round, whose measurements lie next to each other.
func (c comparison) rows(w io.Writer, samples [][]sample) {
	for i, s := range c.subjects {
		of := func(value func(round int) float64) float64 { return stat.Of(len(samples[i]), value) }
		what, goal := c.what, fmt.Sprintf("%.2f", c.time)
		if i > 0 {
			what, goal = "", ""
		}
		fmt.Fprintf(w, "| %s | %s | %.0f | %.2f | %s | %.0f | %.0f |\n", what, s.name,
			of(func(round int) float64 { return samples[i][round].ns }),
			of(func(round int) float64 { return samples[i][round].ns / samples[rival][round].ns }), goal,
			of(func(round int) float64 { return samples[i][round].allocs }),
			of(func(round int) float64 { return samples[i][round].bytes }))
	}
}
