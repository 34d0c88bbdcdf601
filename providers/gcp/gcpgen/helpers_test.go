package gcpgen_test

import (
	"strings"
	"testing"

	"github.com/fngen/fngen/gen"
	"github.com/fngen/fngen/providers/gcp/gcpgen"
)

func replaced(settings, pkg string) string { return strings.ReplaceAll(settings, "PACKAGE", pkg) }

// mainTF returns the main.tf of the application as the fngen.yaml has it.
func mainTF(t testing.TB, yaml string, app gen.App) []byte {
	t.Helper()
	config := gen.ParseConfig([]byte(yaml), []string{"gcp"})
	target := gcpgen.New(config.Target("gcp"), config.Resources("gcp"))
	files, err := target.Infrastructure(app)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 1 || files[0].Path != "main.tf" {
		t.Fatalf("files %v", files)
	}
	return files[0].Data
}
