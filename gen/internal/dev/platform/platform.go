// Package platform runs functions on this machine, each in a process under the
// protocol of its target's platform: Lambda's Runtime API, HTTP as Cloud Run
// sends it, and OpenWhisk's ActionLoop. What functions send to their sinks comes
// back to whoever runs them.
//
// A process has one delivery at a time, as on Lambda and OpenWhisk, so that each
// line of its log and each emission belongs to a delivery. On Google an HTTP
// function has many: what it writes meanwhile belongs to the one whose trace it
// names.
package platform

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"time"

	"github.com/fngen/fngen/gen/internal/dev/store"
	"github.com/fngen/fngen/gen/internal/model"
)

// A Host stands in for the platform of one target.
type Host struct {
	target string
	kind   kind
}

// A kind is how processes of a platform are started and talked to.
type kind interface {
	// connect prepares the protocol of a process that is about to start: its
	// files and its environment.
	connect(*Process) (protocol, error)
	close()
}

// A protocol is the platform's side of one process.
type protocol interface {
	// started is called when the process has been started or could not be.
	started()
	// ready waits until the process takes deliveries. It ends when the process
	// does, and with the process's own reason if it has given one.
	ready() error
	// deliver hands over the payload and waits for the answer, or the end of the
	// process: errEnded.
	deliver(*delivery) (Answer, error)
	// end tells the process to end.
	end()
	close()
}

// errEnded is what a protocol returns if the process ends before it answers.
var errEnded = errors.New("the process has ended")

// New returns the platform of the target. Close ends it.
func New(target string) (*Host, error) {
	h := &Host{target: target}
	var err error
	switch target {
	case "aws":
		h.kind, err = newRuntimeAPI()
	case "gcp":
		h.kind = cloudRun{}
	case "openwhisk":
		if runtime.GOOS == "windows" {
			return nil, errors.New("OpenWhisk's protocol needs a third file of a process, which Windows does not give it; run it for another target, or in WSL")
		}
		h.kind = actionLoop{}
	default:
		err = fmt.Errorf("nothing on this machine stands in for the platform of %s", target)
	}
	return h, err
}

// Close ends the platform. Its processes are to be stopped before.
func (h *Host) Close() { h.kind.close() }

// Timeout is how long the platform lets the function take, by default as its
// infrastructure sets it.
func (h *Host) Timeout(f model.Function) time.Duration {
	preset := time.Minute
	if h.target == "aws" {
		preset = 30 * time.Second
	}
	return cmp.Or(f.Timeout, preset)
}

// A Command starts a function: what package program has built with the
// function's name, or an artifact's program.
type Command struct {
	Path string
	Args []string
}

// Options say how a function runs.
type Options struct {
	Env  []string          // NAME=value, of the function's own
	Home string            // a folder that the process has as its home; it should hold no credentials
	FIFO func(string) bool // reports whether a queue is a FIFO one; nil for none
	Log  func(Line)        // gets the lines that no delivery has; nil for nobody
	// Store has what the function uses, and Secrets the values of its secrets by
	// their parameters. A function that uses nothing needs none.
	Store   *store.Store
	Secrets map[string]string
	// Emit gets what the function sends to its sinks. An error says that the
	// service does not take it for now. Nil takes all.
	Emit func(Emission) error
}

// A Line is a line of a function's log.
type Line struct {
	Time  time.Time
	Error bool   // from standard error, else from standard output
	Text  string // without its end
}

// A Payload is what the platform hands to a function: the body of a request on
// Google, with what is beside it, and JSON on the other platforms, which is the
// parameters on OpenWhisk.
type Payload struct {
	Method string // POST if it is ""
	Target string // path and query; / if it is ""
	Header http.Header
	Body   []byte

	// Stream is given the answer to an HTTP request whose body is still being
	// written, and has what there is of the body until it returns. The answer that
	// is returned in the end has no body then. Nil has every body whole.
	Stream func(Answer, io.Reader)

	// Client ends when who has sent an HTTP request is gone. On Google so does the
	// request then; elsewhere the function goes on. Nil never ends.
	Client context.Context
}

// stream hands the answer over with its body, and reads what is left of that. The
// error is that of the body.
func (p Payload) stream(a Answer, r io.Reader) error {
	body := &body{r: r}
	p.Stream(a, body)
	_, _ = io.Copy(io.Discard, body) // which the body knows
	return body.err
}

// A body knows whether it could be read to its end.
type body struct {
	r   io.Reader
	err error
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err != nil && err != io.EOF {
		b.err = err
	}
	return n, err
}

// An Answer is what came of a delivery.
type Answer struct {
	Body        []byte
	ContentType string
	Status      int         // of an HTTP response, on Google
	Header      http.Header // of that, too
	// Failure says what kind of failure the platform sees in it, as Lambda's
	// error types do; "" for none. The body says more, if it is the function's.
	Failure   string
	Logs      []Line
	Emissions []Emission
	Writes    []store.Write // to collections and buckets
	Duration  time.Duration
}
