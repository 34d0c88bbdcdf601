package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"fngen": main})
}

// The scripts are the real command line, as a user sees it: what is printed
// where, and the exit codes.
func TestScripts(t *testing.T) {
	repo, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	goEnv := map[string]string{}
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPROXY", "GOFLAGS", "GOTOOLCHAIN", "GOSUMDB"} {
		out, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		goEnv[name] = strings.TrimSpace(string(out))
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			for name, value := range goEnv {
				e.Setenv(name, value)
			}
			e.Setenv("REPO", repo)
			e.Setenv("FNGEN_CACHE", filepath.Join(e.WorkDir, ".cache"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":     exits,
			"require":   require,
			"freeport":  freeport,
			"fetch":     fetch,
			"says":      says,
			"processes": processes,
			"openwhisk": openwhisk,
		},
	})
}

// exits CODE ARGUMENT… runs fngen and demands the exit code; stdout and stderr
// then compare what it printed.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: exits CODE [ARGUMENT…]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec("fngen", args[1:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("fngen %s: exit code %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

// require completes go.mod with this repository in the place of the module.
func require(ts *testscript.TestScript, _ bool, _ []string) {
	sum, err := os.ReadFile(filepath.Join(ts.Getenv("REPO"), "go.sum"))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("go.sum"), sum, 0o666))
	mod, err := os.ReadFile(ts.MkAbs("go.mod"))
	ts.Check(err)
	repo, err := filepath.Rel(ts.MkAbs("."), ts.Getenv("REPO"))
	ts.Check(err)
	text := string(mod) + "\nrequire github.com/fngen/fngen v0.0.0\nreplace github.com/fngen/fngen => " + repo + "\n"
	ts.Check(os.WriteFile(ts.MkAbs("go.mod"), []byte(text), 0o666))
}
