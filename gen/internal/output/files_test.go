package output

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen/internal/build/gocmd"
	"github.com/fngen/fngen/gen/internal/model"
)

const (
	ours   = Header + "package main\n"
	theirs = "package main\n\nfunc helper() {}\n"
)

// application returns a folder with the files, and its root.
func application(t *testing.T, files map[string]string) (string, *os.Root) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return dir, root
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	got := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		got[gocmd.Relative(dir, name)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// Generation writes what is missing or changed, deletes what it wrote for
// functions that are gone, and leaves all else alone.
func TestChanges(t *testing.T) {
	const folder = "entrypoints/aws/"
	dir, root := application(t, map[string]string{
		folder + "same-aws/main.go":       ours,
		folder + "changed-aws/main.go":    ours + "var old int\n",
		folder + "changed-aws/helper.go":  theirs,
		folder + "gone-aws/main.go":       ours,
		folder + "kept-aws/main.go":       ours,
		folder + "kept-aws/README.md":     ours,
		"entrypoints/gcp/gone-gcp/f.go":   ours,
		"entrypoints/aws/own/own.go":      theirs,
		"elsewhere/generated/by-fngen.go": ours,
	})
	files := []model.File{
		{Path: folder + "same-aws/main.go", Data: []byte(ours)},
		{Path: folder + "changed-aws/main.go", Data: []byte(ours)},
		{Path: folder + "new-aws/main.go", Data: []byte(ours)},
	}
	changes, err := Changes(root, []string{"aws"}, files)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range changes {
		got = append(got, c.Reason+" "+c.Path)
	}
	want := []string{
		"changed " + folder + "changed-aws/main.go",
		"orphaned " + folder + "gone-aws/main.go",
		"orphaned " + folder + "kept-aws/main.go",
		"missing " + folder + "new-aws/main.go",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("changes differ (-want +got):\n%s", diff)
	}
	if err := Apply(root, changes); err != nil {
		t.Fatal(err)
	}
	after := map[string]string{
		folder + "same-aws/main.go":       ours,
		folder + "changed-aws/main.go":    ours,
		folder + "changed-aws/helper.go":  theirs,
		folder + "new-aws/main.go":        ours,
		folder + "kept-aws/README.md":     ours,
		"entrypoints/gcp/gone-gcp/f.go":   ours, // of a target that was not asked for
		"entrypoints/aws/own/own.go":      theirs,
		"elsewhere/generated/by-fngen.go": ours,
	}
	if diff := cmp.Diff(after, contents(t, dir)); diff != "" {
		t.Errorf("files differ (-want +got):\n%s", diff)
	}
	if exists(filepath.Join(dir, folder, "gone-aws")) {
		t.Error("the empty folder of a function that is gone is still there")
	}
	if again, err := Changes(root, []string{"aws"}, files); err != nil || len(again) > 0 {
		t.Errorf("after Apply there is more to do: %v, %v", again, err)
	}
}

// The last function of a target leaves no empty folder behind.
func TestApplyRemovesEmptyFolders(t *testing.T) {
	dir, root := application(t, map[string]string{"entrypoints/aws/gone-aws/main.go": ours, "go.mod": ""})
	changes, err := Changes(root, []string{"aws"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := Apply(root, changes); err != nil {
		t.Fatal(err)
	}
	if exists(filepath.Join(dir, "entrypoints")) || !exists(filepath.Join(dir, "go.mod")) {
		t.Error("want entrypoints/ gone and all else there")
	}
}

// A file that fngen did not write is never overwritten, and every such file is
// named at once.
func TestChangesRefusesForeignFiles(t *testing.T) {
	_, root := application(t, map[string]string{"entrypoints/aws/a-aws/main.go": theirs, "entrypoints/aws/b-aws/main.go": ""})
	_, err := Changes(root, []string{"aws"}, []model.File{
		{Path: "entrypoints/aws/a-aws/main.go", Data: []byte(ours)},
		{Path: "entrypoints/aws/b-aws/main.go", Data: []byte(ours)},
	})
	const want = "entrypoints/aws/a-aws/main.go: error: this was not written by fngen; move it elsewhere, or delete it to have it generated [file-foreign]\n" +
		"entrypoints/aws/b-aws/main.go: error: this was not written by fngen; move it elsewhere, or delete it to have it generated [file-foreign]"
	var findings model.Findings
	if !errors.As(err, &findings) || err.Error() != want {
		t.Errorf("error %v; want %s", err, want)
	}
}

// Files that git gave other line ends are as they were generated: they are
// neither foreign nor changed, and orphans among them go.
func TestChangesAfterGit(t *testing.T) {
	const folder = "entrypoints/aws/"
	windows := func(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }
	dir, root := application(t, map[string]string{
		folder + "same-aws/main.go":    windows(ours),
		folder + "changed-aws/main.go": windows(ours + "var old int\n"),
		folder + "gone-aws/main.go":    windows(ours),
		folder + "own-aws/main.go":     windows(theirs),
	})
	changes, err := Changes(root, []string{"aws"}, []model.File{
		{Path: folder + "same-aws/main.go", Data: []byte(ours)},
		{Path: folder + "changed-aws/main.go", Data: []byte(ours)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := Apply(root, changes); err != nil {
		t.Fatal(err)
	}
	after := map[string]string{
		folder + "same-aws/main.go":    windows(ours),
		folder + "changed-aws/main.go": ours,
		folder + "own-aws/main.go":     windows(theirs),
	}
	if diff := cmp.Diff(after, contents(t, dir)); diff != "" {
		t.Errorf("files differ (-want +got):\n%s", diff)
	}
}

// What is written beside a file until it is whole has a name of its own: no
// file or link that lies there is written, and nothing is left.
func TestWriteFileBesideOthers(t *testing.T) {
	dir, root := application(t, map[string]string{"shop.go": theirs, "main.go": ours, "main.go.old": "mine"})
	for _, name := range []string{"main.go.tmp", "main.go.1.tmp"} {
		if err := os.Symlink("shop.go", filepath.Join(dir, name)); err != nil {
			t.Skip("no links here:", err)
		}
	}
	if err := os.Chmod(filepath.Join(dir, "main.go"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(root, "main.go", []byte("new")); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"shop.go": theirs, "main.go": "new", "main.go.old": "mine", "main.go.tmp": theirs, "main.go.1.tmp": theirs}
	if diff := cmp.Diff(want, contents(t, dir)); diff != "" {
		t.Errorf("files differ (-want +got):\n%s", diff)
	}
	if info, err := os.Stat(filepath.Join(dir, "main.go")); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the file's permissions are %v, %v", info.Mode(), err)
	}
	if err := WriteNew(root, "main.go.tmp", []byte("new")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a link is there already, and the error is %v", err)
	}
}

// A link in the place of an entrypoint is the user's, wherever it leads.
func TestChangesRefusesLinks(t *testing.T) {
	for _, to := range []string{"../kept-aws/main.go", "../../../shop.go", "nowhere"} {
		dir, root := application(t, map[string]string{"entrypoints/aws/kept-aws/main.go": ours, "shop.go": theirs, "entrypoints/aws/a-aws/README.md": ""})
		if err := os.Symlink(to, filepath.Join(dir, "entrypoints/aws/a-aws/main.go")); err != nil {
			t.Skip("no links here:", err)
		}
		_, err := Changes(root, []string{"aws"}, []model.File{{Path: "entrypoints/aws/a-aws/main.go", Data: []byte(ours + "// new\n")}})
		var findings model.Findings
		if !errors.As(err, &findings) || len(findings) != 1 || findings[0].Pos.Filename != "entrypoints/aws/a-aws/main.go" {
			t.Errorf("a link to %s: error %v", to, err)
		}
	}
}

// Nothing is read, written or deleted through a link that leads out of the
// application.
func TestLinksOutOfTheRoot(t *testing.T) {
	for _, link := range []string{"entrypoints", "entrypoints/aws", "entrypoints/aws/a-aws", "entrypoints/aws/a-aws/main.go"} {
		t.Run(link, func(t *testing.T) {
			outside := t.TempDir()
			for _, name := range []string{"main.go", "a-aws/main.go", "aws/a-aws/main.go"} {
				if err := os.MkdirAll(filepath.Dir(filepath.Join(outside, name)), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(outside, name), []byte(ours), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			before := contents(t, outside)
			dir, root := application(t, nil)
			name := filepath.Join(dir, link)
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				t.Fatal(err)
			}
			to := outside
			if strings.HasSuffix(link, ".go") {
				to = filepath.Join(outside, "main.go")
			}
			if err := os.Symlink(to, name); err != nil {
				t.Fatal(err)
			}
			file := model.File{Path: "entrypoints/aws/a-aws/main.go", Data: []byte(ours + "// new\n")}
			if _, err := Changes(root, []string{"aws"}, []model.File{file}); err == nil {
				t.Error("Changes follows the link")
			}
			// Even of a change that was found before the link was there.
			err := Apply(root, []Change{{Path: file.Path, Reason: "changed", file: file}})
			if err == nil && !strings.HasSuffix(link, ".go") {
				t.Error("Apply follows the link")
			}
			if diff := cmp.Diff(before, contents(t, outside)); diff != "" {
				t.Errorf("files outside changed (-before +after):\n%s", diff)
			}
		})
	}
}
