package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	payload "github.com/fngen/fngen/internal/bench"
)

// programs builds the programs into the folder, as fngen build does, and
// returns their rows.
func programs(dir string, events int) []row {
	execute(".", "go", "build", "-trimpath", "-tags=lambda.norpc", "-buildvcs=false", "-ldflags=-s -w -buildid=",
		"-o", dir, "github.com/fngen/fngen/internal/bench/program/...")
	compare := func(name, format, goal string, once bool, fngen, rival string, value func(file string) float64) row {
		return row{name, format, goal, once,
			func() float64 { return value(filepath.Join(dir, fngen)) }, func() float64 { return value(filepath.Join(dir, rival)) }}
	}
	sqs, small, large := onLambda(payload.SQS(10), `{"batchItemFailures":[]}`, "null"), onOpenWhisk(payload.Activation(0)), onOpenWhisk(payload.Activation(2043))
	var counted, timed []row
	for _, p := range []struct {
		name, fngen, rival, instructions, cpu string // the last two are goals
		feed                                  feed
		events                                int
	}{
		{"Lambda SQS ×10", "sqs-fngen", "sqs-hand", "≤ 0.38", "≤ 0.70", sqs, events},
		{"Lambda S3 ×1", "s3-fngen", "s3-hand", "≤ 0.68", "≤ 0.95", onLambda(payload.S3, "null"), events},
		{"OpenWhisk 617 B", "openwhisk-fngen", "openwhisk-hand", "≤ 0.32", "≤ 0.45", small, events},
		{"OpenWhisk 617 B typed", "openwhisk-typed", "openwhisk-hand", "", "", small, events},
		{"OpenWhisk 66 KB", "openwhisk-fngen", "openwhisk-hand", "", "≤ 0.25", large, events / 10},
	} {
		counted = append(counted, compare(p.name+", instructions", "%.1f k", p.instructions, false, p.fngen, p.rival, each(instructions, p.feed, p.events/2)))
		timed = append(timed, compare(p.name+", CPU", "%.1f µs", p.cpu, false, p.fngen, p.rival, each(cpu, p.feed, p.events)))
	}
	counted = append(counted, compare("Lambda SQS start, instructions", "%.0f k", "≤ 1.45", false, "sqs-fngen", "sqs-hand",
		func(file string) float64 { return instructions(file, sqs, 0) }))
	var rate, p99 float64
	load := onGoogle(&rate, &p99)
	return append(append(counted, timed...),
		compare("Lambda SQS size", "%.2f MB", "≤ 1.13", true, "sqs-fngen", "sqs-hand", megabytes),
		compare("Google throughput", "%.0f /s", "≥ 0.90", false, "google-fngen", "google-hand", func(file string) float64 { fed(load, 20*events, nil, file); return rate }),
		compare("Google p99", "%.0f µs", "≤ 1.15", false, "google-fngen", "google-hand", func(file string) float64 { fed(load, 20*events, nil, file); return p99 }))
}

// A feed starts the command, has it handle n events as its platform would,
// checks the answers, and ends it.
type feed func(cmd *exec.Cmd, n int) error

// each measures an event: the start, and a tenth as many events before, are
// left out.
func each(value func(file string, f feed, n int) float64, f feed, n int) func(file string) float64 {
	first := n/10 + 1
	return func(file string) float64 { return (value(file, f, first+n) - value(file, f, first)) / float64(n) }
}

// instructions are thousands of the program's own, without the kernel's. On one
// thread, and without the signals that preempt goroutines, the number is almost
// the same each time.
func instructions(file string, f feed, n int) (count float64) {
	out := file + ".callgrind"
	fed(f, n, []string{"GOMAXPROCS=1", "GODEBUG=asyncpreemptoff=1"}, "valgrind", "--tool=callgrind", "--callgrind-out-file="+out, file)
	text, err := os.ReadFile(out) // written at the program's end
	check(err)
	_, total, _ := strings.Cut(string(text), "\ntotals: ")
	_, err = fmt.Sscan(total, &count)
	check(err)
	return count / 1e3
}

// cpu is the program's CPU time in µs, the kernel's part included.
func cpu(file string, f feed, n int) float64 {
	state := fed(f, n, nil, file)
	return float64((state.UserTime() + state.SystemTime()).Nanoseconds()) / 1e3
}

// fed runs the command, which is killed when it takes minutes.
func fed(f feed, n int, env []string, name string, args ...string) *os.ProcessState {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = env // the feed adds to it
	check(f(cmd, n))
	return cmd.ProcessState
}

// attend starts the command, does the work, and has the program end.
func attend(cmd *exec.Cmd, work func() error) error {
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	ended, done := make(chan struct{}), make(chan error, 1)
	go func() {
		_ = cmd.Wait() // how it ended is in the ProcessState
		close(ended)
	}()
	go func() { done <- work() }()
	var err error
	select {
	case err = <-done:
	case <-ended:
		err = errors.New("the program has ended")
	}
	_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	<-ended
	if err != nil {
		err = fmt.Errorf("%s: %w; %s: %s", cmd, err, cmd.ProcessState, stderr.Bytes())
	}
	return err
}
