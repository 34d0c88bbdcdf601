package docs

import (
	"flag"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"

	"github.com/fngen/fngen/internal/testkit/repository"
	"github.com/fngen/fngen/internal/testkit/tool"
)

var update = flag.Bool("update", false, "rewrite what README shows of a build")

// A block is a fenced block of a document.
type block struct{ language, text string }

var fence = regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$")

func blocks(t *testing.T, name string) []block {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(repo(t), name))
	if err != nil {
		t.Fatal(err)
	}
	var out []block
	for _, m := range fence.FindAllStringSubmatch(string(data), -1) {
		out = append(out, block{m[1], m[2]})
	}
	return out
}

// of returns the text of the blocks in the language.
func of(blocks []block, language string) []string {
	var out []string
	for _, b := range blocks {
		if b.language == language {
			out = append(out, b.text)
		}
	}
	return out
}

func repo(t *testing.T) string {
	t.Helper()
	dir, err := repository.Root()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

// scratch is a folder for what tests share.
var scratch string

func runTests(m *testing.M) int {
	var err error
	if scratch, err = os.MkdirTemp("", "fngen-docs-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(scratch)
	return m.Run()
}

// built is the folder that holds fngen alone, built once.
var built = sync.OnceValues(func() (string, error) {
	root, err := repository.Root()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(scratch, "bin")
	cmd := exec.Command("go", "build", "-o", dir+string(os.PathSeparator), "./cmd/fngen")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return dir, nil
})

// installed returns the PATH of a reader who has fngen on it.
func installed(t *testing.T) string {
	t.Helper()
	tool.Path(t, "sh") // no quick test builds programs
	dir, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return "PATH=" + dir + string(os.PathListSeparator) + os.Getenv("PATH")
}

// sh runs the lines of a block as a shell does, and returns what they print.
// What the documents run builds programs, so no quick test does.
func sh(t *testing.T, dir string, env []string, script string) string {
	t.Helper()
	tool.Path(t, "sh")
	cmd := exec.Command("sh", "-euc", script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s\n%v\n%s", script, err, out)
	}
	return string(out)
}

// A fresh checkout: README's first command runs the example, which answers.
func TestRun(t *testing.T) {
	first := blocks(t, "README.md")[:2]
	const run = "$ go run ./cmd/fngen "
	if !strings.HasPrefix(first[0].text, run) {
		t.Fatalf("README begins with\n%s", first[0].text)
	}
	first[0].text = strings.Replace(first[0].text, run, "$ fngen ", 1)
	follow(t, first, repo(t), append(os.Environ(), installed(t)))
}

// The build gives every artifact and prints the table that README shows, and the
// command after it is the one that runs this test.
func TestTwoCommands(t *testing.T) {
	doc := blocks(t, "README.md")
	commands := of(doc, "sh")
	out := sh(t, repo(t), nil, commands[0])
	shown := of(doc, "")[0]
	if got := excerpt(shown, out); *update {
		rewrite(t, "README.md", shown, got)
	} else if got != shown && builtByThisGo(t) {
		t.Errorf("README shows\n%s\nand the command prints\n%s\ngo test ./internal/docs -run TestTwoCommands -update rewrites it", shown, got)
	}
	if commands[1] != "go test ./...\n" {
		t.Errorf("README's second command is %q", commands[1])
	}
	for _, artifact := range []string{"aws/reserve.zip", "gcp/picture.zip", "openwhisk/audit.zip"} {
		if _, err := os.Stat(filepath.Join(repo(t), "examples/shop/dist", artifact)); err != nil {
			t.Error(err)
		}
	}
}

// excerpt returns the rows of the build's table that are shown, as the command
// has printed them, with digests cut to twelve digits.
func excerpt(shown, printed string) string {
	var out strings.Builder
	for line := range strings.Lines(shown) {
		artifact := regexp.MustCompile(`\S+\.zip`).FindString(line)
		for row := range strings.Lines(printed) {
			if artifact != "" && strings.Contains(row, artifact) {
				line = regexp.MustCompile(`([0-9a-f]{12})[0-9a-f]{52}`).ReplaceAllString(row, "$1…")
			}
		}
		out.WriteString(line)
	}
	return out.String()
}

// builtByThisGo reports whether README's digests are of this Go, which binaries
// record.
func builtByThisGo(t *testing.T) bool {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(repo(t), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(data), "is what "+runtime.Version()+" builds")
}

// rewrite replaces a text of the document.
func rewrite(t *testing.T, name, old, text string) {
	t.Helper()
	file := filepath.Join(repo(t), name)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(data), old, text, 1)
	changed = regexp.MustCompile(`is what go\S+ builds`).ReplaceAllString(changed, "is what "+runtime.Version()+" builds")
	if err := os.WriteFile(file, []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
}

// What README shows of the portability report is what list prints.
func TestList(t *testing.T) {
	out := sh(t, repo(t), []string{installed(t)}, "fngen list -C examples/shop")
	if want := of(blocks(t, "README.md"), "")[2]; !strings.Contains(out, want) {
		t.Errorf("README shows\n%s\nand list prints\n%s", want, out)
	}
}

// The examples' own tests are part of README's tests, though they are modules of
// their own.
func TestExamples(t *testing.T) {
	for _, module := range []string{"examples", "examples/thumbnails"} {
		sh(t, filepath.Join(repo(t), module), nil, "go vet ./... && go test ./...")
	}
}

// The examples are generated as applications of users' are: by the line that
// README names and that init writes, with the generator of fngen.mod, which has
// what this checkout's needs.
func TestExamplesGenerate(t *testing.T) {
	line := regexp.MustCompile("(?m)^//go:generate .*$")
	want := line.FindString(read(t, repo(t), "gen/internal/scaffold/hello/doc.go"))
	command, ok := strings.CutPrefix(want, "//go:generate ")
	if !ok || !strings.Contains(read(t, repo(t), "README.md"), "`"+want+"`") {
		t.Fatalf("init writes %q, and README names another line", want)
	}
	for _, name := range []string{"ledger", "shop", "thumbnails"} {
		app := filepath.Join(repo(t), "examples", name)
		if got := line.FindString(read(t, app, name+".go")); got != want {
			t.Errorf("init writes %s, the example %s has %s", want, name, got)
		}
		for _, os := range []string{"linux", "darwin", "windows"} {
			sh(t, app, []string{"GOOS=" + os}, "go list -modfile=fngen.mod -deps github.com/fngen/fngen/cmd/fngen") // or go.mod needs updating; CONTRIBUTING says how
		}
		sh(t, app, nil, command+" --check")
	}
}

// A new user in an empty folder, with nothing but README, the published module
// and Go, comes to a first artifact, and to the handler and the entrypoint that
// README shows.
func TestFirstFunction(t *testing.T) {
	doc := blocks(t, "README.md")
	commands, sources := of(doc, "sh"), of(doc, "go")
	folder, env := t.TempDir(), published(t)
	app := filepath.Join(folder, "hello")
	sh(t, folder, env, commands[2])
	if got := read(t, app, "queue.go"); got != sources[0] {
		t.Errorf("README shows\n%s\nand init writes\n%s", sources[0], got)
	}
	for _, name := range []string{"go.mod", "fngen.mod"} {
		if mod := read(t, app, name); !strings.Contains(mod, "github.com/fngen/fngen "+version) {
			t.Errorf("%s does not require the fngen that wrote it:\n%s", name, mod)
		}
	}
	follow(t, doc[slices.IndexFunc(doc, func(b block) bool { return b.text == commands[2] }):], app, append(os.Environ(), env...))
	if out := sh(t, app, env, commands[3]); !strings.Contains(out, "dist/aws/confirm.zip") {
		t.Errorf("build prints\n%s", out)
	}
	if _, err := os.Stat(filepath.Join(app, "dist/aws/confirm.zip")); err != nil {
		t.Error(err)
	}
	sh(t, app, env, "go generate ./... && fngen generate --check && go build ./... && go vet ./...")
	got, err := os.ReadFile(filepath.Join(app, "entrypoints/aws/confirm-aws/main.go"))
	if err != nil || string(got) != sources[1] {
		t.Errorf("README shows\n%s\nand generate writes (%v)\n%s", sources[1], err, got)
	}
	if out := sh(t, app, env, "go list -m all"); strings.Contains(out, "spf13/cobra") && strings.Contains(read(t, app, "go.mod"), "cobra") {
		t.Errorf("the generator's dependencies reached go.mod:\n%s", read(t, app, "go.mod"))
	}

	// A module that was there before fngen gets the generator so.
	sh(t, app, env, "rm fngen.mod fngen.sum && "+commands[4]+"go tool -modfile=fngen.mod fngen list && go install -modfile=fngen.mod tool")
	write(t, app, "fngen.yaml", of(doc, "yaml")[0])
	if out := sh(t, app, env, "fngen list -o json"); !strings.Contains(out, `"openwhisk"`) {
		t.Errorf("with the fngen.yaml of README list prints\n%s", out)
	}

	// Taking the generated file's first line away makes it the user's.
	sh(t, app, env, "sed -i 1d entrypoints/aws/confirm-aws/main.go && ! fngen generate --target=aws")
}

// The module requires nothing but what it lists: a user's go.mod holds no
// module of the generator after a build for one platform.
func TestHandlerWithoutFngen(t *testing.T) {
	app, env := t.TempDir(), published(t)
	write(t, app, "go.mod", "module example.com/audit\n\ngo 1.26\n")
	write(t, app, "audit.go", `package audit

import (
	"context"

	"github.com/cloudevents/sdk-go/v2/event"
)

//fn:event com.example.order.placed
func Audit(ctx context.Context, e event.Event) error { return nil }
`)
	sh(t, app, env, "go get github.com/cloudevents/sdk-go/v2/event@v2.16.2 && go install github.com/fngen/fngen/cmd/fngen@latest && cp go.mod before && fngen build --target=openwhisk && cmp go.mod before && fngen generate --target=openwhisk && go vet ./...")
	mod := read(t, app, "go.mod")
	if !strings.Contains(mod, "github.com/fngen/fngen "+version) {
		t.Errorf("generate required no fngen of its own version:\n%s", mod)
	}
	for _, other := range []string{"jennifer", "x/tools", "cobra", "lambda", "functions-framework"} {
		if strings.Contains(mod, other) {
			t.Errorf("go.mod holds %s:\n%s", other, mod)
		}
	}
}

// Snippets of Go parse, whole files and declarations alike.
func TestSnippets(t *testing.T) {
	for _, name := range []string{"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"} {
		for _, src := range of(blocks(t, name), "go") {
			if !strings.Contains(src, "package ") {
				src = "package p\n" + src
			}
			if _, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ParseComments); err != nil {
				t.Errorf("%s: %v\n%s", name, err, src)
			}
		}
	}
}

const version = "v0.0.1"

// proxy is the folder of a module proxy, of which this checkout is the only version.
var proxy = sync.OnceValues(func() (string, error) {
	proxy := filepath.Join(scratch, "proxy")
	dir := filepath.Join(proxy, "github.com/fngen/fngen/@v")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	root, err := repository.Root()
	if err != nil {
		return "", err
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return "", err
	}
	for name, text := range map[string]string{"list": version + "\n", version + ".info": `{"Version":"` + version + `"}`, version + ".mod": string(mod)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return "", err
		}
	}
	archive, err := os.Create(filepath.Join(dir, version+".zip"))
	if err != nil {
		return "", err
	}
	defer archive.Close()
	return proxy, zip.CreateFromDir(archive, module.Version{Path: "github.com/fngen/fngen", Version: version}, root)
})

// published returns the environment of a machine on which this checkout is the
// only version of the module that was ever published, and fngen is not
// installed. The module cache is the tests' own.
func published(t *testing.T) []string {
	t.Helper()
	proxy, err := proxy()
	if err != nil {
		t.Fatal(err)
	}
	cache := strings.TrimSpace(sh(t, repo(t), nil, "go env GOMODCACHE"))
	others := strings.TrimSpace(sh(t, repo(t), nil, "go env GOPROXY"))
	modules, bin := filepath.Join(scratch, "modules"), t.TempDir()
	return []string{
		"GOPROXY=file://" + proxy + ",file://" + filepath.Join(cache, "cache/download") + "," + others,
		"GONOSUMDB=github.com/fngen/fngen",
		"GOMODCACHE=" + modules, "GOBIN=" + bin, "PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH"),
		"GOFLAGS=-modcacherw -trimpath -buildvcs=false", // a cache that can be removed, and builds that are cached
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
