package build

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/testkit/tool"
)

var archived = []model.File{
	{Path: "bootstrap", Data: bytes.Repeat([]byte("binary"), 1000), Executable: true},
	{Path: "exec.env", Data: []byte("image")},
	{Path: "vendor/modules.txt", Data: nil},
	{Path: "vendor/a/a.go", Data: []byte("package a")},
}

// An artifact's digest depends on what it holds alone.
func TestZipIsReproducible(t *testing.T) {
	first, err := Zip(archived)
	if err != nil {
		t.Fatal(err)
	}
	backwards := []model.File{archived[3], archived[2], archived[1], archived[0]}
	second, err := Zip(backwards)
	if err != nil {
		t.Fatal(err)
	}
	if sha256.Sum256(first) != sha256.Sum256(second) {
		t.Error("the same files in another order give another archive")
	}
	if backwards[0].Path != "vendor/a/a.go" {
		t.Error("Zip sorted its caller's files")
	}
}

// Platforms unpack the archive and run what is executable in it.
func TestZipContents(t *testing.T) {
	data, err := Zip(archived)
	if err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	type entry struct {
		Name string
		Mode fs.FileMode
		Size int
	}
	var got []entry
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		if !f.Modified.Equal(time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("%s has the time %v", f.Name, f.Modified)
		}
		if f.CreatorVersion>>8 != 3 {
			t.Errorf("%s was made on system %d; want 3, Unix, or unzip ignores the mode", f.Name, f.CreatorVersion>>8)
		}
		got = append(got, entry{f.Name, f.Mode(), len(content)})
	}
	want := []entry{{"bootstrap", 0o755, 6000}, {"exec.env", 0o644, 5}, {"vendor/a/a.go", 0o644, 9}, {"vendor/modules.txt", 0o644, 0}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entries differ (-want +got):\n%s", diff)
	}
}

// The modes survive the tool that people look into archives with.
func TestUnzip(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no modes")
	}
	unzip := tool.Path(t, "unzip")
	data, err := Zip(archived)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	name := filepath.Join(dir, "a.zip")
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(unzip, "-q", name, "-d", filepath.Join(dir, "out")).CombinedOutput(); err != nil {
		t.Fatalf("unzip: %v\n%s", err, out)
	}
	info, err := os.Stat(filepath.Join(dir, "out", "bootstrap"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm()&0o111 != 0o111 || info.Size() != 6000 {
		t.Errorf("bootstrap is %v, %d bytes", info.Mode(), info.Size())
	}
}

// An archive that the platform would not take is an error of the build, which
// names it and its size.
func TestArchiveLimit(t *testing.T) {
	a := model.Archive{Path: "go1.24/confirm.zip", Files: archived}
	data, err := Zip(archived)
	if err != nil {
		t.Fatal(err)
	}
	for limit, want := range map[int]string{
		0:             "",
		len(data):     "",
		len(data) - 1: fmt.Sprintf("go1.24/confirm.zip has %d bytes, above %d, the most that the platform takes; link and embed less, or leave the target out", len(data), len(data)-1),
	} {
		a.Limit = limit
		file, err := zipArchive(a)
		if got := fmt.Sprint(err); want == "" && (err != nil || !bytes.Equal(file, data)) || want != "" && got != want {
			t.Errorf("limit %d: got %v, want %q", limit, err, want)
		}
	}
}
