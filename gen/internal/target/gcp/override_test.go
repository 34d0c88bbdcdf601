package gcp_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/testkit/tool"
)

// Terraform lays what the documentation has as an override over the module, and
// refuses it for a resource of another name.
func TestOverride(t *testing.T) {
	terraform := tool.Path(t, "terraform")
	page, err := os.ReadFile("../../../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, override, _ := strings.Cut(string(page), "```hcl\n# dist/gcp/operations_override.tf\n")
	override, _, _ = strings.Cut(override, "```")
	main := mainTF(t, "", model.App{Path: "example.com/shop", Functions: []model.Function{{Name: "reserve", Trigger: model.Queue{Name: "orders"}}}})
	for text, fits := range map[string]bool{override: true, strings.ReplaceAll(override, `"reserve"`, `"reserved"`): false} {
		dir := t.TempDir()
		for name, data := range map[string]string{"main.tf": string(main), "operations_override.tf": text} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if out, err := exec.CommandContext(t.Context(), terraform, "-chdir="+dir, "fmt", "-check", "-diff").CombinedOutput(); err != nil {
			t.Errorf("terraform fmt: %v\n%s", err, out)
		}
		out, err := exec.CommandContext(t.Context(), terraform, "-chdir="+dir, "providers", "-no-color").CombinedOutput()
		if missing := strings.Contains(string(out), "Missing resource to override"); (err == nil) != fits || missing == fits {
			t.Errorf("terraform providers: %v\n%s", err, out)
		}
	}
}
