package platform_test

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
)

// stop has the process do nothing any more, as one that never returns from the
// kernel.
func stop(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
}

// alive reports whether the process runs.
func alive(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(text), ") Z ")
}
