package loop

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/gen/internal/dev/platform"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/providers/aws"
)

// TestMain runs a function where a test has started this program as one.
func TestMain(m *testing.M) {
	if os.Getenv("FNGEN_TEST_FUNCTION") != "" {
		aws.Start(fn.On(func(context.Context, string) error { return nil }), aws.SQS{Queue: "orders"})
		return
	}
	os.Exit(m.Run())
}

// workerOf returns a worker of real processes, and how many were started.
func workerOf(t *testing.T, limit, atOnce int) (*worker, *atomic.Int32) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts processes")
	}
	host, err := platform.New("aws")
	if err != nil {
		t.Fatal(err)
	}
	f := model.Function{Name: "pick", Trigger: model.Queue{Name: "orders"}, Operation: model.Operation{MaxInstances: limit}, Feed: model.Feed{AtOnce: atOnce}}
	started, home := new(atomic.Int32), t.TempDir()
	w := newWorker("aws", f, 1, func(ctx context.Context) (*platform.Process, error) {
		started.Add(1)
		return host.Start(ctx, platform.Command{Path: os.Args[0]}, f, platform.Options{Home: home, Env: []string{"FNGEN_TEST_FUNCTION=pick"}})
	})
	t.Cleanup(func() {
		w.stop(context.Background())
		host.Close()
	})
	return w, started
}

func take(t *testing.T, w *worker) *process {
	t.Helper()
	p, err := w.take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// When all processes of a function are busy another one starts, up to as many as
// there may be; what is free is used before, the first one at first, and one that
// has had nothing to do for long ends, but for the first.
func TestWorker(t *testing.T) {
	w, started := workerOf(t, 2, 1)
	one := take(t, w)
	w.giveBack(one)
	if again := take(t, w); again != one {
		t.Error("what is free is not used")
	}
	two := take(t, w)
	if two == one || started.Load() != 2 {
		t.Fatalf("%d processes run, of which the busy one has two deliveries", started.Load())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*busyPatience)
	defer cancel()
	if _, err := w.take(ctx); !errors.Is(err, context.DeadlineExceeded) || started.Load() != 2 {
		t.Errorf("there are %d processes, more than there may be: %v", started.Load(), err)
	}
	third := make(chan *process)
	go func() {
		p, _ := w.take(t.Context())
		third <- p
	}()
	time.Sleep(2 * busyPatience)
	w.giveBack(one)
	if p := <-third; p != one {
		t.Error("it waits for a process, and is not given the one that gets free")
	}
	w.retire(two) // which is busy
	w.giveBack(one)
	w.giveBack(two)
	w.retire(one) // which is the first
	if hasEnded(one.Process) || hasEnded(two.Process) {
		t.Error("a process ends that is busy, or the first one")
	}
	w.retire(two)
	if !hasEnded(two.Process) {
		t.Error("a process that has nothing to do goes on")
	}
	if p := take(t, w); p != one {
		t.Error("the first one is not used")
	}
	one.Stop(t.Context())
	w.giveBack(one)
	if p := take(t, w); p == one || started.Load() != 3 {
		t.Error("a process that has ended is used")
	} else {
		go w.giveBack(p)
	}
	w.stop(t.Context())
	if _, err := w.take(t.Context()); !errors.Is(err, errStopped) {
		t.Errorf("what is stopped is used: %v", err)
	}
	for _, p := range w.processes {
		if !hasEnded(p.Process) {
			t.Error("a process goes on")
		}
	}
}

// A process that takes several deliveries is given them before another one starts.
func TestWorkerAtOnce(t *testing.T) {
	w, started := workerOf(t, 0, 2)
	one, two := take(t, w), take(t, w)
	if one != two || started.Load() != 1 {
		t.Errorf("%d processes run for two deliveries", started.Load())
	}
	if three := take(t, w); three == one || started.Load() != 2 {
		t.Errorf("%d processes run for three deliveries", started.Load())
	}
}

// A process that goes on though its client has left is none of those that may be,
// unless the platform has no more instances either, until it is given back.
func TestWorkerLeft(t *testing.T) {
	for limit, want := range map[int]int{0: 0, 1: 1} {
		w, _ := workerOf(t, limit, 1)
		p := take(t, w)
		p.left = true
		if n := w.count(); n != want {
			t.Errorf("with the limit %d there are %d processes", limit, n)
		}
		w.giveBack(p)
		if n := w.count(); n != 1 {
			t.Errorf("with the limit %d there are %d processes when it is given back", limit, n)
		}
	}
}

// What waits for a process is told at once when there is a newer build.
func TestWorkerStopped(t *testing.T) {
	w, _ := workerOf(t, 1, 1)
	p := take(t, w)
	waits := make(chan error)
	go func() {
		_, err := w.take(t.Context())
		waits <- err
	}()
	time.Sleep(2 * busyPatience)
	go w.stop(t.Context())
	if err := <-waits; !errors.Is(err, errStopped) {
		t.Error(err)
	}
	w.giveBack(p)
}

// An instance is one process: a limit of those is one here, where the platform has
// such a limit.
func TestWorkerLimit(t *testing.T) {
	for _, c := range []struct {
		target             string
		instances, reserve int
		want               int
	}{
		{"aws", 0, 0, mostProcesses}, {"aws", 1, 0, 1}, {"aws", 0, 2, 2}, {"aws", mostProcesses + 1, 0, mostProcesses}, {"aws", mostProcesses - 1, 0, mostProcesses - 1},
		{"gcp", 0, 2, mostProcesses}, {"gcp", 3, 1, 3}, {"openwhisk", 0, 0, mostProcesses},
	} {
		f := model.Function{Operation: model.Operation{MaxInstances: c.instances, Reserved: c.reserve}}
		if w := newWorker(c.target, f, 1, nil); w.most != c.want || w.limited != (c.want < mostProcesses) {
			t.Errorf("%+v: %d", c, w.most)
		}
	}
}
