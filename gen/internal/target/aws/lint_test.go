package aws_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// cfn-lint has nothing to say of any template.
func TestLint(t *testing.T) {
	if testing.Short() {
		t.Skip("cfn-lint takes half a minute")
	}
	lint, err := exec.LookPath("cfn-lint")
	if err != nil {
		if os.Getenv("FNGEN_REQUIRE_TOOLS") == "1" {
			t.Fatal("cfn-lint is not installed, and FNGEN_REQUIRE_TOOLS=1 demands it")
		}
		t.Skip("cfn-lint is not installed")
	}
	for _, g := range goldens(t) {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			name := filepath.Join(t.TempDir(), "template.yaml")
			if err := os.WriteFile(name, g.text(), 0o644); err != nil {
				t.Fatal(err)
			}
			// W3002 says that a local archive needs aws cloudformation package,
			// which is how the template's first lines deploy it.
			out, err := exec.CommandContext(t.Context(), lint, "--format", "parseable", "--ignore-checks", "W3002", "--", name).CombinedOutput()
			if err != nil {
				t.Errorf("cfn-lint: %v\n%s", err, out)
			}
		})
	}
}
