// Package tool finds the programs of others that tests need, and starts servers.
package tool

import (
	"os"
	"os/exec"
	"testing"
)

// Path returns the path of the program. Where it is not installed the test is
// skipped, or fails if FNGEN_REQUIRE_TOOLS=1. Quick tests start no program of
// others.
func Path(t testing.TB, name string) string {
	t.Helper()
	if testing.Short() {
		t.Skipf("starts %s, which -short does without", name)
	}
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv("FNGEN_REQUIRE_TOOLS") == "1" {
		t.Fatalf("%s is not installed, and FNGEN_REQUIRE_TOOLS=1 demands it", name)
	}
	t.Skipf("%s is not installed", name)
	return ""
}
