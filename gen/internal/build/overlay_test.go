package build

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
)

// What fngen generated beside an entrypoint, and would delete, is not compiled
// with it, with whatever line ends git left it; what it did not is.
func TestOverlayHidesOthers(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, "entrypoints", "aws", "confirm-aws")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	header := output.Header[:len(output.Header)-1]
	for name, text := range map[string]string{"old.go": header + "\npackage main\n", "windows.go": header + "\r\npackage main\r\n", "own.go": "package main\n", "begun.go": header} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/shop\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	w, err := NewWorkspace(model.App{Root: dir, Module: model.Module{Dir: dir}}, []model.File{{Path: "entrypoints/aws/confirm-aws/main.go"}})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	data, err := os.ReadFile(filepath.Join(w.dir, "overlay.json"))
	if err != nil {
		t.Fatal(err)
	}
	var overlay struct{ Replace map[string]string }
	if err := json.Unmarshal(data, &overlay); err != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(overlay.Replace, func(_, by string) bool { return by != "" })
	want := []string{filepath.Join(folder, "old.go"), filepath.Join(folder, "windows.go")}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(overlay.Replace))); diff != "" {
		t.Errorf("hidden files differ (-want +got):\n%s", diff)
	}
}
