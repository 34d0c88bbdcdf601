package docs

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/fngen/fngen/internal/testkit/tool"
)

// bareMachine returns the environment of a machine that has Go, fngen, make and
// nothing else: no tools of platforms, and nobody's credentials.
func bareMachine(t *testing.T) []string {
	t.Helper()
	bin := t.TempDir()
	for _, name := range []string{"go", "sh", "env", "make"} {
		if err := os.Symlink(tool.Path(t, name), filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	installed(t)
	dir, err := built()
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"PATH=" + bin + string(os.PathListSeparator) + dir, "HOME=" + t.TempDir()}
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPROXY", "GOSUMDB"} {
		env = append(env, name+"="+strings.TrimSpace(sh(t, repo(t), nil, "go env "+name)))
	}
	return append(env, "GOFLAGS=", "TMPDIR="+t.TempDir())
}

// prints reports whether the command of a document prints what is shown below it:
// what it has to say, and then or before that its result.
func prints(t *testing.T, dir string, env []string, command, shown string) {
	t.Helper()
	cmd := exec.Command("sh", "-c", command) // findings are an exit code
	cmd.Dir, cmd.Env = dir, env
	var out, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &stderr
	_ = cmd.Run() // what it prints is compared
	got, want := thisGo(stderr.String()+out.String()), thisGo(shown)
	if got != want && thisGo(out.String()+stderr.String()) != want {
		t.Errorf("%sprints\n%s\nand the document shows\n%s", command, got, shown)
	}
}

// thisGo returns the text with the patch version of every Go as this one's, which
// is not what a document is about.
func thisGo(text string) string {
	return regexp.MustCompile(`\bgo1\.26\.[0-9]+\b`).ReplaceAllString(text, runtime.Version())
}

// What docs/doctor.md shows is what doctor prints of the example, which is clean
// on the day that the document is of.
func TestDoctor(t *testing.T) {
	env, app := bareMachine(t), filepath.Join(t.TempDir(), "clone")
	copyShop(t, app)
	doc := blocks(t, "docs/doctor.md")
	for i, b := range doc {
		if b.language == "sh" {
			prints(t, filepath.Join(app, "shop"), env, b.text, doc[i+1].text)
		}
	}
	for _, example := range []string{"ledger", "thumbnails"} {
		cmd := exec.Command("sh", "-c", of(doc, "sh")[0])
		cmd.Dir, cmd.Env = filepath.Join(app, example), env
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", example, err, out)
		}
	}
}

// What docs/vet.md shows is what vet prints of its handler, and nothing of the
// examples; go vet says the same with fngen as its tool.
func TestVet(t *testing.T) {
	env, app := bareMachine(t), t.TempDir()
	doc := blocks(t, "docs/vet.md")
	commands, source := of(doc, "sh"), of(doc, "go")[0]
	for name, text := range map[string]string{
		"go.mod":               "module example.com/shop\n\ngo 1.26\n\nrequire github.com/aws/aws-sdk-go-v2 v0.0.0\n\nreplace github.com/aws/aws-sdk-go-v2 => ./sdk\n",
		"sdk/go.mod":           "module github.com/aws/aws-sdk-go-v2\n\ngo 1.26\n",
		"sdk/service/s3/s3.go": "package s3\n",
		"jobs/jobs.go":         source,
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(app, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, app, name, text)
	}
	prints(t, app, env, commands[0], of(doc, "text")[0])
	cmd := exec.Command("sh", "-c", commands[1])
	cmd.Dir, cmd.Env = app, env
	out, err := cmd.CombinedOutput()
	for line := range strings.Lines(of(doc, "text")[0]) {
		if line = strings.Replace(line, " warning:", "", 1); strings.HasPrefix(line, "jobs/") && !strings.Contains(string(out), line) {
			t.Errorf("go vet (%v) prints\n%s\nwithout\n%s", err, out, line)
		}
	}
	shop := filepath.Join(t.TempDir(), "clone")
	copyShop(t, shop)
	for _, example := range []string{"shop", "ledger", "thumbnails"} {
		prints(t, filepath.Join(shop, example), env, commands[0], "")
	}
}

// What docs/leaving.md shows is what eject and make print.
func TestLeaving(t *testing.T) {
	env, app := bareMachine(t), filepath.Join(t.TempDir(), "clone")
	copyShop(t, app)
	doc := blocks(t, "docs/leaving.md")
	for i, b := range doc {
		if b.language == "sh" {
			command := strings.Replace(b.text, "make -C", "make --no-print-directory -C", 1)
			prints(t, filepath.Join(app, "shop"), env, command, doc[i+1].text)
		}
	}
}

// copyShop copies the example as a clone has it, with this repository in the place
// of the module.
func copyShop(t *testing.T, dir string) {
	t.Helper()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(repo(t), "examples"))); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "shop", "dist")); err != nil {
		t.Fatal(err)
	}
	for _, module := range []string{dir, filepath.Join(dir, "thumbnails")} {
		beside, err := filepath.Rel(module, repo(t))
		if err != nil {
			t.Fatal(err)
		}
		mod := regexp.MustCompile(`(?m)=> [./]+$`).ReplaceAllString(read(t, module, "go.mod"), "=> "+filepath.ToSlash(beside))
		write(t, module, "go.mod", mod)
	}
}
