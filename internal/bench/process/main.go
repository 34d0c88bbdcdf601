// Command process measures whole programs under the platforms' protocols, each
// beside its rival, and prints a Markdown table.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

func main() {
	only := flag.String("only", "", "measure the rows that contain this `text`, such as \"instructions\" or \"SQS ×10\"")
	rounds := flag.Int("rounds", 5, "measurements, of which the table has the medians")
	events := flag.Int("events", 1000, "events of a measurement, 20 at least; instructions are counted of half as many")
	flag.Parse()
	run(os.Stdout, *only, *rounds, *events)
}

func run(stdout io.Writer, only string, rounds, events int) {
	dir, err := os.MkdirTemp("", "bench-")
	check(err)
	defer os.RemoveAll(dir)
	fmt.Fprint(stdout, "| whole processes | fngen | rival | ratio | goal |\n|---|--:|--:|--:|--:|\n")
	for _, r := range slices.Concat(programs(dir, events), collections(dir), commands(dir), []row{saves(dir)}) {
		if strings.Contains(r.name, only) {
			r.measure(stdout, rounds)
		}
	}
}

// check ends the command, which prints nothing that is not true.
func check(err error) {
	if err != nil {
		panic(err)
	}
}

// A row compares a value of fngen's with its rival's.
type row struct {
	name, format, goal string
	once               bool // the values are always the same
	fngen, rival       func() float64
}

// measure measures both in turns, so that what else the machine does meets
// both. The ratio is the median of those of each round.
func (r row) measure(stdout io.Writer, rounds int) {
	if r.once {
		rounds = 1
	}
	var fngen, rival, ratio []float64
	for i := range rounds {
		fngen, rival = append(fngen, r.fngen()), append(rival, r.rival())
		ratio = append(ratio, fngen[i]/rival[i])
	}
	fmt.Fprintf(stdout, "| %s | "+r.format+" | "+r.format+" | %.2f | %s |\n", r.name, median(fngen), median(rival), median(ratio), r.goal)
}

func median(values []float64) float64 { return slices.Sorted(slices.Values(values))[len(values)/2] }
