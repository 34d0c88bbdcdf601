// Package eject writes what a user needs to go on without fngen: the entrypoints
// as code of his own, the infrastructure, and a Makefile that makes the archives
// of plain go commands.
package eject

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
)

// A Target is a target with the functions that are meant for it, and their
// infrastructure.
type Target struct {
	model.Target
	App            model.App
	Infrastructure []model.File
}

// firstLine takes the place of [output.Header]: as many lines, so that the same
// code is compiled.
const firstLine = "// Written by fngen eject, and yours since.\n"

// The program that makes archives, which the Makefile runs.
//
//go:embed pack/main.go pack/source.go
var pack embed.FS

const ignored = "# What make builds.\n/bin/\n*.zip\n"

// Files returns the files of the folder, sorted by their paths below it. It is
// deterministic and does no I/O.
func Files(targets []Target) ([]model.File, error) {
	files := []model.File{{Path: ".gitignore", Data: []byte(ignored)}}
	var rules []rule
	for _, t := range targets {
		if len(t.App.Functions) == 0 {
			continue
		}
		for _, f := range t.Infrastructure {
			files = append(files, model.File{Path: path.Join(t.Name(), f.Path), Data: f.Data})
		}
		for _, f := range t.App.Functions {
			entry, err := t.Entrypoint(f)
			if err != nil {
				return nil, err
			}
			for _, e := range entry {
				own := bytes.Replace(e.Data, []byte(output.Header), []byte(firstLine), 1)
				files = append(files, model.File{Path: path.Join(folder(t, f), e.Path), Data: own})
			}
			made, further, err := rulesOf(t, f)
			if err != nil {
				return nil, err
			}
			rules, files = append(rules, made...), append(files, further...)
		}
	}
	for _, name := range []string{"pack/main.go", "pack/source.go"} {
		data, err := pack.ReadFile(name)
		if err != nil {
			return nil, err
		}
		isOfSource := func(r rule) bool { return r.module != "" }
		if name == "pack/source.go" && !slices.ContainsFunc(rules, isOfSource) {
			data = []byte(noSource)
		}
		files = append(files, model.File{Path: name, Data: data})
	}
	files = append(files, model.File{Path: "Makefile", Data: makefile(targets, rules)})
	slices.SortFunc(files, func(a, b model.File) int { return strings.Compare(a.Path, b.Path) })
	return files, nil
}

// noSource is pack/source.go where no platform takes sources.
const noSource = `package main

import "errors"

func source([]string) ([]file, error) { return nil, errors.New("no archive here holds sources") }
`

// folder is that of the function's entrypoint.
func folder(t Target, f model.Function) string {
	return path.Join(t.Name(), path.Base(model.Folder(t.Name(), f)))
}

// A rule is how an archive is made.
type rule struct {
	target  string
	archive string   // its path
	entry   string   // the folder of the entrypoint
	files   []string // of a program's archive, the arguments of pack
	module  string   // of an archive of sources, its module's path
}

// rulesOf returns the rules of the function's archives, and the files that are in
// them besides the program.
func rulesOf(t Target, f model.Function) (rules []rule, further []model.File, err error) {
	entry := folder(t, f)
	packager, ok := t.Target.(model.BinaryPackager)
	if !ok {
		module := path.Join(t.App.Path, model.DistDir, t.Name(), f.Name)
		return []rule{{target: t.Name(), archive: path.Join(t.Name(), f.Name+".zip"), entry: entry, module: module}}, nil, nil
	}
	program := []byte("the program")
	archives, err := packager.PackageBinary(f, program)
	for _, a := range archives {
		r := rule{target: t.Name(), archive: path.Join(t.Name(), a.Path), entry: entry}
		for _, file := range a.Files {
			from := path.Join("bin", path.Base(entry))
			if !bytes.Equal(file.Data, program) {
				from = path.Join(entry, path.Dir(a.Path), file.Path)
				further = append(further, model.File{Path: from, Data: file.Data, Executable: file.Executable})
			}
			if file.Executable {
				r.files = append(r.files, "-x")
			}
			r.files = append(r.files, file.Path+"="+from)
		}
		rules = append(rules, r)
	}
	return rules, further, err
}

// grammar is that of a folder that make and the go command both take.
var grammar = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)

// Check says why the folder, with slashes and below the application's root, cannot
// be one that is ejected to.
func Check(root *os.Root, folder string) error {
	elements := strings.Split(folder, "/")
	for i, e := range elements {
		switch {
		case !grammar.MatchString(e) || e == "vendor" || e == "testdata":
			return fmt.Errorf("%q is no folder below the application's root that the go command and make look at; give one of letters, digits and _.-", folder)
		case i == 0 && (e == model.EntrypointDir || e == model.DistDir):
			return fmt.Errorf("%s/ is where fngen writes what is its own; give a folder that is yours", e)
		}
		if _, err := root.Lstat(path.Join(path.Join(elements[:i+1]...), "go.mod")); err == nil {
			return fmt.Errorf("%s is a module of its own, which cannot import what is internal to this one; give another folder", path.Join(elements[:i+1]...))
		}
	}
	return nil
}

// InTheWay returns [model.Findings] of the files that are there already.
func InTheWay(root *os.Root, folder string, files []model.File) error {
	var found model.Findings
	for _, f := range files {
		name := path.Join(folder, f.Path)
		if _, err := root.Lstat(name); err == nil {
			found = append(found, model.Diagnostic{Code: "file-foreign", Pos: token.Position{Filename: name},
				Message: "this is there already, and nothing is overwritten; eject to another folder, or move it elsewhere"})
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if len(found) > 0 {
		return found
	}
	return nil
}

// Write writes the files below the folder, of which none is there. If anything
// fails, none is left.
func Write(root *os.Root, folder string, files []model.File) (err error) {
	var written []string
	defer func() {
		if err != nil {
			for _, name := range written {
				_ = root.Remove(name)
			}
		}
	}()
	for _, f := range files {
		name := path.Join(folder, f.Path)
		if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
			return err
		}
		if err := output.WriteNew(root, name, f.Data); err != nil {
			return err
		}
		written = append(written, name)
		if f.Executable {
			if err := root.Chmod(name, 0o755); err != nil {
				return err
			}
		}
	}
	return nil
}
