package build

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen/internal/model"
)

// builtOf is what was built for the target: the texts by their paths.
func builtOf(target string, texts map[string]string, others ...string) Built {
	b := Built{Target: target, Others: others}
	for path, text := range texts {
		b.Files = append(b.Files, newDistFile(path, []byte(text)))
	}
	return b
}

func testRoot(t *testing.T) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
}

func write(t *testing.T, root *os.Root, built ...Built) {
	t.Helper()
	if err := WriteDist(root, built); err != nil {
		t.Fatal(err)
	}
}

// tree returns the contents of dist/ by path. SHA256SUMS is shown by the paths
// that it has rightly.
func tree(t *testing.T, root *os.Root) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := fs.WalkDir(root.FS(), model.DistDir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := root.ReadFile(name)
		out[strings.TrimPrefix(name, model.DistDir+"/")] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	sums, err := readSums(root)
	if err != nil {
		t.Fatal(err)
	}
	out[SumsFile] = ""
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		if sums[name] == digest([]byte(out[name])) {
			out[SumsFile] += name + " "
		}
	}
	return out
}

func expect(t *testing.T, root *os.Root, want map[string]string) {
	t.Helper()
	if diff := cmp.Diff(want, tree(t, root)); diff != "" {
		t.Errorf("dist/ differs (-want +got):\n%s", diff)
	}
}

// A target's folder holds what was built and nothing of before; those of other
// targets stay, and SHA256SUMS has the digests of all.
func TestWriteDist(t *testing.T) {
	root := testRoot(t)
	write(t, root, builtOf("aws", map[string]string{"confirm.zip": "1", "old.zip": "2", "template.yaml": "3"}), builtOf("gcp", map[string]string{"confirm.zip": "4", "deep/er.tf": "5"}))
	expect(t, root, map[string]string{"aws/confirm.zip": "1", "aws/old.zip": "2", "aws/template.yaml": "3", "gcp/confirm.zip": "4", "gcp/deep/er.tf": "5",
		SumsFile: "aws/confirm.zip aws/old.zip aws/template.yaml gcp/confirm.zip gcp/deep/er.tf "})
	write(t, root, builtOf("aws", map[string]string{"confirm.zip": "6", "template.yaml": "3"}))
	expect(t, root, map[string]string{"aws/confirm.zip": "6", "aws/template.yaml": "3", "gcp/confirm.zip": "4", "gcp/deep/er.tf": "5",
		SumsFile: "aws/confirm.zip aws/template.yaml gcp/confirm.zip gcp/deep/er.tf "})
}

// Artifacts of functions that were not built stay, if they are there.
func TestWriteDistOfSome(t *testing.T) {
	root := testRoot(t)
	write(t, root, builtOf("aws", map[string]string{"a.zip": "1", "b.zip": "2", "gone.zip": "3", "template.yaml": "4"}))
	write(t, root, builtOf("aws", map[string]string{"a.zip": "5", "template.yaml": "6"}, "b.zip", "never.zip"))
	expect(t, root, map[string]string{"aws/a.zip": "5", "aws/b.zip": "2", "aws/template.yaml": "6", SumsFile: "aws/a.zip aws/b.zip aws/template.yaml "})
}

// What comes without data is taken from the folder as it was, and what has not
// changed is not written.
func TestWriteDistKeepsFiles(t *testing.T) {
	root := testRoot(t)
	first := builtOf("aws", map[string]string{"a.zip": "1", "b.zip": "2"})
	write(t, root, first)
	before, err := root.Stat("dist/aws")
	if err != nil {
		t.Fatal(err)
	}
	same := first
	same.Files = append([]DistFile{}, first.Files...)
	same.Files[0].Data = nil
	write(t, root, same)
	if after, err := root.Stat("dist/aws"); err != nil || !os.SameFile(before, after) {
		t.Errorf("the folder was written though nothing has changed (%v)", err)
	}
	same.Files = append(same.Files, newDistFile("c.zip", []byte("3")))
	write(t, root, same)
	expect(t, root, map[string]string{"aws/a.zip": "1", "aws/b.zip": "2", "aws/c.zip": "3", SumsFile: "aws/a.zip aws/b.zip aws/c.zip "})

	if err := root.WriteFile("dist/aws/b.zip", []byte("x"), 0o644); err != nil { // of the same size
		t.Fatal(err)
	}
	write(t, root, builtOf("aws", map[string]string{"a.zip": "1", "b.zip": "2", "c.zip": "3"}))
	expect(t, root, map[string]string{"aws/a.zip": "1", "aws/b.zip": "2", "aws/c.zip": "3", SumsFile: "aws/a.zip aws/b.zip aws/c.zip "})
}

// If anything cannot be written, all targets stay as they were, and nothing
// half made is left.
func TestWriteDistFails(t *testing.T) {
	earlier := map[string]string{"aws/a.zip": "1", "gcp/a.zip": "2", SumsFile: "aws/a.zip gcp/a.zip "}
	aws := builtOf("aws", map[string]string{"a.zip": "new"})
	for name, built := range map[string][]Built{
		"a file in the place of a folder": {aws, {Target: "gcp", Files: []DistFile{newDistFile("a", []byte("1")), newDistFile("a/b", []byte("2"))}}},
		"a path out of dist/":             {aws, builtOf("gcp", map[string]string{"../../../a.zip": "new"})},
		"a file that is gone":             {aws, {Target: "gcp", Files: []DistFile{{Path: "b.zip"}}}},
	} {
		root := testRoot(t)
		write(t, root, builtOf("aws", map[string]string{"a.zip": "1"}), builtOf("gcp", map[string]string{"a.zip": "2"}))
		if err := WriteDist(root, built); err == nil {
			t.Errorf("%s: no error", name)
		}
		expect(t, root, earlier)
		left, err := filepath.Glob(filepath.Join(root.Name(), "dist", ".*"))
		if err != nil || len(left) > 0 {
			t.Errorf("%s: left behind %v, %v", name, left, err)
		}
	}
}

// A swap that fails midway is undone.
func TestReplaceAll(t *testing.T) {
	root := testRoot(t)
	write(t, root, builtOf("aws", map[string]string{"a.zip": "1"}), builtOf("gcp", map[string]string{"a.zip": "2"}))
	for _, name := range []string{"aws", "new", "gcp"} {
		if err := writeFolder(root, name, []DistFile{newDistFile("a.zip", []byte("new"))}); err != nil {
			t.Fatal(err)
		}
	}
	if err := replaceAll(root, []string{"aws", "new", "absent", "gcp"}); err == nil {
		t.Error("no error though there is nothing to put in the place of absent")
	}
	for name, want := range map[string]string{"aws": "1", "gcp": "2"} {
		if data, err := root.ReadFile("dist/" + name + "/a.zip"); err != nil || string(data) != want {
			t.Errorf("%s: %q, %v; want %q", name, data, err, want)
		}
	}
	if _, err := root.Stat("dist/new"); err == nil {
		t.Error("dist/new, which was not there before, is there")
	}
}

// A folder that cannot be written is an error that names it, and no more.
func TestWriteDistUnwritable(t *testing.T) {
	for name, spoil := range map[string]func(root *os.Root) error{
		"a file":                func(root *os.Root) error { return root.WriteFile("dist", []byte("own"), 0o644) },
		"a link that leads out": func(root *os.Root) error { return root.Symlink(os.TempDir(), "dist") },
	} {
		root := testRoot(t)
		if err := spoil(root); err != nil {
			t.Fatal(err)
		}
		before, err := root.Lstat("dist")
		if err != nil {
			t.Fatal(err)
		}
		if err := WriteDist(root, []Built{builtOf("aws", map[string]string{"a.zip": "1"})}); err == nil || !strings.Contains(err.Error(), "dist") {
			t.Errorf("%s: error %v", name, err)
		}
		if after, err := root.Lstat("dist"); err != nil || !os.SameFile(before, after) {
			t.Errorf("%s: it is not there any more (%v)", name, err)
		}
	}
}
