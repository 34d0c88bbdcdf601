// Package scaffold writes the module with which an application begins: handlers
// for the triggers that are asked for, with their tests, and all that they are
// built, tested and generated with.
//
// The handlers are those of package hello beside it, as they stand there.
package scaffold

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
)

// Options say what is written.
type Options struct {
	Dir      string   // the absolute path of the folder, which need not exist
	Shown    string   // the folder as the user knows it, with slashes
	Module   string   // "" for example.com/ and the folder's name
	Triggers []string // of those that Kinds returns; none for the usual ones
	Version  string   // of fngen's module, which is required
	Checkout string   // the absolute path of the checkout that replaces fngen's module; "" for none
	Targets  []string // names of all targets
	Schema   []byte   // of fngen.yaml
}

// Kinds returns the triggers that there are handlers for.
func Kinds() []string {
	return []string{"http", "queue", "topic", "schedule", "object", "document", "stream", "event"}
}

// usual is the chain that is written if nothing is asked for.
var usual = []string{"http", "queue"}

//go:embed hello
var hello embed.FS

// Write writes the module and returns the paths of its files in the folder. The
// error is [model.Findings] of the files that are in the way, and nothing is
// written then.
func Write(ctx context.Context, o Options) ([]string, error) {
	o.Triggers = slices.Clone(o.Triggers)
	if len(o.Triggers) == 0 {
		o.Triggers = slices.Clone(usual)
	}
	slices.SortFunc(o.Triggers, func(a, b string) int { return slices.Index(Kinds(), a) - slices.Index(Kinds(), b) })
	o.Triggers = slices.Compact(o.Triggers)
	m, err := named(o)
	if err != nil {
		return nil, err
	}
	if err := outside(o); err != nil {
		return nil, err
	}
	files, err := m.files(o)
	if err != nil {
		return nil, err
	}
	if err := free(o, files); err != nil {
		return nil, err
	}
	modules, err := m.require(ctx, o, files)
	if err != nil {
		return nil, err
	}
	files = append(files, modules...)
	slices.SortFunc(files, func(a, b model.File) int { return strings.Compare(a.Path, b.Path) })
	return write(o.Dir, files)
}

// files returns all files but those of modules.
func (m names) files(o Options) ([]model.File, error) {
	sources := []string{"doc.go"}
	for _, kind := range o.Triggers {
		name := kind
		if kind == "http" && slices.Contains(o.Triggers, "queue") {
			name = "place" // which puts into the queue what comes over HTTP
		}
		sources = append(sources, name+".go", name+"_test.go")
	}
	files := []model.File{
		{Path: "fngen.yaml", Data: settings(o)},
		{Path: "fngen.schema.json", Data: o.Schema},
		{Path: ".gitignore", Data: []byte("/dist/\n/.fngen/\n")},
	}
	for _, name := range sources {
		data, err := hello.ReadFile(path.Join("hello", name))
		if err != nil {
			return nil, err
		}
		for _, clause := range []string{"\npackage hello\n", "\n// Package hello "} {
			named := strings.Replace(clause, "hello", m.pkg, 1)
			data = bytes.Replace(append([]byte("\n"), data...), []byte(clause), []byte(named), 1)[1:]
		}
		files = append(files, model.File{Path: name, Data: data})
	}
	return files, nil
}

// settings returns fngen.yaml. The warnings that it acknowledges are about what
// the module itself decides.
func settings(o Options) []byte {
	var b strings.Builder
	b.WriteString("# yaml-language-server: $schema=fngen.schema.json\n\n# What operators decide. Which functions there are, and what feeds them, is in the code.\ntargets:\n")
	for _, target := range o.Targets {
		fmt.Fprintf(&b, "  %s: {}\n", target)
	}
	has := func(kinds ...string) bool {
		return slices.ContainsFunc(kinds, func(kind string) bool { return slices.Contains(o.Triggers, kind) })
	}
	var allow string
	if has("queue", "stream") {
		allow += "  kafka-text: All that is sent is JSON.\n"
	}
	if has("topic") {
		allow += "  topic-json: All that is sent are JSON objects.\n"
	}
	if allow != "" {
		b.WriteString("\n# Warnings that are known and right, with the reason.\nallow:\n" + allow)
	}
	return []byte(b.String())
}

// free returns the findings of what is in the way of the files, and of Go files
// that would be of the same package.
func free(o Options, files []model.File) error {
	entries, err := os.ReadDir(o.Dir)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	written := slices.Clone(moduleFiles)
	for _, f := range files {
		written = append(written, f.Path)
	}
	var found model.Findings
	for _, e := range entries {
		message := ""
		switch {
		case slices.Contains(written, e.Name()):
			message = "this is there already, and init overwrites nothing; move it elsewhere, or choose another folder"
		case path.Ext(e.Name()) == ".go" && !e.IsDir():
			message = "this is Go already, which init would mix with its own; choose another folder, or write a directive above a handler here"
		default:
			continue
		}
		found = append(found, model.Diagnostic{Code: "file-foreign", Message: message, Pos: token.Position{Filename: path.Join(o.Shown, e.Name())}})
	}
	if len(found) > 0 {
		return found
	}
	return nil
}

// write writes the files, or none of them.
func write(dir string, files []model.File) (written []string, err error) {
	_, err = os.Stat(dir)
	isNew := os.IsNotExist(err)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer func() {
		root.Close()
		if err != nil && isNew {
			_ = os.Remove(dir) // empty now
		}
	}()
	for _, f := range files {
		if err := output.WriteNew(root, f.Path, f.Data); err != nil {
			for _, name := range written {
				_ = root.Remove(name)
			}
			return nil, err
		}
		written = append(written, f.Path)
	}
	return written, nil
}

// outside returns an error if the folder lies in a module.
func outside(o Options) error {
	for dir := filepath.Dir(o.Dir); ; dir = filepath.Dir(dir) {
		if info, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil && info.Mode().IsRegular() {
			return fmt.Errorf("%s lies in the module of %s, which needs no other: write a directive such as //fn:queue orders above a handler there, or choose a folder outside of it", o.Dir, filepath.Join(dir, "go.mod"))
		} else if err != nil && !os.IsNotExist(err) {
			return err
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
	}
}
