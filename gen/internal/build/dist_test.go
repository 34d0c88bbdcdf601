package build

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen/internal/model"
)

// builtOf is what was built for the target: the texts by their paths.
func builtOf(target string, texts map[string]string, others ...string) Built {
	b := Built{Target: target, Go: "go1.26.8", Others: others}
	for _, path := range slices.Sorted(maps.Keys(texts)) {
		b.Files = append(b.Files, newDistFile(path, []byte(texts[path])))
	}
	return b
}

// put lays a file of the user's into the application.
func put(t *testing.T, root *os.Root, name, text string) {
	t.Helper()
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := root.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
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
	if _, err := WriteDist(root, built); err != nil {
		t.Fatal(err)
	}
}

// refused demands that the build is refused for what lies at the paths, all of
// them, with a way out, and that nothing is written.
func refused(t *testing.T, root *os.Root, built Built, want ...string) {
	t.Helper()
	before := files(t, root)
	_, err := WriteDist(root, []Built{built})
	var findings model.Findings
	if !errors.As(err, &findings) {
		t.Fatalf("error %v; want findings", err)
	}
	var got []string
	for _, f := range findings {
		got = append(got, string(f.Code)+" "+f.Pos.Filename)
		if !strings.Contains(f.Message, "; ") || !strings.Contains(f.Message, "delete it") {
			t.Errorf("%s: no way out", f)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings differ (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, files(t, root)); diff != "" {
		t.Errorf("a refused build changed files (-before +after):\n%s", diff)
	}
}

// files returns the contents of dist/ by path.
func files(t *testing.T, root *os.Root) map[string]string {
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
	return out
}

// tree returns the contents of dist/ by path, but for records. SHA256SUMS is
// shown by the paths that it has rightly.
func tree(t *testing.T, root *os.Root) map[string]string {
	t.Helper()
	out := files(t, root)
	sums, err := readSums(root)
	if err != nil {
		t.Fatal(err)
	}
	out[SumsFile] = ""
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		switch {
		case sums[name] != digest([]byte(out[name])):
			t.Errorf("SHA256SUMS has another digest of %s", name)
		case path.Base(name) != RecordFile:
			out[SumsFile] += name + " "
		}
	}
	for name := range out {
		if path.Base(name) == RecordFile {
			if sums[name] == "" {
				t.Errorf("SHA256SUMS has no digest of %s", name)
			}
			delete(out, name)
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
	before, err := root.Stat("dist/aws/b.zip")
	if err != nil {
		t.Fatal(err)
	}
	same := first
	same.Files = append([]DistFile{}, first.Files...)
	same.Files[0].Data = nil
	write(t, root, same)
	if after, err := root.Stat("dist/aws/b.zip"); err != nil || !os.SameFile(before, after) {
		t.Errorf("the file was written though nothing has changed (%v)", err)
	}
	same.Files = append(same.Files, newDistFile("c.zip", []byte("3")))
	write(t, root, same)
	expect(t, root, map[string]string{"aws/a.zip": "1", "aws/b.zip": "2", "aws/c.zip": "3", SumsFile: "aws/a.zip aws/b.zip aws/c.zip "})
}

// If anything cannot be written, all targets stay as they were, and nothing
// half made is left.
func TestWriteDistFails(t *testing.T) {
	earlier := map[string]string{"aws/a.zip": "1", "gcp/a.zip": "2", SumsFile: "aws/a.zip gcp/a.zip "}
	aws := builtOf("aws", map[string]string{"a.zip": "new"})
	for name, built := range map[string][]Built{
		"a file in the place of a folder": {aws, {Target: "gcp", Go: "go1", Files: []DistFile{newDistFile("a", []byte("1")), newDistFile("a/b", []byte("2"))}}},
		"a path out of dist/":             {aws, builtOf("gcp", map[string]string{"../../../a.zip": "new"})},
		"a file that is gone":             {aws, {Target: "gcp", Files: []DistFile{{Path: "b.zip"}}}},
	} {
		root := testRoot(t)
		write(t, root, builtOf("aws", map[string]string{"a.zip": "1"}), builtOf("gcp", map[string]string{"a.zip": "2"}))
		if _, err := WriteDist(root, built); err == nil {
			t.Errorf("%s: no error", name)
		}
		expect(t, root, earlier)
		left, err := filepath.Glob(filepath.Join(root.Name(), "dist", ".*"))
		if err != nil || len(left) > 0 {
			t.Errorf("%s: left behind %v, %v", name, left, err)
		}
	}
}

// A swap that fails midway is undone, with the folders that it made.
func TestSwap(t *testing.T) {
	root := testRoot(t)
	put(t, root, "dist/aws/a.zip", "1")
	put(t, root, "dist/aws/deep/er/b.zip", "2")
	put(t, root, "dist/.fngen-ABCDEFGHIJKLMNOPQRSTUVWXYZ/1", "of a process that was killed")
	before := files(t, root)
	delete(before, ".fngen-ABCDEFGHIJKLMNOPQRSTUVWXYZ/1")
	for _, keep := range []bool{false, true} {
		s, err := newSwap(root)
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range []error{
			s.put("dist/aws/a.zip", []byte("new")), s.put("dist/gcp/new/c.zip", []byte("new")), s.put("dist/gcp/new/c.zip", []byte("again")),
			s.remove("dist/aws/deep/er/b.zip"),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		s.end(keep)
		want := before
		if keep {
			want = map[string]string{"aws/a.zip": "new", "gcp/new/c.zip": "again"}
		}
		if diff := cmp.Diff(want, files(t, root)); diff != "" {
			t.Errorf("kept %t: files differ (-want +got):\n%s", keep, diff)
		}
		for name, want := range map[string]bool{"dist/gcp": keep, "dist/aws/deep": !keep, "dist/aws": true} {
			if _, err := root.Stat(name); (err == nil) != want {
				t.Errorf("kept %t: %s is there: %t", keep, name, err == nil)
			}
		}
	}
}

// What fngen did not write stays whatever is built, and is said: files, folders
// and links, in a folder of fngen's as well.
func TestWriteDistKeepsForeignFiles(t *testing.T) {
	root := testRoot(t)
	write(t, root, builtOf("gcp", map[string]string{"a.zip": "1", "b.zip": "2", "go1.23/a.zip": "3"}))
	own := map[string]string{
		"dist/gcp/terraform.tfstate": "state", "dist/gcp/.terraform/providers/x": "plugin", "dist/gcp/go1.23/notes.txt": "mine", "dist/notes.md": "mine", "dist/app/app.exe": "mine",
	}
	for name, text := range own {
		put(t, root, name, text)
	}
	if err := root.Symlink("notes.md", "dist/gcp/link"); err != nil {
		t.Skip("no links here:", err)
	}
	want := []string{"dist/gcp/.terraform/", "dist/gcp/go1.23/", "dist/gcp/link", "dist/gcp/terraform.tfstate"}
	for _, built := range []Built{
		builtOf("gcp", map[string]string{"a.zip": "1", "b.zip": "2"}),
		builtOf("gcp", map[string]string{"a.zip": "1", "b.zip": "2"}), // unchanged
		builtOf("gcp", map[string]string{"a.zip": "4"}, "b.zip"),
		builtOf("gcp", map[string]string{"c.zip": "5"}),
	} {
		others, err := WriteDist(root, []Built{built})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, others); diff != "" {
			t.Errorf("foreign files differ (-want +got):\n%s", diff)
		}
		for name, text := range own {
			if data, err := root.ReadFile(name); err != nil || string(data) != text {
				t.Errorf("%s: %q, %v", name, data, err)
			}
		}
	}
	if _, err := root.Lstat("dist/gcp/link"); err != nil {
		t.Error(err)
	}
	sums, err := readSums(root)
	if diff := cmp.Diff([]string{"gcp/build.json", "gcp/c.zip"}, slices.Sorted(maps.Keys(sums))); err != nil || diff != "" {
		t.Errorf("SHA256SUMS (-want +got), %v:\n%s", err, diff)
	}
}

// A file that fngen did not write, or that was edited since, is not replaced.
// Where it went, the build goes on.
func TestWriteDistRefuses(t *testing.T) {
	root := testRoot(t)
	put(t, root, "dist/gcp/main.tf", "mine")
	put(t, root, "dist/gcp/deep", "mine")
	first := builtOf("gcp", map[string]string{"main.tf": "1", "a.zip": "1", "deep/er.zip": "1"})
	refused(t, root, first, "file-foreign dist/gcp/deep", "file-foreign dist/gcp/main.tf")
	for _, name := range []string{"main.tf", "deep"} {
		if err := root.Remove("dist/gcp/" + name); err != nil {
			t.Fatal(err)
		}
	}
	write(t, root, first)

	put(t, root, "dist/gcp/main.tf", "1 and mine")
	put(t, root, "dist/gcp/a.zip", "x")
	refused(t, root, first, "file-edited dist/gcp/a.zip", "file-edited dist/gcp/main.tf")
	write(t, root, builtOf("gcp", map[string]string{"main.tf": "1 and mine", "b.zip": "1", "a.zip": "x"})) // as it is already
	put(t, root, "dist/gcp/b.zip", "edited")
	others, err := WriteDist(root, []Built{builtOf("gcp", map[string]string{"main.tf": "2", "a.zip": "2"})})
	if diff := cmp.Diff([]string{"dist/gcp/b.zip"}, others); err != nil || diff != "" {
		t.Errorf("an edited file of a function that is gone is the user's (-want +got), %v:\n%s", err, diff)
	}
	if err := root.Remove("dist/gcp/main.tf"); err != nil {
		t.Fatal(err)
	}
	if err := root.Symlink("../../own.tf", "dist/gcp/main.tf"); err != nil {
		t.Skip("no links here:", err)
	}
	put(t, root, "own.tf", "2")
	refused(t, root, builtOf("gcp", map[string]string{"main.tf": "3", "a.zip": "2"}), "file-foreign dist/gcp/main.tf")
}

// Something else in the place of a record or of SHA256SUMS is not replaced.
func TestWriteDistRefusesOtherRecords(t *testing.T) {
	for name, code := range map[string]string{"dist/aws/build.json": "file-foreign", "dist/SHA256SUMS": "file-foreign"} {
		for _, text := range []string{"mine", "{}", `{"target": "aws", "go": "go1", "files": [{"path": "../../shop.go"}]}`, `{"target": "gcp", "go": "go1"}`} {
			root := testRoot(t)
			put(t, root, name, text)
			refused(t, root, builtOf("aws", map[string]string{"a.zip": "1"}), code+" "+name)
		}
	}
}

// A record that names files outside of the folder has none of them deleted.
func TestRecordReachesNoOtherFile(t *testing.T) {
	root := testRoot(t)
	put(t, root, "shop.go", "package shop")
	for _, path := range []string{"../../shop.go", "/shop.go", ".", "build.json", "a/../../../shop.go"} {
		r := Record{Target: "aws", Go: "go1", Files: []DistFile{newDistFile(path, []byte("package shop"))}}
		text, err := r.format()
		if err != nil {
			t.Fatal(err)
		}
		put(t, root, "dist/aws/build.json", string(text))
		refused(t, root, builtOf("aws", map[string]string{"a.zip": "1"}), "file-foreign dist/aws/build.json")
	}
}

// Files that git gave other line ends are fngen's still, and are written as
// they should be.
func TestWriteDistAfterGit(t *testing.T) {
	root := testRoot(t)
	write(t, root, builtOf("aws", map[string]string{"a.zip": "1\n", "a.cdx.json": "{\n}\n", "template.yaml": "a: 1\n"}))
	for _, name := range []string{"aws/template.yaml", "aws/a.cdx.json", "aws/build.json", "SHA256SUMS"} {
		text, err := root.ReadFile("dist/" + name)
		if err != nil {
			t.Fatal(err)
		}
		put(t, root, "dist/"+name, strings.ReplaceAll(string(text), "\n", "\r\n"))
	}
	if c, err := Compare(root, []string{"aws"}, []Built{builtOf("aws", map[string]string{"a.zip": "1\n", "a.cdx.json": "{\n}\n", "template.yaml": "a: 1\n"})}); err != nil || len(c.Differences) > 0 || c.Files != 4 {
		t.Errorf("compared: %+v, %v", c, err)
	}
	write(t, root, builtOf("aws", map[string]string{"a.zip": "1\n", "a.cdx.json": "{\n}\n", "template.yaml": "a: 2\n"}))
	expect(t, root, map[string]string{"aws/a.zip": "1\n", "aws/a.cdx.json": "{\n}\n", "aws/template.yaml": "a: 2\n", SumsFile: "aws/a.cdx.json aws/a.zip aws/template.yaml "})
	put(t, root, "dist/aws/a.zip", "1\r\n") // which has no lines
	refused(t, root, builtOf("aws", map[string]string{"a.zip": "2\n"}), "file-edited dist/aws/a.zip")
}

// A folder that was built before there were records is taken over: what
// SHA256SUMS lists is fngen's as long as it is as listed. That fngen listed all
// that lay in a folder, so that nothing but artifacts is deleted.
func TestWriteDistWithoutRecord(t *testing.T) {
	texts := map[string]string{"gone.zip": "1", "gone.cdx.json": "2", "main.tf": "3", "a.zip": "4", "terraform.tfstate": "state", "own.zip": "5"}
	old := func() *os.Root {
		root := testRoot(t)
		sums := map[string]string{}
		for name, text := range texts {
			put(t, root, "dist/gcp/"+name, text)
			sums["gcp/"+name] = digest([]byte(text))
		}
		put(t, root, "dist/SHA256SUMS", string(formatSums(sums)))
		return root
	}
	root := old()
	write(t, root, builtOf("gcp", map[string]string{"main.tf": "new", "a.zip": "new"}))
	expect(t, root, map[string]string{"gcp/main.tf": "new", "gcp/a.zip": "new", "gcp/terraform.tfstate": "state", "gcp/own.zip": "5", SumsFile: "gcp/a.zip gcp/main.tf "})

	root = old()
	put(t, root, "dist/gcp/main.tf", "3 and mine")
	refused(t, root, builtOf("gcp", map[string]string{"main.tf": "new", "a.zip": "new"}), "file-edited dist/gcp/main.tf")

	root = old()
	write(t, root, builtOf("aws", map[string]string{"a.zip": "1"}))
	if sums, err := readSums(root); err != nil || len(sums) != len(texts)+2 {
		t.Errorf("building for aws leaves gcp as it was listed: %v, %v", sums, err)
	}
}

// Whenever the process ends, what it wrote is known to be fngen's.
func TestWriteDistInterrupted(t *testing.T) {
	first, second := builtOf("aws", map[string]string{"a.zip": "1", "b.zip": "1", "c.zip": "1"}), builtOf("aws", map[string]string{"a.zip": "2", "b.zip": "2", "d.zip": "2"})
	third := builtOf("aws", map[string]string{"a.zip": "3", "b.zip": "3", "d.zip": "3"})
	const steps = 6 // record, c.zip gone, three files, record
	for done := range steps {
		root := testRoot(t)
		write(t, root, first)
		f, err := newFolder(root, second, nil)
		if err != nil {
			t.Fatal(err)
		}
		s, err := newSwap(root)
		if err != nil {
			t.Fatal(err)
		}
		all := f.steps(s)
		if len(all) != steps {
			t.Fatalf("%d steps, want %d", len(all), steps)
		}
		for _, step := range all[:done] {
			if err := step(); err != nil {
				t.Fatal(err)
			}
		}
		if err := CheckEnvironment(root, "aws", "", []string{"b"}); (err != nil) != (done > 0) {
			t.Errorf("after %d steps: a build of some functions: %v", done, err)
		}
		write(t, root, third)
		expect(t, root, map[string]string{"aws/a.zip": "3", "aws/b.zip": "3", "aws/d.zip": "3", SumsFile: "aws/a.zip aws/b.zip aws/d.zip "})
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
		if _, err := WriteDist(root, []Built{builtOf("aws", map[string]string{"a.zip": "1"})}); err == nil || !strings.Contains(err.Error(), "dist") {
			t.Errorf("%s: error %v", name, err)
		}
		if after, err := root.Lstat("dist"); err != nil || !os.SameFile(before, after) {
			t.Errorf("%s: it is not there any more (%v)", name, err)
		}
	}
}
