package program

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// A process is named by its number, this one also by 0.
func TestCPU(t *testing.T) {
	before, err := CPU(0)
	if err != nil {
		t.Fatal(err)
	}
	for start := time.Now(); time.Since(start) < 20*time.Millisecond; {
	}
	after, err := CPU(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if spent := after - before; spent < 5*time.Millisecond || spent > 10*time.Second {
		t.Errorf("%s of 20 ms", spent)
	}
	ended := exec.Command("true")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	if _, err := CPU(ended.Process.Pid); err == nil {
		t.Error("a process that has ended has a clock")
	}
}

// Who waits for a process learns that it has ended, and what it has written.
func TestAwait(t *testing.T) {
	p, err := Start(exec.Command("sh", "-c", "echo broken >&2; exit 3"))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Stop()
	_, err = Await(p, make(chan int))
	if err == nil || !strings.Contains(err.Error(), "exit status 3\nbroken") {
		t.Errorf("error %v", err)
	}
}
