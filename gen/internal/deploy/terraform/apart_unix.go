//go:build unix

package terraform

import (
	"os/exec"
	"syscall"
)

// apart starts the command in a process group of its own, which no key on the terminal
// reaches: an interrupt that comes twice ends the tool at once.
func apart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
