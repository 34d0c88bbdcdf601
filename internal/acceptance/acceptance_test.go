package acceptance

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/fngen/fngen/internal/testkit/repository"
)

// scratch is the folder that all tests build in. Its name begins with
// scratchName, in every run, and so a path that the build cache brings back
// from an earlier one is known as well.
var scratch string

const scratchName = "fngen-acceptance-"

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	flag.Parse()
	if testing.Short() {
		fmt.Println("skipped: all that is built and run, which -short does without")
		return 0
	}
	dir, err := os.MkdirTemp("", scratchName)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if scratch, err = filepath.EvalSymlinks(dir); err != nil { // relative paths lead out of it
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// secret stands in the .env files of the application, beside what it embeds.
const secret = "s3cret-that-stays-at-home"

// fngenModule returns the folder of the fngen module.
var fngenModule = sync.OnceValues(repository.Root)

// fngen returns the command, built from the repository as it stands. What it
// needs is downloaded, so that all that follows can be done offline.
var fngen = sync.OnceValues(func() (string, error) {
	repo, err := fngenModule()
	if err != nil {
		return "", err
	}
	if _, err := output(command(repo, nil, "go", "mod", "download")); err != nil {
		return "", err
	}
	name := filepath.Join(scratch, "fngen")
	_, err = output(command(repo, nil, "go", "build", "-buildvcs=false", "-o", name, "./cmd/fngen"))
	return name, err
})

// An application is a built copy of testdata/app.
type application struct {
	dir      string
	archives map[string]string // by target/function
	bills    map[string]string // of materials, by target/function
}

// app returns the application, built once for all targets.
func app(t *testing.T) *application {
	t.Helper()
	requireLinux(t)
	a, err := builtApp()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// requireLinux skips a test of artifacts that can only run on Linux.
func requireLinux(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the artifacts are programs for Linux")
	}
}

var builtApp = sync.OnceValues(func() (*application, error) {
	dir, err := copyApp("app")
	if err != nil {
		return nil, err
	}
	return buildApp(dir, "all")
})

// buildApp builds the application in the folder for the targets.
func buildApp(dir, targets string) (*application, error) {
	list, err := buildFor(dir, targets)
	if err != nil {
		return nil, err
	}
	a := &application{dir: dir, archives: map[string]string{}, bills: map[string]string{}}
	for _, artifact := range list {
		name := artifact.Target + "/" + artifact.Function
		a.archives[name] = filepath.Join(dir, artifact.Artifact)
		a.bills[name] = filepath.Join(dir, artifact.SBOM)
	}
	return a, nil
}

// copyApp copies testdata/app into scratch/name, for the architecture of this
// machine, with secrets beside the embedded files.
func copyApp(name string) (string, error) {
	return copyModule("app", name, map[string]string{
		"fngen.yaml":               fmt.Sprintf("targets:\n  aws: {arch: %s}\n  openwhisk: {arch: %[1]s}\n", runtime.GOARCH),
		".env":                     secret,
		"orders/.env":              secret,
		"local/greeting/.env":      secret,
		"local/greeting/text/.env": secret,
	})
}

// copyModule copies the module in testdata/from into scratch/to, with further
// files.
func copyModule(from, to string, further map[string]string) (string, error) {
	dir := filepath.Join(scratch, to)
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", from))); err != nil {
		return "", err
	}
	repo, err := fngenModule()
	if err != nil {
		return "", err
	}
	path, err := filepath.Rel(dir, repo)
	if err != nil {
		return "", err
	}
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return "", err
	}
	const there = "=> ../../../.."
	if !bytes.Contains(mod, []byte(there+"\n")) {
		return "", fmt.Errorf("testdata/%s/go.mod does not replace fngen by %q", from, there)
	}
	files := map[string]string{"go.mod": strings.Replace(string(mod), there, "=> "+filepath.ToSlash(path), 1)}
	maps.Copy(files, further)
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// artifact is an element of what fngen build -o json prints.
type artifact struct {
	Function string `json:"function"`
	Target   string `json:"target"`
	Artifact string `json:"artifact"`
	SBOM     string `json:"sbom"`
	Size     int64  `json:"size"`
	SHA256   string `json:"sha256"`
}

// build runs fngen build for all targets in the folder.
func build(dir string, env ...string) ([]artifact, error) { return buildFor(dir, "all", env...) }

func buildFor(dir, targets string, env ...string) ([]artifact, error) {
	name, err := fngen()
	if err != nil {
		return nil, err
	}
	out, err := output(command(dir, env, name, "build", "--target="+targets, "-o", "json"))
	if err != nil {
		return nil, err
	}
	var list []artifact
	if err := json.Unmarshal(out, &list); err != nil {
		return nil, fmt.Errorf("decode what fngen build printed: %w", err)
	}
	return list, nil
}

// command returns a command in the folder. The environment is this one's
// without what changes the meaning of go and fngen; nothing is downloaded
// but by go mod download.
func command(dir string, env []string, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		switch name {
		case "GOFLAGS", "GOWORK", "GOOS", "GOARCH", "GOEXPERIMENT", "PWD":
		default:
			if !strings.HasPrefix(name, "FNGEN_") {
				cmd.Env = append(cmd.Env, v)
			}
		}
	}
	cmd.Env = append(cmd.Env, "GOWORK=off", "FNGEN_CACHE=off", "PWD="+dir)
	if len(args) < 2 || args[0] != "mod" || args[1] != "download" {
		cmd.Env = append(cmd.Env, "GOPROXY=off", "GOSUMDB=off")
	}
	cmd.Env = append(cmd.Env, env...)
	return cmd
}

// output runs the command and returns its standard output. The error holds
// that and what the command wrote to standard error.
func output(cmd *exec.Cmd) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w\n%s%s", strings.Join(cmd.Args, " "), err, stderr.Bytes(), stdout.Bytes())
	}
	return stdout.Bytes(), nil
}
