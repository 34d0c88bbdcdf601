// Package actionloop speaks OpenWhisk's ActionLoop protocol: one line of JSON
// with a request comes in on standard input, one line of JSON with the answer
// goes out on file descriptor 3.
//
// It follows the proxy in github.com/apache/openwhisk-runtime-go, which starts
// the program and owns both ends.
package actionloop

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
)

// MaxLine is the size in bytes above which a request is answered with an error
// unread. The platform's own limit is 1 MB of parameters unless the operator
// raises it.
const MaxLine = 64 << 20

// An Invoke answers the line of one request, of which it keeps nothing once the
// handler runs, with one JSON object without a line break. It cannot fail: a
// failure is an answer too. It reports whether the goroutine goes on: it does
// not where a handler keeps it, since it is late, or ends it. Then elsewhere has
// been called with the answer, by another goroutine where the handler was late.
type Invoke func(ctx context.Context, line []byte, elsewhere func(object []byte)) (object []byte, goesOn bool)

// InTime calls invoke and returns its answer, whatever the handler does.
func InTime(ctx context.Context, line []byte, invoke Invoke) []byte {
	answers := make(chan []byte, 1)
	elsewhere := func(object []byte) { answers <- object }
	go func() {
		if object, goesOn := invoke(ctx, line, elsewhere); goesOn {
			answers <- object
		}
	}()
	return <-answers
}

// Serve answers requests until standard input ends. It ends the process with 1
// if the proxy can no longer be talked to.
func Serve(invoke Invoke) {
	ack := os.Getenv("__OW_WAIT_FOR_ACK") != ""
	if err := serve(os.Stdin, os.NewFile(3, "ActionLoop answers"), ack, MaxLine, invoke); err != nil {
		Fail(err)
	}
}

// Fail logs the error and ends the process with 1. The proxy takes a process
// that ends before its acknowledgement for a failed start.
func Fail(err error) {
	slog.Error("function cannot run", "error", err.Error())
	os.Exit(1)
}

// serve is Serve on any streams, for lines of at most limit bytes.
func serve(in io.Reader, out io.Writer, ack bool, limit int, invoke Invoke) error {
	if ack {
		if _, err := io.WriteString(out, `{"ok":true}`+"\n"); err != nil {
			return fmt.Errorf("write acknowledgement: %w", err)
		}
	}
	const usual = 256 << 10 // bytes of a line that are read in place
	l := &requests{in: bufio.NewReaderSize(in, usual), out: out, limit: limit, invoke: invoke, ended: make(chan error, 1)}
	go l.answerAll()
	return <-l.ended
}

// requests are answered by one goroutine, the handlers of functions included,
// so that a request wakes no other. Where that does not go on, another one does.
type requests struct {
	in     *bufio.Reader
	out    io.Writer
	limit  int
	invoke Invoke
	ended  chan error // nil for the end of the input
}

func (l *requests) answerAll() {
	elsewhere := func(object []byte) {
		if l.answer(object) {
			go l.answerAll()
		}
	}
	for {
		line, long, err := readLine(l.in, l.limit)
		var object []byte
		goesOn := true
		switch {
		case err == io.EOF:
			l.ended <- nil
			return
		case err != nil:
			l.ended <- fmt.Errorf("read request: %w", err)
			return
		case long:
			object = Refuse(fmt.Errorf("the request is longer than %d bytes", l.limit))
		default:
			object, goesOn = l.invoke(context.Background(), line, elsewhere)
		}
		if !goesOn || !l.answer(object) {
			return
		}
	}
}

// answer writes an answer and reports whether there may be another request.
func (l *requests) answer(object []byte) bool {
	_, err := l.out.Write(append(object, '\n'))
	if err != nil {
		l.ended <- fmt.Errorf("write answer: %w", err)
	}
	return err == nil
}

// readLine returns the next line without its end, or long if it has more than
// limit bytes; what is left of a long line is skipped and not held. The end of
// the input ends a line too. A line that fits into r's buffer is a part of it
// and stands until the next is read.
func readLine(r *bufio.Reader, limit int) (line []byte, long bool, err error) {
	read := false
	for {
		chunk, err := r.ReadSlice('\n')
		read = read || len(chunk) > 0
		ended := err == nil
		if ended {
			chunk = chunk[:len(chunk)-1]
		}
		long = long || len(line)+len(chunk) > limit
		switch {
		case long:
			line = nil
		case line == nil && err != bufio.ErrBufferFull:
			line = chunk
		default:
			line = append(line, chunk...)
		}
		switch {
		case ended || err == io.EOF && read:
			return line, long, nil
		case err != bufio.ErrBufferFull:
			return nil, false, err
		}
	}
}
