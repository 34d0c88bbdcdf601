package aws_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/fngen/fngen/internal/testkit/tool"
)

// cfn-lint has nothing to say of any template.
func TestLint(t *testing.T) {
	lint := tool.Path(t, "cfn-lint")
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
