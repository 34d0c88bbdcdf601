package gcp_test

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/fngen/fngen/providers/gcp"
)

// Protects the report of a setup that does not succeed: the process ends with
// 1 and the log says why. It runs in a process of its own.
func TestFail(t *testing.T) {
	if os.Getenv("FNGEN_TEST_FAIL") != "" {
		gcp.Fail(errors.New("no database"))
		return // with status 0, which the parent reports
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestFail$")
	cmd.Env = append(os.Environ(), "FNGEN_TEST_FAIL=1")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("ended with %v, want status 1", err)
	}
	if !strings.Contains(string(out), `setup failed`) || !strings.Contains(string(out), "no database") {
		t.Errorf("log = %q, want the cause", out)
	}
}

// Protects the report of a setup that panics, which is that of one that fails.
func TestFailOnPanic(t *testing.T) {
	if os.Getenv("FNGEN_TEST_FAIL") != "" {
		defer gcp.FailOnPanic()
		panic("no database")
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestFailOnPanic$")
	cmd.Env = append(os.Environ(), "FNGEN_TEST_FAIL=1")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("ended with %v, want status 1", err)
	}
	if !strings.Contains(string(out), "setup failed") || !strings.Contains(string(out), "panic: no database") || !strings.Contains(string(out), "fail_test.go") {
		t.Errorf("log = %q, want the cause and the stack", out)
	}
}
