// Package testkit is what the tests of the build side share: applications on
// disk, and all targets.
package testkit

import (
	"context"
	_ "embed"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/discover"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/target/aws"
	"github.com/fngen/fngen/gen/internal/target/gcp"
	"github.com/fngen/fngen/gen/internal/target/openwhisk"
	"github.com/fngen/fngen/internal/testkit/repository"
)

// TargetNames are the names of all targets.
var TargetNames = []string{"aws", "gcp", "openwhisk"}

// Targets returns every target, as the configuration has it.
func Targets(c *config.Config) []model.Target {
	return []model.Target{
		aws.New(c.Sections("aws")),
		gcp.New(c.Sections("gcp")),
		openwhisk.New(c.Sections("openwhisk")),
	}
}

// OpenWhisk returns the target without settings.
func OpenWhisk() model.Target { return openwhisk.New(config.Sections{Target: &config.Settings{}}) }

// GCP returns the target without settings.
func GCP() model.Target { return gcp.New(config.Sections{Target: &config.Settings{}}) }

//go:embed testdata/sdk.txtar
var sdk []byte

// SDK returns the files of modules that stand for fngen's own and for those of
// CloudEvents and the Go CDK, as far as handlers need them, to be replaced by folders.
func SDK() []txtar.File { return txtar.Parse(sdk).Files }

// runeName stands for a character in a golden file that a reader of it would
// not see: <U+00A0>.
var runeName = regexp.MustCompile(`<U\+([0-9A-F]{4,6})>`)

// WriteFiles writes the files below the folder. One whose name is "link -> file"
// is a symbolic link.
func WriteFiles(t *testing.T, dir string, files []txtar.File) {
	t.Helper()
	for _, f := range files {
		link, to, isLink := strings.Cut(f.Name, " -> ")
		name := filepath.Join(dir, filepath.FromSlash(link))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if isLink {
			if err := os.Symlink(filepath.FromSlash(to), name); err != nil {
				t.Fatal(err)
			}
			continue
		}
		data := runeName.ReplaceAllFunc(f.Data, func(m []byte) []byte {
			n, _ := strconv.ParseInt(string(m[3:len(m)-1]), 16, 32)
			return []byte(string(rune(n)))
		})
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// FromCache lets go commands take modules from the module cache alone.
func FromCache(t *testing.T) {
	t.Helper()
	cache, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOPROXY", "file://"+strings.TrimSpace(string(cache))+"/cache/download")
	t.Setenv("GOSUMDB", "off")
	t.Setenv("GOFLAGS", "")
}

// Confirm is the source of a package with one function.
const Confirm = `package shop

import "context"

//fn:queue orders
func Confirm(ctx context.Context, order string) error { return nil }
`

// Shop writes an application whose go.mod requires fngen alone, and the files.
func Shop(t *testing.T, dir string, files ...txtar.File) {
	t.Helper()
	root, err := repository.Root()
	if err != nil {
		t.Fatal(err)
	}
	mod := "module example.com/shop\n\ngo 1.26.0\n\n// The reason for this line is kept.\nrequire github.com/fngen/fngen v0.0.0\n\nreplace github.com/fngen/fngen => " + root + "\n"
	WriteFiles(t, dir, append([]txtar.File{{Name: "go.mod", Data: []byte(mod)}, {Name: "shop.go", Data: []byte(Confirm)}}, files...))
}

// Resolve returns the application as the platform compiles it; nothing in it is
// refused.
func Resolve(t *testing.T, dir string, platform model.Platform) model.App {
	t.Helper()
	scan, err := discover.ScanDir(dir, TargetNames)
	if err != nil {
		t.Fatal(err)
	}
	app, diagnostics, err := scan.Resolve(context.WithoutCancel(t.Context()), platform)
	if err != nil {
		t.Fatal(err)
	}
	if diagnostics = append(diagnostics, scan.Diagnostics...); model.Failed(diagnostics) {
		t.Fatalf("findings: %v", diagnostics)
	}
	return app
}
