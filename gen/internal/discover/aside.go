package discover

import (
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/fngen/fngen/gen/internal/directive"
	"github.com/fngen/fngen/gen/internal/model"
)

// asideFor says why the folder is not searched, with the way out; "" if it is.
// ignored reports whether go.mod ignores the folder.
func asideFor(dir, rel string, ignored func(rel string) bool) string {
	switch {
	case path.Base(rel) == "vendor":
		return "%s holds packages of other modules, so its %s left out; write functions of your own that call them"
	case rel == model.EntrypointDir || rel == model.DistDir:
		return "%s is for what fngen writes, so its %s left out; move the functions to another folder"
	case ignored(rel):
		return "%s is ignored by go.mod, so its %s left out; remove it from the ignore lines, or move the functions to another folder"
	case isModule(dir):
		return "%s is a module of its own, so its %s left out; give the folder to fngen with -C"
	}
	return ""
}

func isModule(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil && !info.IsDir()
}

// leaveOut warns of the directives below a folder that is not searched. What of
// it cannot be read is no part of the application and passed over.
func (s *Scan) leaveOut(dir, rel, why string) {
	a := aside{scan: s, below: true}
	a.read(dir, rel)
	a.warn(rel, why)
}

// linkedFolder is leaveOut for a link to a folder, if it leads out of what is
// searched. Links to follow further may lead anywhere, so only the folder itself
// is read.
func (s *Scan) linkedFolder(dir, rel string) {
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		if inside, err := filepath.Rel(s.root, real); err == nil && filepath.IsLocal(inside) {
			return
		}
	}
	a := aside{scan: s}
	a.read(dir, rel)
	a.warn(rel, "%s is a link to a folder, which ./... does not follow, so its %s left out; move the folder here, or link its files")
}

// An aside counts the directives in a folder that is not searched.
type aside struct {
	scan  *Scan
	below bool // folders in it are read too
	count int
	first token.Position
}

func (a *aside) read(dir, rel string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		name, file := path.Join(rel, e.Name()), filepath.Join(dir, e.Name())
		switch {
		case unseen(e.Name()):
		case e.IsDir() && a.below:
			if none := func(string) bool { return false }; isModule(file) {
				a.scan.leaveOut(file, name, asideFor(file, name, none))
			} else if e.Name() != "vendor" {
				a.read(file, name)
			}
		case path.Ext(name) == ".go":
			if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() {
				a.file(file, name)
			}
		}
	}
}

func (a *aside) file(file, rel string) {
	src, err := os.ReadFile(file)
	if err != nil || !directive.Mentioned(src) {
		return
	}
	fset := token.NewFileSet()
	parsed, _ := parser.ParseFile(fset, rel, src, parser.ParseComments|parser.SkipObjectResolution)
	if parsed == nil {
		return
	}
	for _, group := range parsed.Comments {
		for _, c := range group.List {
			if !directive.IsDirective(c) {
				continue
			}
			if a.count++; a.count == 1 {
				a.first = fset.PositionFor(c.Slash, false)
			}
		}
	}
}

// warn says why the directives are left out, at the first of them. The text has
// verbs for the folder and for them.
func (a *aside) warn(rel, why string) {
	if a.count == 0 {
		return
	}
	directives := "directive is"
	if a.count > 1 {
		directives = fmt.Sprintf("%d directives are", a.count)
	}
	a.scan.Diagnostics = append(a.scan.Diagnostics, model.Diagnostic{Code: "folder-left-out", Pos: a.first, Severity: model.Warning,
		Message: fmt.Sprintf(why, model.Printable(rel), directives)})
}

// ignoredFolders returns what reports whether a folder, relative to the root, is
// ignored by the module's go.mod. A go.mod that cannot be read is reported by
// who needs it.
func ignoredFolders(root string) func(rel string) bool {
	dir, file, err := readGoMod(root)
	if err != nil {
		return func(string) bool { return false }
	}
	at, _ := filepath.Rel(dir, root)
	return func(rel string) bool {
		whole := "/" + path.Join(filepath.ToSlash(at), rel) + "/"
		for _, i := range file.Ignore {
			below, isRelative := strings.CutPrefix(i.Path, "./")
			below = "/" + strings.Trim(below, "/") + "/"
			if isRelative && strings.HasPrefix(whole, below) || !isRelative && strings.Contains(whole, below) {
				return true
			}
		}
		return false
	}
}
