package platform

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fngen/fngen/gen/internal/dev/store"
	"github.com/fngen/fngen/gen/internal/model"
)

// A Process is a function that runs.
type Process struct {
	host     *Host
	function model.Function
	options  Options
	cmd      *exec.Cmd
	protocol protocol
	sinks    *sinks
	view     *store.View // nil for none
	taps     []*tap
	parent   *os.File // whose other end the process watches
	turn     chan struct{}
	ended    chan struct{}

	mu     sync.Mutex
	out    []*delivery // at hand, which get lines and emissions
	killed bool
}

// A delivery is a payload on its way.
type delivery struct {
	Payload
	context.Context
	id       string
	deadline time.Time
	answer   Answer // its log and emissions until now
}

// stopPatience is how long a process may take to end when it is told to: what
// Cloud Run waits.
const stopPatience = 10 * time.Second

// Start starts the function and waits until it takes deliveries. The error says
// why it does not; its log has been told to the options then. The process is
// killed when the context ends, and ends with the one that called Start, however
// that ends.
func (h *Host) Start(ctx context.Context, command Command, f model.Function, o Options) (*Process, error) {
	p := &Process{host: h, function: f, options: o, turn: make(chan struct{}, max(f.Feed.AtOnce, 1)), ended: make(chan struct{})}
	p.cmd = exec.Command(command.Path, command.Args...)
	failed := func(err error) (*Process, error) {
		return nil, fmt.Errorf("%s does not start on %s: %w", f.Name, h.target, err)
	}
	if err := p.start(); err != nil {
		return failed(err)
	}
	unwatch := context.AfterFunc(ctx, p.kill)
	go func() { <-p.ended; unwatch() }()
	if err := p.protocol.ready(); err != nil {
		p.kill()
		<-p.ended
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		if errors.Is(err, errEnded) {
			err = fmt.Errorf("it ended with %s", p.cmd.ProcessState)
		}
		return failed(err)
	}
	p.drain()
	return p, nil
}

// start starts the process with all that is connected to it.
func (p *Process) start() (err error) {
	var undo []func()
	defer func() {
		if err != nil {
			for _, f := range undo {
				f()
			}
		}
	}()
	if p.options.Store != nil {
		p.view = p.options.Store.View(p.function, p.options.Secrets, p.wrote, func(text string) {
			p.logged(Line{time.Now(), true, "fngen: " + text})
		})
	}
	if p.sinks, err = serveSinks(p.host.target, p.emitted, p.view); err != nil {
		return err
	}
	undo = append(undo, p.sinks.close)
	p.cmd.Env = p.environment()
	if p.protocol, err = p.host.kind.connect(p); err != nil {
		return err
	}
	undo = append(undo, p.protocol.close)
	var child []*os.File
	defer func() {
		for _, f := range child {
			f.Close()
		}
	}()
	for _, isError := range []bool{false, true} {
		r, w, err := os.Pipe()
		if err != nil {
			return err
		}
		child = append(child, w)
		t := newTap(r, func(text string) { p.logged(Line{time.Now(), isError, text}) })
		undo = append(undo, func() { r.Close() })
		p.taps = append(p.taps, t)
	}
	p.cmd.Stdout, p.cmd.Stderr = child[0], child[1]
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	child, p.parent = append(child, r), w
	undo = append(undo, func() { w.Close() })
	if p.cmd.Stdin == nil && p.cmd.ExtraFiles == nil {
		p.cmd.Stdin = r // program.ParentStdin
	} else {
		p.cmd.ExtraFiles = append(p.cmd.ExtraFiles, r) // program.ParentFD
	}
	err = startWith(p.cmd, p.ended)
	p.protocol.started()
	if err != nil {
		return err
	}
	for _, t := range p.taps {
		go t.run()
	}
	go p.wait()
	return nil
}

// wait sees the process end.
func (p *Process) wait() {
	_ = p.cmd.Wait() // the state has it
	for _, t := range p.taps {
		t.last()
	}
	p.parent.Close()
	p.protocol.close()
	p.sinks.close()
	close(p.ended)
}

// Ended is closed when the process has ended.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Invoke delivers the payload and waits for the answer, with the lines that the
// function logs and what it emits meanwhile. Where the platform ends a process,
// since the function takes longer than it may, so does Invoke. An error says
// that nothing was delivered, or that the context has ended.
func (p *Process) Invoke(ctx context.Context, payload Payload) (Answer, error) {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-p.ended:
	case <-ctx.Done():
		return Answer{}, ctx.Err()
	}
	select {
	case <-p.ended: // also if it was the process's turn
		return Answer{}, fmt.Errorf("deliver to %s: %w", p.function.Name, errEnded)
	default:
	}
	if limit := limits[p.host.target]; len(payload.Body) > limit {
		return Answer{}, fmt.Errorf("deliver to %s: the payload has %d bytes, more than %d, the limit of the platform", p.function.Name, len(payload.Body), limit)
	}
	timeout := p.host.Timeout(p.function)
	begun := time.Now()
	own, cancel := context.WithDeadline(ctx, begun.Add(timeout))
	defer cancel()
	d := &delivery{Payload: payload, Context: own, id: newID(), deadline: begun.Add(timeout)}
	p.mu.Lock()
	p.out = append(p.out, d)
	p.mu.Unlock()
	answer, err := p.protocol.deliver(d)
	switch {
	case ctx.Err() != nil:
		p.kill()
		err = ctx.Err()
	case own.Err() != nil && err != nil:
		answer, err = p.late(timeout), nil
	case errors.Is(err, errEnded):
		<-p.ended
		answer, err = p.broken(), nil
	}
	duration := time.Since(begun)
	p.drain()
	p.mu.Lock()
	p.out = slices.DeleteFunc(p.out, func(one *delivery) bool { return one == d })
	p.mu.Unlock()
	answer.Duration, answer.Logs, answer.Emissions, answer.Writes = duration, d.answer.Logs, d.answer.Emissions, d.answer.Writes
	return answer, err
}

// limits are the sizes of payloads that the platforms take, in bytes.
//
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
// https://cloud.google.com/run/quotas
// https://github.com/apache/openwhisk/blob/master/docs/reference.md
var limits = map[string]int{"aws": 6 << 20, "gcp": 32 << 20, "openwhisk": 1 << 20}

// late is the answer for a function that has not answered in its time. Lambda and
// OpenWhisk end its process; Cloud Run lets it go on.
func (p *Process) late(timeout time.Duration) Answer {
	if p.host.target == "gcp" {
		return Answer{Status: 504, Failure: "timeout"}
	}
	p.kill()
	<-p.ended
	return Answer{Failure: failures[p.host.target].late, Body: fmt.Appendf(nil, "the function has not answered after %s", timeout)}
}

// broken is the answer for a function whose process has ended instead.
func (p *Process) broken() Answer {
	a := Answer{Failure: failures[p.host.target].ended, Body: fmt.Appendf(nil, "the process ended with %s", p.cmd.ProcessState)}
	if p.host.target == "gcp" {
		a.Status = 503
	}
	return a
}

// failures are what the platforms call what they find themselves.
var failures = map[string]struct{ late, ended string }{
	"aws":       {"Sandbox.Timedout", "Runtime.ExitError"},
	"gcp":       {"timeout", "container ended"},
	"openwhisk": {"time limit exceeded", "action exited"},
}

// Stop waits for the deliveries at hand, tells the process to end, and waits until
// it has. It is killed if it does not, or when the context ends.
func (p *Process) Stop(ctx context.Context) {
	defer context.AfterFunc(ctx, p.kill)()
	for range cap(p.turn) {
		select {
		case p.turn <- struct{}{}: // for good
		case <-p.ended:
			return
		}
	}
	p.protocol.end()
	patience := time.AfterFunc(stopPatience, p.kill)
	defer patience.Stop()
	<-p.ended
}

// kill ends the process and what it has started, at once.
func (p *Process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.killed {
		p.killed = true
		killGroup(p.cmd.Process)
	}
}

// drain takes what the process has written until now.
func (p *Process) drain() {
	for _, t := range p.taps {
		t.drain()
	}
}

func (p *Process) logged(line Line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if d := p.of(line.Text); d != nil {
		d.answer.Logs = append(d.answer.Logs, line)
	} else if p.options.Log != nil {
		p.options.Log(line)
	}
}

// of returns the delivery that what was written is of: the only one, or of
// several the only one whose trace it names; nil for nobody's.
func (p *Process) of(text string) *delivery {
	if len(p.out) == 1 {
		return p.out[0]
	}
	var found *delivery
	for _, d := range p.out {
		if strings.Contains(text, d.trace()) {
			if found != nil {
				return nil
			}
			found = d
		}
	}
	return found
}

// wrote is told what the function writes.
func (p *Process) wrote(w store.Write) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if d := p.of(""); d != nil {
		d.answer.Writes = append(d.answer.Writes, w)
	}
}

// emitted takes an emission, whose kind the services do not always know.
func (p *Process) emitted(e Emission) error {
	for _, s := range sinksOf(p.host.target, p.function) {
		if s.Name == e.Name {
			e.Kind = s.Kind
		}
	}
	e.IsLetter = e.isLetterOf(p.function)
	if p.options.Emit != nil {
		if err := p.options.Emit(e); err != nil {
			return err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if d := p.of(e.trace()); d != nil {
		d.answer.Emissions = append(d.answer.Emissions, e)
	}
	return nil
}
