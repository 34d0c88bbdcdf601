//go:build unix

package platform

import (
	"os"
	"syscall"
)

// readPresent reads what is in the pipe, and waits for nothing.
func readPresent(r *os.File, buffer []byte, take func([]byte)) {
	raw, err := r.SyscallConn()
	for n := 1; err == nil && n > 0; {
		err = raw.Read(func(fd uintptr) bool {
			n, _ = syscall.Read(int(fd), buffer)
			return true
		})
		take(buffer[:max(n, 0)])
	}
}
