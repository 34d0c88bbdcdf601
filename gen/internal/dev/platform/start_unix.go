//go:build unix && !linux

package platform

import (
	"os/exec"
	"syscall"
)

// startWith starts the command in a process group of its own, which no key on
// the terminal reaches.
func startWith(cmd *exec.Cmd, _ <-chan struct{}) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd.Start()
}
