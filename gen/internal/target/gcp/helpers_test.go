package gcp_test

import (
	"strings"
	"testing"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/target/gcp"
)

func replaced(settings, pkg string) string { return strings.ReplaceAll(settings, "PACKAGE", pkg) }

// mainTF returns the main.tf of the application as the fngen.yaml has it.
func mainTF(t testing.TB, yaml string, app model.App) []byte {
	t.Helper()
	config := config.Parse([]byte(yaml), []string{"gcp"})
	target := gcp.New(config.Sections("gcp"))
	files, _, err := target.Infrastructure(app)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 1 || files[0].Path != "main.tf" {
		t.Fatalf("files %v", files)
	}
	return files[0].Data
}
