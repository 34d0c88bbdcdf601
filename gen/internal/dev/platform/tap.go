package platform

import (
	"bytes"
	"errors"
	"os"
	"time"
)

// A tap reads the lines that a process writes to one file.
type tap struct {
	r     *os.File
	line  func(string)
	rest  []byte             // of a line whose end has not come
	asks  chan chan struct{} // of drain, one at a time
	ended chan struct{}
}

func newTap(r *os.File, line func(string)) *tap {
	return &tap{r: r, line: line, asks: make(chan chan struct{}, 1), ended: make(chan struct{})}
}

// maxText is the length in bytes above which a line is told in parts.
const maxText = 1 << 20

// run tells the lines until the file ends.
func (t *tap) run() {
	defer close(t.ended)
	buffer := make([]byte, 32<<10)
	for {
		n, err := t.r.Read(buffer)
		t.take(buffer[:n])
		if errors.Is(err, os.ErrDeadlineExceeded) { // drain has set it
			_ = t.r.SetReadDeadline(time.Time{}) // which it could
			readPresent(t.r, buffer, t.take)
			t.flush()
			close(<-t.asks)
			continue
		}
		if err != nil {
			t.flush()
			return
		}
	}
}

func (t *tap) take(b []byte) {
	for len(b) > 0 {
		text, after, ended := bytes.Cut(b, []byte("\n"))
		t.rest = append(t.rest, text...)
		if ended || len(t.rest) > maxText {
			t.flush()
		}
		b = after
	}
}

// flush tells what there is of a line.
func (t *tap) flush() {
	if text := bytes.TrimSuffix(t.rest, []byte("\r")); len(text) > 0 {
		t.line(string(text))
	}
	t.rest = nil
}

// quiet is how long is waited for what was written where nobody can say whether
// it has been read.
const quiet = 20 * time.Millisecond

// drain returns when all is told that has been written until now.
func (t *tap) drain() {
	done := make(chan struct{})
	t.asks <- done
	if err := t.r.SetReadDeadline(time.Unix(1, 0)); err != nil {
		select {
		case <-time.After(quiet):
			<-t.asks
		case <-t.ended:
			<-t.asks
		}
		return
	}
	select {
	case <-done:
	case <-t.ended:
		select { // the file ended first
		case <-t.asks:
		default:
		}
	}
}

// last waits until all is told, of a process that has ended. What it has started
// may hold the file open, and is not waited for.
func (t *tap) last() {
	select {
	case <-t.ended:
	case <-time.After(time.Second):
	}
	t.r.Close()
	<-t.ended
}
