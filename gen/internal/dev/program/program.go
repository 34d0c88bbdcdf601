// Package program makes one program of all functions of a target, for this
// machine. It runs the function that its first argument names, under the
// protocol of the target's platform; with [SeenSuffix], what shows the events
// that the function is given in its place.
package program

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/fngen/fngen/gen/internal/build"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
)

// Folder is the folder in the application's root where the inner loop keeps what
// it makes. It ignores itself in git.
const Folder = ".fngen"

// ParentVariable is the environment variable that says by which file the program
// knows that whoever started it is gone, when nothing can be read there any more:
// [ParentStdin] or [ParentFD]. Without it the program does not look.
const (
	ParentVariable = "FNGEN_PARENT"
	ParentStdin    = "stdin"
	ParentFD       = "4" // a descriptor, where standard input is the platform's
)

// Build compiles the program of the functions of app, which are meant for the
// target and not refused, and returns the path of the executable: name in
// .fngen/bin. One of that name which runs goes on as it is. app is for
// [model.LocalPlatform]. The error is [model.Findings] of what does not compile.
func Build(ctx context.Context, t model.Target, app model.App, name string) (string, error) {
	files, err := compose(t, app)
	if err != nil {
		return "", err
	}
	if err := prepare(app.Root); err != nil {
		return "", err
	}
	w, err := build.NewWorkspace(app, files)
	if err != nil {
		return "", err
	}
	defer w.Close()
	executable := filepath.Join(app.Root, Folder, "bin", name)
	if runtime.GOOS == "windows" {
		executable += ".exe"
	}
	if err := w.Executable(ctx, folder(t), executable, filepath.Join(app.Root, Folder, "modules-"+t.Name()+".json")); err != nil {
		return "", positioned(err)
	}
	return executable, nil
}

// folder is where the program's source is as the go command sees it, relative to
// the application's root: nothing is written there.
func folder(t model.Target) string { return Folder + "/" + t.Name() }

// prepare makes the folder for what is built.
func prepare(dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := root.MkdirAll(Folder+"/bin", 0o755); err != nil {
		return err
	}
	ignore, err := root.ReadFile(Folder + "/.gitignore")
	if err == nil && len(ignore) > 0 {
		return nil
	}
	return output.WriteFile(root, Folder+"/.gitignore", []byte("*\n"))
}

// identifier makes a part of a Go identifier of an argument, of each another.
var identifier = strings.NewReplacer("-", "_", ".", "__")

// compose returns the files of the program: the entrypoints as they are emitted,
// with a name of its own for the main of each, those of the same triggers whose
// handlers show what they get, and a main that calls them.
func compose(t model.Target, app model.App) ([]model.File, error) {
	if local, ok := t.(model.LocalRunner); ok {
		t = local.LocalTarget()
	}
	var files []model.File
	var cases strings.Builder
	add := func(argument string, f model.Function, fullName string) error {
		entrypoint, err := t.Entrypoint(f)
		if err != nil {
			return err
		}
		if len(entrypoint) != 1 {
			return fmt.Errorf("the entrypoint of %s for %s is more than one file", f.Name, t.Name())
		}
		head, body, found := bytes.Cut(entrypoint[0].Data, []byte("\nfunc main() {\n"))
		if !found {
			return fmt.Errorf("the entrypoint of %s for %s has no main", f.Name, t.Name())
		}
		main := "main_" + identifier.Replace(argument)
		text := fmt.Sprintf("%s\nfunc %s() {\n%s", head, main, body)
		text = strings.ReplaceAll(text, strconv.Quote(f.FullName()), strconv.Quote(fullName))
		files = append(files, model.File{Path: folder(t) + "/" + argument + ".go", Data: []byte(text)})
		fmt.Fprintf(&cases, "\tcase %q:\n\t\t%s()\n", argument, main)
		return nil
	}
	for _, f := range app.Functions {
		if err := add(f.Name, f, f.FullName()); err != nil {
			return nil, err
		}
		if err := add(f.Name+SeenSuffix, seen(app, f), f.FullName()); err != nil {
			return nil, err
		}
	}
	files = append(files, model.File{Path: seenFolder + "/seen.go", Data: []byte(output.Header + seenFile)})
	text := output.Header + fmt.Sprintf(mainFile, t.Name(), ParentVariable, ParentStdin, ParentFD, ParentFD, cases.String())
	return append(files, model.File{Path: folder(t) + "/main.go", Data: []byte(text)}), nil
}

// mainFile is the file of the program's main, without its first line. A function
// is not called main.
const mainFile = `
// Command %s runs the function that its argument names.
package main

import (
	"io"
	"os"
)

func main() {
	switch os.Getenv(%q) {
	case %q:
		go endWith(os.Stdin)
	case %q:
		go endWith(os.NewFile(%s, "parent"))
	}
	function := ""
	if len(os.Args) > 1 {
		function = os.Args[1]
	}
	switch function {
%s	default:
		os.Stderr.WriteString("there is no function " + function + "\n")
		os.Exit(2)
	}
}

// endWith ends the process when nothing can be read any more: whoever started it
// holds the other end, and is gone.
func endWith(parent io.Reader) {
	_, _ = io.Copy(io.Discard, parent)
	os.Exit(1)
}
`
