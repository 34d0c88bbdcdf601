package build

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/fngen/fngen/gen/internal/model"
)

// completed is a completion of the module in the folder, whose go.mod held the
// text "before" and go.sum nothing.
func completed(dir string) Completion {
	return Completion{
		Added: []string{"example.com/lib@v1.0.0"}, dir: dir, before: moduleFiles{mod: []byte("before")},
		files: map[string][]byte{"go.mod": []byte("after"), "go.sum": []byte("sums")},
	}
}

// A go.mod that is a link stays one, over however many links, and what it leads
// to is written, as long as that lies in the module's folder.
func TestSaveBehindLinks(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "vendor.mod")
	for name, of := range map[string]struct {
		links   map[string]string
		written string // "" if it is refused
	}{
		"no link":                {nil, "go.mod"},
		"a link":                 {map[string]string{"go.mod": "vendor.mod"}, "vendor.mod"},
		"links into a folder":    {map[string]string{"go.mod": "deep/next.mod", "deep/next.mod": "../vendor.mod"}, "vendor.mod"},
		"a link that leads out":  {map[string]string{"go.mod": outside}, ""},
		"links that lead out":    {map[string]string{"go.mod": "deep/next.mod", "deep/next.mod": outside}, ""},
		"a folder that lies out": {map[string]string{"go.mod": "deep/vendor.mod", "deep": filepath.Dir(outside)}, ""},
	} {
		dir := t.TempDir()
		file := filepath.Join(dir, of.written)
		if of.written == "" {
			file = outside
		}
		if err := os.WriteFile(file, []byte("before"), 0o640); err != nil {
			t.Fatal(err)
		}
		for link, to := range of.links {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, link)), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
				t.Skip("no links here:", err)
			}
		}
		err := completed(dir).Save()
		var findings model.Findings
		if isRefused := errors.As(err, &findings); isRefused != (of.written == "") || err != nil && !isRefused {
			t.Errorf("%s: error %v", name, err)
		}
		want := "after"
		if of.written == "" {
			want = "before"
			if _, err := os.Stat(filepath.Join(dir, "go.sum")); err == nil {
				t.Errorf("%s: go.sum was written though go.mod was not", name)
			}
		}
		if data, err := os.ReadFile(file); err != nil || string(data) != want {
			t.Errorf("%s: the file holds %q, %v; want %q", name, data, err, want)
		}
		if info, err := os.Lstat(filepath.Join(dir, "go.mod")); err != nil || (info.Mode()&fs.ModeSymlink != 0) != (of.links["go.mod"] != "") {
			t.Errorf("%s: go.mod is %v, %v", name, info.Mode(), err)
		}
	}
}

// What somebody else wrote since go.mod was read is not lost.
func TestSaveAfterChange(t *testing.T) {
	for _, name := range []string{"go.mod", "go.sum"} {
		dir := t.TempDir()
		for file, text := range map[string]string{"go.mod": "before", name: "of go get"} {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if err := completed(dir).Save(); err == nil {
			t.Errorf("%s: it has changed, and there is no error", name)
		}
		if data, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(data) != "of go get" {
			t.Errorf("%s holds %q, %v", name, data, err)
		}
	}
}
