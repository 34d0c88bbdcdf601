package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	payload "github.com/fngen/fngen/internal/bench"
)

// All rows are measured, of programs that work.
func TestRun(t *testing.T) {
	if _, err := exec.LookPath("valgrind"); err != nil && os.Getenv("FNGEN_REQUIRE_TOOLS") != "1" {
		t.Skip("valgrind is not installed")
	}
	var b strings.Builder
	run(&b, "", 1, 20)
	if strings.Count(b.String(), "\n") != 27 || strings.Contains(b.String(), "NaN") {
		t.Errorf("want 25 rows:\n%s", b.String())
	}
}

// A wrong answer and a program that ends are errors.
func TestWrongAnswer(t *testing.T) {
	dir := t.TempDir()
	programs(dir, 0) // builds them
	for program, f := range map[string]feed{
		"sqs-fngen":       onLambda(payload.SQS(1), "another"),
		"sqs-hand":        onLambda([]byte("[]"), "null"),
		"openwhisk-fngen": onOpenWhisk([]byte("{\"value\":{}}\n")),
		"openwhisk-hand":  onOpenWhisk([]byte("{\"value\":{}}\n")),
	} {
		if f(exec.Command(filepath.Join(dir, program)), 1) == nil {
			t.Errorf("%s: no error", program)
		}
	}
}
