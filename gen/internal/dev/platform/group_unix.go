//go:build unix

package platform

import (
	"os"
	"syscall"
)

// killGroup kills the process and what it has started. It may have ended.
func killGroup(p *os.Process) {
	_ = syscall.Kill(-p.Pid, syscall.SIGKILL)
	_ = p.Kill()
}

// terminate tells the process to end.
func terminate(p *os.Process) { _ = p.Signal(syscall.SIGTERM) }
