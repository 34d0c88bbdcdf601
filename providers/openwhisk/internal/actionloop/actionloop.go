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

	"github.com/fngen/fngen/internal/run"
	"github.com/fngen/fngen/internal/run/mark"
)

// MaxLine is the size in bytes above which a request is answered with an error
// unread. The platform's own limit is 1 MB of parameters unless the operator
// raises it.
const MaxLine = 64 << 20

// An Invoke answers the line of one request, of which it keeps nothing, with one
// JSON object without a line break. It cannot fail: a failure is an answer too.
type Invoke func(ctx context.Context, line []byte) (object []byte)

// Serve answers requests until standard input ends. It ends the process with 1
// if the proxy can no longer be talked to, and if calls do not return any more,
// as run.Watch finds out, when the request at hand is answered.
func Serve(invoke Invoke) {
	ack := os.Getenv("__OW_WAIT_FOR_ACK") != ""
	if err := serve(os.Stdin, os.NewFile(3, "ActionLoop answers"), ack, MaxLine, invoke); err != nil {
		Fail(err)
	}
}

// Fail logs the error and ends the process with 1. The proxy takes a process
// that ends before its acknowledgement for a failed start.
func Fail(err error) {
	slog.Error("function cannot run", "error", mark.Text(err))
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
	requests := bufio.NewReaderSize(in, usual)
	stuck := false
	ctx := run.Watch(context.Background(), func(context.Context) { stuck = true })
	for {
		line, long, err := readLine(requests, limit)
		var object []byte
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return fmt.Errorf("read request: %w", err)
		case long:
			object = Refuse(fmt.Errorf("the request is longer than %d bytes", limit))
		default:
			object = invoke(ctx, line)
		}
		if _, err := out.Write(append(object, '\n')); err != nil {
			return fmt.Errorf("write answer: %w", err)
		}
		if stuck {
			return run.ErrStuck
		}
	}
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
