package process

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fngen/fngen/internal/bench/program"
)

// A load sends one request again and again on connections that are kept. It
// builds the request once and reads of the answers what it must, so that it
// leaves the CPUs to the server.
type load struct {
	request     []byte
	connections []*connection
}

type connection struct {
	net.Conn
	answers   *bufio.Reader
	latencies []time.Duration
}

func newLoad(address string, connections int, request []byte) (*load, error) {
	l := &load{request: request}
	for range connections {
		c, err := net.Dial("tcp", address)
		if err != nil {
			l.close()
			return nil, err
		}
		l.connections = append(l.connections, &connection{Conn: c, answers: bufio.NewReader(c)})
	}
	return l, nil
}

func (l *load) close() {
	for _, c := range l.connections {
		c.Close()
	}
}

// run sends n requests and returns how long each took, in order of that.
func (l *load) run(n int) ([]time.Duration, error) {
	var sent atomic.Int64
	var wait sync.WaitGroup
	failed := make(chan error, len(l.connections))
	for _, c := range l.connections {
		wait.Go(func() {
			for c.latencies = c.latencies[:0]; sent.Add(1) <= int64(n); {
				start := time.Now()
				if err := c.post(l.request); err != nil {
					failed <- err
					return
				}
				c.latencies = append(c.latencies, time.Since(start))
			}
		})
	}
	wait.Wait()
	select {
	case err := <-failed:
		return nil, err
	default:
	}
	var all []time.Duration
	for _, c := range l.connections {
		all = append(all, c.latencies...)
	}
	slices.Sort(all)
	return all, nil
}

// post sends the request and reads an answer that has no content.
func (c *connection) post(request []byte) error {
	if err := c.SetDeadline(time.Now().Add(program.Patience)); err != nil {
		return err
	}
	if _, err := c.Write(request); err != nil {
		return err
	}
	const want = "HTTP/1.1 204 "
	for first := true; ; first = false {
		line, err := c.answers.ReadSlice('\n')
		switch {
		case err != nil:
			return fmt.Errorf("read answer: %w", err)
		case first && !bytes.HasPrefix(line, []byte(want)):
			return fmt.Errorf("the answer is %q, want %s", line, want)
		case len(line) == 2:
			return nil
		}
	}
}
