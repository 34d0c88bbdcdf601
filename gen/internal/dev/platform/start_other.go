//go:build !unix

package platform

import (
	"os"
	"os/exec"
)

func startWith(cmd *exec.Cmd, _ <-chan struct{}) error { return cmd.Start() }

func killGroup(p *os.Process) { _ = p.Kill() } // it may have ended

// terminate tells the process to end, as far as the system can.
func terminate(p *os.Process) { _ = p.Kill() }
