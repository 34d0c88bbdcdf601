package platform

import (
	"os/exec"
	"runtime"
	"syscall"
)

// startWith starts the command in a process group of its own, which no key on
// the terminal reaches. The kernel kills it when this process ends: an artifact
// does not look whether it has. That holds for the thread that starts it, which
// stays until then.
func startWith(cmd *exec.Cmd, ended <-chan struct{}) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			<-ended
		}
	}()
	return <-started
}
