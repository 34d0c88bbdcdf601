// Command build measures fngen build on an application of many functions,
// against go build run for each of them. It prints a Markdown table.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
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

// A cost is what a way to build took.
type cost struct{ wall, cpu time.Duration }

// A way builds all functions of the application.
type way struct {
	name  string
	build func(*app) (cost, error)
}

// ways are taken in this order in each round: the last one finds what the one
// before it has left. In all of them the Go command's cache has every compiled
// package, and nothing is linked before.
var ways = []way{
	{"`go build`, one by one", (*app).oneByOne},
	{"`fngen build`, nothing kept", (*app).cold},
	{"`fngen build`, nothing changed", (*app).unchanged},
}

func run(stdout io.Writer, functions, rounds int) error {
	dir, err := os.MkdirTemp("", "fngen-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	a, err := newApp(dir, functions)
	if err != nil {
		return err
	}
	costs := make([][]cost, len(ways))
	for range rounds { // in turns, so that what else the machine does meets all of them
		for i, w := range ways {
			c, err := w.build(a)
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
func table(w io.Writer, costs [][]cost) {
	fmt.Fprintln(w, "| | seconds | of the way above | CPU seconds | of the way above |")
	fmt.Fprintln(w, "|---|--:|--:|--:|--:|")
	for i, way := range ways {
		of := func(value func(round int) float64) float64 { return median(len(costs[i]), value) }
		wall := func(way, round int) float64 { return costs[way][round].wall.Seconds() }
		cpu := func(way, round int) float64 { return costs[way][round].cpu.Seconds() }
		before := max(i-1, 0)
		fmt.Fprintf(w, "| %s | %.2f | %.3f | %.2f | %.3f |\n", way.name,
			of(func(round int) float64 { return wall(i, round) }), of(func(round int) float64 { return wall(i, round) / wall(before, round) }),
			of(func(round int) float64 { return cpu(i, round) }), of(func(round int) float64 { return cpu(i, round) / cpu(before, round) }))
	}
}

func median(n int, value func(round int) float64) float64 {
	values := make([]float64, n)
	for round := range values {
		values[round] = value(round)
	}
	slices.Sort(values)
	return values[n/2]
}

// An app is a generated application.
type app struct {
	dir, bin, fngen string
	entrypoints     []string
}

// goEnv and goFlags are those with which fngen builds for AWS Lambda.
var (
	goEnv   = []string{"GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=", "GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT="}
	goFlags = []string{"-trimpath", "-mod=readonly", "-tags=lambda.norpc", "-buildvcs=false", "-ldflags=-s -w -buildid="}
)

func (a *app) oneByOne() (cost, error) {
	if err := os.RemoveAll(a.bin); err != nil {
		return cost{}, err
	}
	var sum cost
	for _, e := range a.entrypoints {
		c, err := measure(a.dir, goEnv, "go", append(append([]string{"build"}, goFlags...), "-o", a.bin+string(filepath.Separator), "./"+e)...)
		if err != nil {
			return sum, err
		}
		sum.wall += c.wall
		sum.cpu += c.cpu
	}
	return sum, nil
}

func (a *app) cold() (cost, error) {
	for _, name := range []string{a.cache(), filepath.Join(a.dir, "dist")} {
		if err := os.RemoveAll(name); err != nil {
			return cost{}, err
		}
	}
	return a.unchanged()
}

func (a *app) unchanged() (cost, error) {
	return measure(a.dir, []string{"FNGEN_CACHE=" + a.cache()}, a.fngen, "build", "--target=aws")
}

func (a *app) cache() string { return filepath.Join(a.dir, ".cache") }

// measure runs the command in the folder.
func measure(dir string, env []string, name string, args ...string) (cost, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), env...), "PWD="+dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return cost{}, fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, stderr.Bytes())
	}
	return cost{time.Since(start), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}, nil
}
