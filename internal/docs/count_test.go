package docs

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The command in CONTRIBUTING that counts the product's lines does, and what it
// leaves out is where it says.
func TestCount(t *testing.T) {
	if _, err := os.Stat(filepath.Join(repo(t), ".git")); err != nil {
		t.Skip("git lists the files of a checkout alone")
	}
	var command string
	for _, c := range of(blocks(t, "CONTRIBUTING.md"), "sh") {
		if strings.HasPrefix(c, "git ls-files") {
			command = c
		}
	}
	count := func(command string) int {
		t.Helper()
		lines, err := strconv.Atoi(strings.TrimSpace(sh(t, repo(t), nil, command)))
		if err != nil {
			t.Fatalf("%s: %v", command, err)
		}
		return lines
	}
	product := count(command)
	if product < 10_000 {
		t.Errorf("%s counts %d lines", command, product)
	}
	for _, left := range []string{`_test\.go$|`, `(^|/)testdata/|`, `^examples/|`, "acceptance|", "|bench", `|(^|/)testkit/`, `|^providers/internal/conformance/`} {
		all := strings.Replace(command, left, "", 1)
		if all == command {
			t.Errorf("CONTRIBUTING no longer leaves out %q", left)
			continue
		}
		if n := count(all); n <= product {
			t.Errorf("leaving out %q leaves out nothing", left)
		}
	}
}
