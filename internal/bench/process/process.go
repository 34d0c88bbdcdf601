// Package process measures whole programs beside their rivals: what they cost
// under the platforms' own protocols, how large they are, how they start, and
// how fast fngen is itself.
package process

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/fngen/fngen/internal/bench/stat"
)

// Options say what is measured, and how often.
type Options struct {
	Rounds int    // measurements of each subject, of which the table has the medians
	Calls  int    // events of a measurement; some take a multiple or a part
	Only   string // measures what contains this text; "" measures all
}

// Run prints a table.
func Run(stdout io.Writer, o Options) error {
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := built{dir: dir, files: map[string]string{}}
	all := slices.Concat(onLambda(b, o.Calls), onOpenWhisk(b, o.Calls), onGoogle(b, o.Calls), generating(dir), zipping(b))
	titled := false
	for _, c := range all {
		if c.quantities = slices.DeleteFunc(c.quantities, func(q quantity) bool { return !strings.Contains(q.what, o.Only) }); len(c.quantities) == 0 {
			continue
		}
		if !titled {
			fmt.Fprint(stdout, "\nWhole processes:\n\n| what | how | value | of the rival | goal |\n|---|---|--:|--:|--:|\n")
			titled = true
		}
		if err := c.run(stdout, o.Rounds); err != nil {
			return err
		}
	}
	return nil
}

// A comparison measures quantities of several subjects in turns.
type comparison struct {
	quantities []quantity
	subjects   []subject // fngen first, the rival last
	most       int       // rounds at most, where one takes long; 0 for any number
}

// A quantity is a line of the table for each subject.
type quantity struct {
	what string
	unit unit
	goal string // for fngen: a share of the rival's, or a value with its unit; "" for none
}

// A sample is what a measurement of a subject found. Which of it is set depends
// on the comparison.
type sample struct {
	cpu, latency float64 // µs
	wall         float64 // s
	rate         float64 // of requests a second
	size         float64 // MB
	instructions float64 // millions
}

// A unit is what is shown of a sample.
type unit struct {
	format string
	value  func(sample) float64
}

var (
	cpu          = unit{"%.1f µs", func(s sample) float64 { return s.cpu }}
	latency      = unit{"%.0f µs", func(s sample) float64 { return s.latency }}
	wall         = unit{"%.3f s", func(s sample) float64 { return s.wall }}
	rate         = unit{"%.0f /s", func(s sample) float64 { return s.rate }}
	size         = unit{"%.2f MB", func(s sample) float64 { return s.size }}
	instructions = unit{"%.2f million", func(s sample) float64 { return s.instructions }}
	thousands    = unit{"%.1f thousand", func(s sample) float64 { return 1000 * s.instructions }}
)

func micro(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }

// A subject is one way to do it.
type subject struct {
	how     string
	measure func() (sample, error)
}

// A missing tool is no failure of a measurement: the table says what it lacks.
type missing struct{ tool string }

func (m missing) Error() string { return m.tool + " is not installed" }

func (c comparison) run(stdout io.Writer, rounds int) error {
	if c.most > 0 {
		rounds = min(rounds, c.most)
	}
	samples := make([][]sample, len(c.subjects))
	for range rounds { // in turns, so that what else the machine does meets all of them
		for i, s := range c.subjects {
			one, err := s.measure()
			if m, ok := errors.AsType[missing](err); ok {
				for _, q := range c.quantities {
					fmt.Fprintf(stdout, "| %s | %s |  |  | %s |\n", q.what, m, q.goal)
				}
				return nil
			}
			if err != nil {
				return fmt.Errorf("%s: %s: %w", c.quantities[0].what, s.how, err)
			}
			samples[i] = append(samples[i], one)
		}
	}
	c.rows(stdout, samples)
	return nil
}

// rows prints the medians. The share of the rival's value is the median of the
// shares in each round, whose measurements lie next to each other.
func (c comparison) rows(w io.Writer, samples [][]sample) {
	rival := samples[len(samples)-1]
	for _, q := range c.quantities {
		what, goal := q.what, q.goal
		for i, s := range c.subjects {
			of := func(value func(round int) float64) float64 { return stat.Of(len(samples[i]), value) }
			share := ""
			if len(samples) > 1 {
				share = fmt.Sprintf("%.2f", of(func(round int) float64 { return q.unit.value(samples[i][round]) / q.unit.value(rival[round]) }))
			}
			value := fmt.Sprintf(q.unit.format, of(func(round int) float64 { return q.unit.value(samples[i][round]) }))
			fmt.Fprintf(w, "| %s | %s | %s | %s | %s |\n", what, s.how, value, share, goal)
			what, goal = "", ""
		}
	}
}
