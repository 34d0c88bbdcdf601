package discover

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const handler = `package shop

import "context"

//fn:queue orders
func Confirm(ctx context.Context, order string) error { return nil }
`

// A scan reads what ./... means in the application's root and nothing that is
// generated, whether or not the root is reached through a link.
func TestScanDir(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example.com/shop\n", "shop.go": handler, "deep/er/er.go": handler, "internal/dist/d.go": handler, "sub/entrypoints/e.go": handler,
		// Not read:
		"entrypoints/aws/e.go": handler, "dist/d.go": handler, "vendor/v/v.go": handler, "testdata/t.go": handler, ".hidden/h.go": handler,
		"_old/o.go": handler, "nested/go.mod": "module example.com/nested\n", "nested/n.go": handler, "_shop.go": handler, ".shop.go": handler, "shop.txt": handler,
	} {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
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
		if diff := cmp.Diff([]string{"deep/er/er.go", "internal/dist/d.go", "shop.go", "sub/entrypoints/e.go"}, slices.Sorted(maps.Keys(got))); diff != "" {
			t.Errorf("files read differ (-want +got):\n%s", diff)
		}
	}
}
