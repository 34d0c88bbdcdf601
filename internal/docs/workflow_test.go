package docs

import (
	"slices"
	"strings"
	"testing"
)

// What contributors run is what CI runs: the quick tests on macOS and Windows,
// and all of .ci/run on Linux.
func TestWorkflow(t *testing.T) {
	var commands []string // of CONTRIBUTING, without their comments
	for line := range strings.Lines(of(blocks(t, "CONTRIBUTING.md"), "sh")[0]) {
		command, _, _ := strings.Cut(line, " #")
		commands = append(commands, strings.TrimSpace(command))
	}
	workflow, script := read(t, repo(t), ".github/workflows/ci.yml"), read(t, repo(t), ".ci/run")
	for _, want := range []struct{ name, in, text string }{
		{"ci.yml", workflow, "run: go test -short ./...\n"},
		{"ci.yml", workflow, "run: bash .ci/run\n"},
		{".ci/run", script, "go test -race -short"},
	} {
		if !strings.Contains(want.in, want.text) {
			t.Errorf("%s no longer has %q", want.name, want.text)
		}
	}
	for _, command := range []string{"go test -short ./...", "bash .ci/run", "go test -race -short ./fn/... ./internal/run/... ./providers/..."} {
		if !slices.Contains(commands, command) {
			t.Errorf("CONTRIBUTING no longer has the command %q", command)
		}
	}
}
