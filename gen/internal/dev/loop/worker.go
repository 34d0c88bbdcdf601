package loop

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/fngen/fngen/gen/internal/dev/platform"
	"github.com/fngen/fngen/gen/internal/model"
)

const (
	mostProcesses = 10                    // of one function
	busyPatience  = 50 * time.Millisecond // after which another process starts, if none is free
	idlePatience  = time.Minute           // after which one that is not the only one ends
)

// A worker runs a function of one build: in one process, in more of them while
// those are busy, and in another one when one has ended.
type worker struct {
	function model.Function
	build    int
	most     int  // processes, without those that nobody waits for unless it is the platform's limit
	limited  bool // by the platform
	atOnce   int  // deliveries of one process
	start    func(context.Context) (*platform.Process, error)

	mu        sync.Mutex
	processes []*process    // those in front are given work first
	starting  int           // that are not among them yet
	changed   chan struct{} // closed and made anew when there may be one that is free
	stopped   bool
	group     sync.WaitGroup // of what starts and ends
}

// A process is one with what it does.
type process struct {
	*platform.Process
	out  int         // deliveries
	left bool        // by the client of its only one, while it goes on
	idle *time.Timer // ends it; nil while it has work
}

// newWorker returns a worker without a process.
func newWorker(target string, f model.Function, build int, start func(context.Context) (*platform.Process, error)) *worker {
	most, limited := processLimit(target, f)
	return &worker{function: f, build: build, most: most, limited: limited, atOnce: max(f.Feed.AtOnce, 1), start: start, changed: make(chan struct{})}
}

// processLimit is how many processes the function has at most, and whether the
// platform has no more instances either.
func processLimit(target string, f model.Function) (most int, limited bool) {
	limit := f.Operation.MaxInstances
	if target == "aws" {
		limit = cmp.Or(limit, f.Operation.Reserved) // which is a limit there
	}
	if limit == 0 || limit > mostProcesses {
		return mostProcesses, false
	}
	return limit, true
}

// errStopped says that there is a newer build.
var errStopped = errors.New("the function runs in a newer build")

// warm starts a process if there is none.
func (w *worker) warm(ctx context.Context) error {
	p, err := w.take(ctx)
	if err == nil {
		w.giveBack(p)
	}
	return err
}

// take returns a process that takes a delivery, which is to be given back. It waits
// for one that is busy a little before it starts another, and until one is free if
// there are as many as there may be.
func (w *worker) take(ctx context.Context) (*process, error) {
	patience := time.NewTimer(busyPatience)
	defer patience.Stop()
	isLate := false
	for {
		w.mu.Lock()
		if w.stopped {
			w.mu.Unlock()
			return nil, errStopped
		}
		w.processes = slices.DeleteFunc(w.processes, func(p *process) bool { return hasEnded(p.Process) })
		for _, p := range w.processes {
			if p.out < w.atOnce {
				w.occupy(p)
				w.mu.Unlock()
				return p, nil
			}
		}
		if n := w.count(); n == 0 || isLate && n < w.most {
			w.starting++
			w.group.Add(1)
			w.mu.Unlock()
			return w.another(ctx)
		}
		changed := w.changed
		w.mu.Unlock()
		select {
		case <-changed:
		case <-patience.C:
			isLate = true
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// another starts one more process, which is taken.
func (w *worker) another(ctx context.Context) (*process, error) {
	defer w.group.Done()
	started, err := w.start(ctx)
	w.mu.Lock()
	w.starting--
	if err == nil && w.stopped {
		w.mu.Unlock()
		started.Stop(ctx)
		return nil, errStopped
	}
	defer w.mu.Unlock()
	w.tell()
	if err != nil {
		return nil, err
	}
	p := &process{Process: started}
	w.processes = append(w.processes, p)
	w.occupy(p)
	go func() { // so that nobody waits for one that has ended
		<-started.Ended()
		w.mu.Lock()
		defer w.mu.Unlock()
		w.tell()
	}()
	return p, nil
}

// count returns how many processes there are of those that may be.
func (w *worker) count() int {
	n := w.starting
	for _, p := range w.processes {
		if w.limited || !p.left {
			n++
		}
	}
	return n
}

// invoke delivers the payload to the process, which was taken, and gives it back.
// Its client may leave before: Lambda and OpenWhisk have the function go on then,
// and start another instance for who comes next.
func (w *worker) invoke(ctx context.Context, p *process, payload platform.Payload) (platform.Answer, error) {
	if payload.Client != nil && w.atOnce == 1 {
		left := make(chan struct{})
		stop := context.AfterFunc(payload.Client, func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			p.left = true
			w.tell()
			close(left)
		})
		defer func() {
			if !stop() {
				<-left
			}
			w.giveBack(p)
		}()
	} else {
		defer w.giveBack(p)
	}
	return p.Invoke(ctx, payload)
}

func (w *worker) occupy(p *process) {
	p.out++
	if p.idle != nil {
		p.idle.Stop()
		p.idle = nil
	}
}

// tell has those that wait look again.
func (w *worker) tell() {
	close(w.changed)
	w.changed = make(chan struct{})
}

// giveBack says that a process has one delivery less.
func (w *worker) giveBack(p *process) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p.out--; p.out == 0 {
		p.left = false
		p.idle = time.AfterFunc(idlePatience, func() { w.retire(p) })
	}
	w.tell()
}

// retire ends a process that has had nothing to do, unless it is the first one.
func (w *worker) retire(p *process) {
	w.mu.Lock()
	i := slices.Index(w.processes, p)
	if w.stopped || i < 1 || p.out > 0 {
		w.mu.Unlock()
		return
	}
	w.processes = slices.Delete(w.processes, i, i+1)
	w.group.Add(1)
	w.mu.Unlock()
	defer w.group.Done()
	p.Stop(context.Background()) // which ends it
}

// stop lets the processes finish what they have, and ends them.
func (w *worker) stop(ctx context.Context) {
	w.mu.Lock()
	w.stopped = true
	w.tell()
	processes := w.processes
	for _, p := range processes {
		if p.idle != nil {
			p.idle.Stop()
		}
		w.group.Go(func() { p.Stop(ctx) })
	}
	w.mu.Unlock()
	w.group.Wait()
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

// deliver hands the payload to the function, in a process of the newest build, and
// has it answer. The worker is the one that did, with the function as its build has
// it. An error says that nothing was delivered.
func (s *session) deliver(name string, encode func(*worker) (platform.Payload, error)) (w *worker, a platform.Answer, err error) {
	for range mostStarts {
		if w = s.worker(name); w == nil {
			return w, a, fmt.Errorf("there is no function %s in this build", name)
		}
		payload, err := encode(w)
		if err != nil {
			return w, a, err
		}
		p, err := w.take(s.life)
		switch {
		case errors.Is(err, errStopped) && s.worker(name) != w:
			continue
		case err != nil:
			return w, a, err
		}
		a, err = w.invoke(s.life, p, payload)
		if err == nil || !hasEnded(p.Process) || s.life.Err() != nil {
			return w, a, err
		}
		// The process ended while this waited for its turn.
	}
	return w, a, fmt.Errorf("%s ends before it takes anything", name)
}
