package acceptance

import (
	"bytes"
	"errors"
	"fmt"
	"go/format"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var errNoGit = errors.New("git does not list the repository's files")

// checkout copies the repository's files as a clone would have them, with what
// is not committed yet.
func checkout(dir string) error {
	repo, err := fngenModule()
	if err != nil {
		return err
	}
	names, err := output(command(repo, nil, "git", "ls-files", "-z", "-co", "--exclude-standard"))
	if err != nil {
		return fmt.Errorf("%w: %w", errNoGit, err)
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(names), "\x00"), "\x00") {
		data, err := os.ReadFile(filepath.Join(repo, name))
		if os.IsNotExist(err) {
			continue // deleted, but not in the index
		}
		if err != nil {
			return err
		}
		to := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(to, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// A clone is a checkout in which the example is built for all targets.
type clone struct {
	shop string
	list []artifact
}

// cloned returns the one that tests share, which leave dist/ as it is. Besides that,
// only TestEject changes it.
func cloned(t *testing.T) clone {
	t.Helper()
	c, err := sharedClone()
	if errors.Is(err, errNoGit) && os.Getenv("FNGEN_REQUIRE_TOOLS") != "1" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var sharedClone = sync.OnceValues(func() (clone, error) { return buildClone(filepath.Join(scratch, "clone")) })

// buildClone checks out and builds, with temporary files in a folder of its own.
func buildClone(dir string) (clone, error) {
	c := clone{shop: filepath.Join(dir, "examples", "shop")}
	if err := checkout(dir); err != nil {
		return c, err
	}
	temporary := filepath.Join(dir, "tmp")
	if err := os.Mkdir(temporary, 0o755); err != nil {
		return c, err
	}
	var err error
	c.list, err = build(c.shop, "TMPDIR="+temporary)
	return c, err
}

// The example's artifacts are the same bytes wherever it lies and wherever
// temporary files go. Packages that the first build compiled come out of the
// build cache in the second; that they hold no path is another test's matter.
func TestShopIsReproducible(t *testing.T) {
	sums := func(c clone) map[string]string {
		out := map[string]string{}
		for _, a := range c.list {
			out[a.Target+"/"+a.Function] = a.SHA256
		}
		return out
	}
	here := cloned(t)
	there, err := buildClone(filepath.Join(t.TempDir(), "another", "place", "with a longer name"))
	if err != nil {
		t.Fatal(err)
	}
	first, second := sums(here), sums(there)
	if len(first) != 14 {
		t.Errorf("%d artifacts, want 14: five functions, of which one is not for OpenWhisk", len(first))
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("SHA-256 of artifacts: here -, there +\n%s", diff)
	}
}

// shopTargets are the targets and how each compiles.
var shopTargets = []struct{ name, arch, tags string }{
	{"aws", "arm64", "lambda.norpc"},
	{"gcp", "amd64", ""},
	{"openwhisk", "amd64", ""},
}

func shop(t *testing.T) string {
	t.Helper()
	repo, err := fngenModule()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fngen(); err != nil { // downloads the modules
		t.Fatal(err)
	}
	return filepath.Join(repo, "examples", "shop")
}

// The committed entrypoints are what fngen generates, compile with go alone,
// without an overlay or a completed go.mod, and have nothing for go vet.
func TestShopEntrypointsCompile(t *testing.T) {
	dir := shop(t)
	name, err := fngen()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := output(command(dir, nil, name, "generate", "--check")); err != nil {
		t.Error(err)
	}
	for _, target := range shopTargets {
		env := []string{"GOOS=linux", "GOARCH=" + target.arch, "CGO_ENABLED=0"}
		for _, verb := range []string{"build", "vet"} {
			args := []string{verb, "-trimpath", "-mod=readonly", "-tags=" + target.tags, "./entrypoints/" + target.name + "/..."}
			if _, err := output(command(dir, env, "go", args...)); err != nil {
				t.Error(err)
			}
		}
	}
}

// perishable is what changes without a change of the functions: dates, and
// positions in files.
var perishable = regexp.MustCompile(`\b20[0-9]{2}-[0-9]{2}|\.go:[0-9]|\bline [0-9]`)

// Generated files are formatted, say that they are generated, and hold nothing
// that changes with the place or the day.
func TestShopEntrypointsAreClean(t *testing.T) {
	dir := shop(t)
	repo, err := fngenModule()
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	err = filepath.WalkDir(filepath.Join(dir, "entrypoints"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		count++
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if formatted, err := format.Source(text); err != nil || !bytes.Equal(formatted, text) {
			t.Errorf("%s is not as gofmt has it: %v", path, err)
		}
		if !bytes.HasPrefix(text, []byte("// Code generated by fngen. DO NOT EDIT.\n")) {
			t.Errorf("%s does not begin with the mark of generated files", path)
		}
		if found := perishable.Find(text); found != nil || bytes.Contains(text, []byte(repo)) {
			t.Errorf("%s holds a path, a date or a position: %q", path, found)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if count != 14 {
		t.Errorf("%d files, want 14", count)
	}
}
