package process

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// counted returns how many millions of instructions the program executes by
// itself, without the kernel, while run starts the command and has it end. On
// one thread, and without the signals that preempt goroutines, the number is
// almost the same each time.
func counted(file string, run func(*exec.Cmd) error) (float64, error) {
	valgrind, err := exec.LookPath("valgrind")
	if err != nil {
		return 0, missing{"valgrind"}
	}
	dir, err := os.MkdirTemp("", "callgrind-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "out")
	cmd := exec.Command(valgrind, "--tool=callgrind", "--callgrind-out-file="+out, file)
	cmd.Env = []string{"GOMAXPROCS=1", "GODEBUG=asyncpreemptoff=1"}
	if err := run(cmd); err != nil {
		return 0, err
	}
	text, err := os.ReadFile(out) // which the end of the program has written
	if err != nil {
		return 0, err
	}
	_, total, _ := bytes.Cut(text, []byte("\ntotals: "))
	var n float64
	if _, err := fmt.Sscan(string(total), &n); err != nil {
		return 0, fmt.Errorf("read callgrind's total: %w", err)
	}
	return n / 1e6, nil
}

// countedEach is counted for one of the events that run sends: the start, and a
// tenth as many events before, are left out.
func countedEach(file string, calls int, run func(cmd *exec.Cmd, events int) error) (sample, error) {
	first := calls/10 + 1
	before, err := counted(file, func(cmd *exec.Cmd) error { return run(cmd, first) })
	if err != nil {
		return sample{}, err
	}
	all, err := counted(file, func(cmd *exec.Cmd) error { return run(cmd, first+calls) })
	return sample{instructions: (all - before) / float64(calls)}, err
}
