package acceptance

import (
	"archive/zip"
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// archive returns the path of the zip file of target/function.
func (a *application) archive(t *testing.T, name string) string {
	t.Helper()
	path, ok := a.archives[name]
	if !ok {
		t.Fatalf("fngen build made no %s", name)
	}
	return path
}

// A file is an entry of an archive.
type file struct {
	name string
	mode fs.FileMode
	data []byte
}

// read returns the entries of the archive in their order.
func read(t *testing.T, archive string) []file {
	t.Helper()
	r, err := zip.OpenReader(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var files []file
	for _, entry := range r.File {
		in, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(in)
		if err != nil {
			t.Fatalf("%s: %v", entry.Name, err)
		}
		in.Close()
		files = append(files, file{entry.Name, entry.Mode(), data})
	}
	return files
}

// unpack writes the archive's files into a new folder, with their modes.
func unpack(t *testing.T, archive string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range read(t, archive) {
		name := filepath.Join(dir, filepath.FromSlash(f.name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.data, f.mode); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Every function that is meant for a target is there, and no other.
func TestArtifacts(t *testing.T) {
	a := app(t)
	want := []string{
		"aws/bills", "aws/image", "aws/menu", "aws/picture", "aws/placed", "aws/receive", "aws/relay", "aws/soak", "aws/stock",
		"gcp/bills", "gcp/menu", "gcp/picture", "gcp/placed", "gcp/purchase", "gcp/receive", "gcp/relay", "gcp/soak", "gcp/stock",
		"openwhisk/bills", "openwhisk/menu", "openwhisk/placed", "openwhisk/receive", "openwhisk/relay", "openwhisk/soak", "openwhisk/stock",
	}
	var got []string
	for name := range a.archives {
		got = append(got, name)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("artifacts: got %q, want %q", got, want)
	}
}

// What lies beside the code without being part of it does not leave the
// machine, nor do the names of its folders.
func TestArtifactsHoldNoSecretAndNoPath(t *testing.T) {
	a := app(t)
	repo, err := fngenModule()
	if err != nil {
		t.Fatal(err)
	}
	for name, path := range a.archives {
		forbidden := map[string]string{"the secret of a .env file": secret, "the application's folder": scratchName}
		if target, _, _ := bytes.Cut([]byte(name), []byte("/")); string(target) == "gcp" {
			// A binary's build information names the folder that go.mod
			// replaces fngen by, which is relative but leads to this one.
			forbidden["the repository's folder"] = repo
		}
		for _, f := range read(t, path) {
			if filepath.Base(f.name) == ".env" {
				t.Errorf("%s holds %s", name, f.name)
			}
			for what, s := range forbidden {
				if bytes.Contains(f.data, []byte(s)) {
					t.Errorf("%s: %s holds %s", name, f.name, what)
				}
			}
		}
	}
}

// A custom runtime and an action are found by the names of their files, and
// the unpacked files must be executable.
func TestBinaryArchives(t *testing.T) {
	a := app(t)
	for _, test := range []struct {
		name string
		want []file // without data where it is the binary
	}{
		{"aws/receive", []file{{"bootstrap", 0o755, nil}}},
		{"openwhisk/receive", []file{{"exec", 0o755, nil}, {"exec.env", 0o644, []byte("openwhisk/action-golang-v1.20")}}},
	} {
		files := read(t, a.archive(t, test.name))
		same := slices.EqualFunc(files, test.want, func(got, want file) bool {
			return got.name == want.name && got.mode == want.mode && (want.data == nil || bytes.Equal(got.data, want.data))
		})
		if !same {
			t.Errorf("%s: got", test.name)
			for _, f := range files {
				t.Errorf("\t%s %v, %d bytes", f.name, f.mode, len(f.data))
			}
		}
	}
}
