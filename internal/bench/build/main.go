// Command build measures fngen build on an application of many functions,
// against go build run for each of them. It prints a Markdown table.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/fngen/fngen/internal/bench/app"
	"github.com/fngen/fngen/internal/bench/program"
	"github.com/fngen/fngen/internal/bench/stat"
)

func main() {
	functions := flag.Int("functions", 50, "functions of the application")
	rounds := flag.Int("rounds", 5, "measurements of each way, of which the table has the medians")
	flag.Parse()
	if err := run(os.Stdout, *functions, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}

// A way builds all functions of the application.
type way struct {
	name  string
	build func(*build) (program.Cost, error)
}

// ways are taken in this order in each round: the last one finds what the one
// before it has left. In all of them the Go command's cache has every compiled
// package, and nothing is linked before.
var ways = []way{
	{"`go build`, one by one", (*build).oneByOne},
	{"`fngen build`, nothing kept", (*build).cold},
	{"`fngen build`, nothing changed", func(b *build) (program.Cost, error) { return b.Build() }},
}

func run(stdout io.Writer, functions, rounds int) error {
	dir, err := os.MkdirTemp("", "fngen-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b, err := newBuild(dir, functions)
	if err != nil {
		return err
	}
	costs := make([][]program.Cost, len(ways))
	for range rounds { // in turns, so that what else the machine does meets all of them
		for i, w := range ways {
			c, err := w.build(b)
			if err != nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
			costs[i] = append(costs[i], c)
		}
	}
	table(stdout, costs)
	return nil
}

// table prints the medians. A share of the time of the way before is the median
// of the shares in each round, whose measurements lie next to each other.
func table(w io.Writer, costs [][]program.Cost) {
	fmt.Fprintln(w, "| | seconds | of the way above | CPU seconds | of the way above |")
	fmt.Fprintln(w, "|---|--:|--:|--:|--:|")
	for i, way := range ways {
		of := func(value func(round int) float64) float64 { return stat.Of(len(costs[i]), value) }
		wall := func(way, round int) float64 { return costs[way][round].Wall.Seconds() }
		cpu := func(way, round int) float64 { return costs[way][round].CPU.Seconds() }
		before := max(i-1, 0)
		fmt.Fprintf(w, "| %s | %.2f | %.3f | %.2f | %.3f |\n", way.name,
			of(func(round int) float64 { return wall(i, round) }), of(func(round int) float64 { return wall(i, round) / wall(before, round) }),
			of(func(round int) float64 { return cpu(i, round) }), of(func(round int) float64 { return cpu(i, round) / cpu(before, round) }))
	}
}

// A build is the building of an application.
type build struct {
	*app.App
	bin string // where go build writes to
}

// newBuild writes an application of n functions into the folder, and compiles
// all of its packages without keeping what is linked.
func newBuild(dir string, n int) (*build, error) {
	a, err := app.New(dir, n, "aws")
	if err != nil {
		return nil, err
	}
	b := &build{a, filepath.Join(a.Dir, "..", "bin")}
	_, err = b.goBuild("./entrypoints/aws/...")
	return b, err
}

func (b *build) goBuild(pattern string) (program.Cost, error) {
	env := append([]string{"GOOS=linux", "GOARCH=arm64"}, program.Env...)
	return program.Run(b.Dir, env, "go", slices.Concat([]string{"build"}, program.Flags, []string{"-o", b.bin + string(filepath.Separator), pattern})...)
}

func (b *build) oneByOne() (program.Cost, error) {
	if err := os.RemoveAll(b.bin); err != nil {
		return program.Cost{}, err
	}
	var sum program.Cost
	for _, e := range b.Entrypoints {
		c, err := b.goBuild("./" + e)
		if err != nil {
			return sum, err
		}
		sum.Wall += c.Wall
		sum.CPU += c.CPU
	}
	return sum, nil
}

func (b *build) cold() (program.Cost, error) {
	for _, name := range []string{b.Cache(), filepath.Join(b.Dir, "dist")} {
		if err := os.RemoveAll(name); err != nil {
			return program.Cost{}, err
		}
	}
	return b.Build()
}
