package scaffold

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"github.com/fngen/fngen/gen/internal/build/gocmd"
	"github.com/fngen/fngen/gen/internal/model"
)

// The files of the application's module, and of the generator's, which is kept
// beside it so that the application requires nothing of what fngen is built of.
var moduleFiles = []string{"go.mod", "go.sum", "fngen.mod", "fngen.sum"}

const generator = model.FngenModule + "/cmd/fngen"

// platforms are those on which the generator is run.
var platforms = []string{"linux", "darwin", "windows"}

// require returns the moduleFiles that the files need. It works in a temporary
// folder.
func (m names) require(ctx context.Context, o Options, files []model.File) (_ []model.File, err error) {
	mod, err := m.mod(o)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "fngen-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	files = append(slices.Clone(files),
		model.File{Path: "go.mod", Data: mod},
		model.File{Path: "fngen.mod", Data: append(slices.Clone(mod), "\ntool "+generator+"\n"...)})
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(dir, f.Path), f.Data, 0o600); err != nil {
			return nil, err
		}
	}
	env := append(os.Environ(), "GOWORK=off")
	if _, err := gocmd.Run(ctx, dir, env, "get", "-t", "./..."); err != nil {
		return nil, err
	}
	for _, platform := range platforms {
		// Unlike go get this asks no proxy for a module of the generator's path.
		if _, err := gocmd.Run(ctx, dir, append(env, "GOOS="+platform), "list", "-mod=mod", "-modfile=fngen.mod", "-deps", generator); err != nil {
			return nil, err
		}
	}
	var out []model.File
	for _, name := range moduleFiles {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		if filepath.Ext(name) == ".mod" {
			if data, err = settled(name, data, o); err != nil {
				return nil, err
			}
		}
		out = append(out, model.File{Path: name, Data: data})
	}
	return out, nil
}

// mod returns a go.mod that requires fngen and nothing else. The go command
// raises its version of Go to fngen's.
func (m names) mod(o Options) ([]byte, error) {
	f := new(modfile.File)
	if err := errors.Join(f.AddModuleStmt(m.module), f.AddGoStmt("1.26")); err != nil {
		return nil, err
	}
	version := o.Version
	if o.Checkout != "" {
		version = "v0.0.0"
	} else if version == "(devel)" || strings.Contains(version, "+") || module.IsZeroPseudoVersion(version) {
		return nil, fmt.Errorf("this fngen was built from a checkout and is no version that go.mod can require; install one with go install %s@latest, or name the checkout with --replace", generator)
	}
	if err := f.AddRequire(model.FngenModule, version); err != nil {
		return nil, err
	}
	if o.Checkout != "" {
		if err := f.AddReplace(model.FngenModule, "", o.Checkout, ""); err != nil {
			return nil, err
		}
	}
	return f.Format()
}

// settled returns the go.mod as it is where the module comes to lie: the
// checkout is named from there, since binaries record an absolute path.
func settled(name string, mod []byte, o Options) ([]byte, error) {
	f, err := modfile.Parse(name, mod, nil)
	if err != nil {
		return nil, err
	}
	if o.Checkout != "" {
		to, err := filepath.Rel(real(o.Dir), real(o.Checkout))
		if err != nil {
			return mod, nil // on another drive
		}
		to = filepath.ToSlash(to)
		if !strings.HasPrefix(to, ".") {
			to = "./" + to
		}
		if err := f.AddReplace(model.FngenModule, "", to, ""); err != nil {
			return nil, err
		}
	}
	return f.Format()
}

// real returns the path without links, as far as it is there.
func real(path string) string {
	if resolved, err := filepath.EvalSymlinks(path); err == nil || path == filepath.Dir(path) {
		return cmp.Or(resolved, path)
	}
	return filepath.Join(real(filepath.Dir(path)), filepath.Base(path))
}

// Workspace returns the go.work that is in force in the folder, "" if none is.
func Workspace(ctx context.Context, dir string) (string, error) {
	out, err := gocmd.Run(ctx, dir, os.Environ(), "env", "GOWORK")
	return strings.TrimPrefix(strings.TrimSpace(string(out)), "off"), err
}
