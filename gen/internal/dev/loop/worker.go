package loop

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/fngen/fngen/gen/internal/dev/platform"
	"github.com/fngen/fngen/gen/internal/model"
)

// A worker runs a function of one build: in one process, and in another one when
// that has ended.
type worker struct {
	function model.Function
	start    func(context.Context) (*platform.Process, error)

	mu      sync.Mutex
	process *platform.Process // nil for none yet
	stopped bool
}

// errStopped says that there is a newer build.
var errStopped = errors.New("the function runs in a newer build")

// running returns the process, which it starts if there is none.
func (w *worker) running(ctx context.Context) (*platform.Process, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return nil, errStopped
	}
	if w.process != nil && !hasEnded(w.process) {
		return w.process, nil
	}
	p, err := w.start(ctx)
	if err != nil {
		return nil, err
	}
	w.process = p
	return p, nil
}

// stop lets the process finish what it has, and ends it.
func (w *worker) stop(ctx context.Context) {
	w.mu.Lock()
	w.stopped = true
	p := w.process
	w.mu.Unlock()
	if p != nil {
		p.Stop(ctx)
	}
}

func hasEnded(p *platform.Process) bool {
	select {
	case <-p.Ended():
		return true
	default:
		return false
	}
}

// mostStarts is how many processes are tried for one delivery.
const mostStarts = 5

// deliver hands the payload to the function, whose process is that of the newest
// build, and has it answer. The function is as that build has it. An error says
// that nothing was delivered.
func (s *session) deliver(name string, encode func(model.Function) (platform.Payload, error)) (f model.Function, a platform.Answer, err error) {
	for range mostStarts {
		w := s.worker(name)
		if w == nil {
			return f, a, fmt.Errorf("there is no function %s in this build", name)
		}
		f = w.function
		payload, err := encode(f)
		if err != nil {
			return f, a, err
		}
		p, err := w.running(s.life)
		switch {
		case errors.Is(err, errStopped) && s.worker(name) != w:
			continue
		case err != nil:
			return f, a, err
		}
		if a, err = p.Invoke(s.life, payload); err == nil || !hasEnded(p) || s.life.Err() != nil {
			return f, a, err
		}
		// The process ended while this waited for its turn.
	}
	return f, a, fmt.Errorf("%s ends before it takes anything", name)
}
