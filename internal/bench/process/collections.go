package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	payload "github.com/fngen/fngen/internal/bench"
)

// collections are the rows of functions that use a collection of documents, each
// beside the same function without it. All have dead letters, as fngen build makes
// them for whatever has events.
func collections(dir string) (rows []row) {
	for _, p := range []struct {
		name, program, orders string // the last is where the collection is
		feed                  feed
	}{
		{"Lambda", "aws", "orders", onLambda(payload.SQS(1))},
		{"Google", "google", "projects/acme/databases/(default)/documents/orders", listens},
		{"OpenWhisk", "openwhisk", "https://couchdb.example.com/orders", onOpenWhisk(nil)},
	} {
		with, without := filepath.Join(dir, p.program+"-documents"), filepath.Join(dir, p.program+"-letters")
		env := []string{"FNGEN_USE_ORDERS=" + p.orders, "FNGEN_SINK_ORDER_LETTERS=letters"}
		rows = append(rows,
			row{p.name + " with a collection, size", "%.2f MB", "≤ 1.10", true,
				func() float64 { return megabytes(with) }, func() float64 { return megabytes(without) }},
			row{p.name + " with a collection, start, CPU", "%.2f ms", "≤ 1.15", false,
				func() float64 { return startup(p.feed, env, with) }, func() float64 { return startup(p.feed, env, without) }})
	}
	return rows
}

func megabytes(file string) float64 {
	info, err := os.Stat(file)
	check(err)
	return float64(info.Size()) / 1e6
}

// startup is the CPU time in ms from the program's start until it asks for work:
// the mean of ten starts, each of which is short for the clock that counts it.
func startup(f feed, env []string, file string) float64 {
	const starts = 10
	var sum time.Duration
	for range starts {
		state := fed(f, 0, env, file)
		sum += state.UserTime() + state.SystemTime()
	}
	return sum.Seconds() * 1e3 / starts
}

// listens waits until a server takes connections.
func listens(cmd *exec.Cmd, _ int) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	address := l.Addr().String()
	l.Close() // the port is free for the program
	_, port, _ := strings.Cut(address, ":")
	cmd.Env = append(cmd.Env, "PORT="+port)
	return attend(cmd, func() error {
		for {
			c, err := net.Dial("tcp", address)
			if err == nil {
				return c.Close()
			}
			time.Sleep(time.Millisecond)
		}
	})
}
