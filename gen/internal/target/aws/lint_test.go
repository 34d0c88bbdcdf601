package aws_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/testkit/tool"
)

// cfn-lint has nothing to say of any template.
func TestLint(t *testing.T) {
	lint := tool.Path(t, "cfn-lint")
	texts := map[string][]byte{}
	for _, g := range goldens(t) {
		texts[g.name] = g.text()
	}
	for _, settings := range []string{"region: eu-west-1", "http: api, api-id: abc123"} {
		texts["everything, "+settings] = infrastructure(t, "targets: {aws: {"+settings+"}}", model.App{Path: "example.com/shop", Functions: everything(same)})[0].Data
	}
	for of, text := range texts {
		t.Run(of, func(t *testing.T) {
			t.Parallel()
			name := filepath.Join(t.TempDir(), "template.yaml")
			if err := os.WriteFile(name, text, 0o644); err != nil {
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
