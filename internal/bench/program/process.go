package program

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"syscall"
	"time"
)

// Patience is how long a process may take for what it does at once.
const Patience = 30 * time.Second

// A Process is a program that runs until it is stopped.
type Process struct {
	cmd    *exec.Cmd
	stderr bytes.Buffer
	ended  chan struct{}
}

// Start starts the command.
func Start(cmd *exec.Cmd) (*Process, error) {
	p := &Process{cmd: cmd, ended: make(chan struct{})}
	cmd.Stderr = &p.stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = cmd.Wait() // how it ended is in the ProcessState
		close(p.ended)
	}()
	return p, nil
}

// CPU returns the time that the process has spent on CPUs so far.
func (p *Process) CPU() (time.Duration, error) { return CPU(p.cmd.Process.Pid) }

// Await returns what comes from c, or an error if the process ends before, or
// is silent for too long.
func Await[T any](p *Process, c <-chan T) (got T, err error) {
	late := time.NewTimer(Patience)
	defer late.Stop()
	select {
	case got = <-c:
		return got, nil
	case <-p.ended:
		return got, p.Ended()
	case <-late.C:
		return got, fmt.Errorf("nothing happened for %s", Patience)
	}
}

// Ended returns an error that says how the process ended, or nil if it runs.
func (p *Process) Ended() error {
	select {
	case <-p.ended:
		return fmt.Errorf("the process has ended: %s\n%s", p.cmd.ProcessState, p.stderr.Bytes())
	default:
		return nil
	}
}

// Stop kills the process and waits for its end.
func (p *Process) Stop() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.ended
}

// Terminate asks the process to end and waits until it has.
func (p *Process) Terminate() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-p.ended:
		return nil
	case <-time.After(Patience):
		return errors.New("the process does not end")
	}
}
