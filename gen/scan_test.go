package gen

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func sortedKeys(set map[string]bool) []string {
	var keys []string
	for k := range set {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

const handler = `package shop

import "context"

//fn:queue orders
func Confirm(ctx context.Context, order string) error { return nil }
`

// A scan reads what ./... means in the application's root and nothing that is
// generated, whether or not the root is reached through a link.
func TestScanDir(t *testing.T) {
	dir, _ := application(t, map[string]string{
		"go.mod": "module example.com/shop\n", "shop.go": handler, "deep/er/er.go": handler, "internal/dist/d.go": handler, "sub/entrypoints/e.go": handler,
		// Not read:
		"entrypoints/aws/e.go": handler, "dist/d.go": handler, "vendor/v/v.go": handler, "testdata/t.go": handler, ".hidden/h.go": handler,
		"_old/o.go": handler, "nested/go.mod": "module example.com/nested\n", "nested/n.go": handler, "_shop.go": handler, ".shop.go": handler, "shop.txt": handler,
	})
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	for _, root := range []string{dir, link} {
		scan, err := ScanDir(root, []string{"aws"})
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]bool{}
		for _, c := range scan.candidates {
			got[c.file] = true
		}
		if diff := cmp.Diff([]string{"deep/er/er.go", "internal/dist/d.go", "shop.go", "sub/entrypoints/e.go"}, sortedKeys(got)); diff != "" {
			t.Errorf("files read differ (-want +got):\n%s", diff)
		}
	}
}

// Diagnostics come in the order of the files, each once.
func TestSortDiagnostics(t *testing.T) {
	at := func(file string, line, column int, message string, severity Severity) Diagnostic {
		p := Diagnostic{Message: message, Severity: severity}
		p.Pos.Filename, p.Pos.Line, p.Pos.Column = file, line, column
		return p
	}
	got := SortDiagnostics([]Diagnostic{
		at("b.go", 1, 1, "b", Error), at("a.go", 10, 1, "late", Error), at("a.go", 9, 2, "column", Warning), at("a.go", 9, 1, "z", Error),
		at("a.go", 9, 1, "a", Error), at("b.go", 1, 1, "b", Error),
	})
	var text []string
	for _, p := range got {
		text = append(text, p.String())
	}
	want := []string{"a.go:9:1: a", "a.go:9:1: z", "a.go:9:2: warning: column", "a.go:10:1: late", "b.go:1:1: b"}
	if diff := cmp.Diff(want, text); diff != "" {
		t.Errorf("diagnostics differ (-want +got):\n%s", diff)
	}
	if Failed(got[2:3]) || !Failed(got) || Failed(nil) {
		t.Error("a warning fails nothing, an error does")
	}
}
