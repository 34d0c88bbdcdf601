package gcp_test

import (
	"os"
	"strings"
	"testing"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/testkit/tfschema"
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
	tfschema.Override(t, terraform, main, override, true)
	tfschema.Override(t, terraform, main, strings.ReplaceAll(override, `"reserve"`, `"reserved"`), false)
}
