package discover

import (
	"fmt"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/fngen/fngen/gen/internal/build/gocmd"
	"github.com/fngen/fngen/gen/internal/model"
)

// A diagnosis finds out why packages of the application do not compile.
type diagnosis struct {
	config   *packages.Config
	root     string
	platform model.Platform
}

// A listed package is what the go command says of a package.
type listedPackage struct {
	ImportPath, Dir   string
	Standard, DepOnly bool
	GoFiles, CgoFiles []string
	IgnoredGoFiles    []string
	Imports, Deps     []string
	Module            *struct{ Main bool }
	Error             *struct{ Pos, Err string }
}

// diagnostics returns one diagnostic at least for each of the packages.
func (d diagnosis) diagnostics(failed []*packages.Package) ([]model.Diagnostic, error) {
	var paths []string
	for _, p := range failed {
		paths = append(paths, p.PkgPath)
	}
	all, err := d.list("0", "ImportPath,Dir,Standard,GoFiles,CgoFiles,Imports,Deps,Error", slices.Concat([]string{"-deps", "-export"}, paths))
	if err != nil {
		return nil, err
	}
	broken := map[string]listedPackage{}
	for _, p := range all {
		if p.Error != nil && !p.Standard {
			broken[p.ImportPath] = p
		}
	}
	cgo, err := d.needCgo(broken)
	if err != nil {
		return nil, err
	}
	var diagnostics []model.Diagnostic
	for _, p := range failed {
		itself := listedPackage{ImportPath: p.PkgPath}
		if i := slices.IndexFunc(all, func(l listedPackage) bool { return l.ImportPath == p.PkgPath }); i >= 0 {
			itself = all[i]
		}
		var found []model.Diagnostic
		for _, c := range cgo {
			if c.ImportPath == itself.ImportPath || slices.Contains(itself.Deps, c.ImportPath) {
				found = append(found, d.cgoDiagnostic(itself, c, all))
			}
		}
		if found == nil { // else the other errors follow from these
			var deps []listedPackage
			for _, path := range itself.Deps {
				if b, ok := broken[path]; ok {
					deps = append(deps, b)
				}
			}
			found = d.explain(p, deps)
		}
		diagnostics = append(diagnostics, found...)
	}
	for i := range diagnostics {
		diagnostics[i].Message += workspaceHint(d.root, diagnostics[i].Message)
	}
	return diagnostics, nil
}

// needCgo returns those of the packages that have files for cgo.
func (d diagnosis) needCgo(broken map[string]listedPackage) ([]listedPackage, error) {
	if len(broken) == 0 {
		return nil, nil
	}
	listed, err := d.list("1", "ImportPath,Dir,CgoFiles", slices.Sorted(maps.Keys(broken)))
	return slices.DeleteFunc(listed, func(p listedPackage) bool { return len(p.CgoFiles) == 0 }), err
}

func (d diagnosis) list(cgo, fields string, args []string) ([]listedPackage, error) {
	env := append(gocmd.Env(d.platform), "CGO_ENABLED="+cgo)
	list := []string{"list", "-e", "-json=" + fields}
	out, err := gocmd.Run(d.config.Context, d.root, env, slices.Concat(list, gocmd.CompileFlags(d.platform), args)...)
	if err != nil {
		return nil, fmt.Errorf("load packages: %w%s", err, workspaceHint(d.root, err.Error()))
	}
	return gocmd.DecodeList[listedPackage](out)
}

// cgoDiagnostic says that the package imports c, or is c, which needs cgo. Its
// position is in the application: that of import "C" or of the import that
// leads to it.
func (d diagnosis) cgoDiagnostic(p, c listedPackage, all []listedPackage) model.Diagnostic {
	leads := map[string]bool{c.ImportPath: true}
	for _, l := range all {
		leads[l.ImportPath] = leads[l.ImportPath] || slices.Contains(l.Deps, c.ImportPath)
	}
	dir, files := p.Dir, p.GoFiles
	if rel := gocmd.Relative(d.root, c.Dir); rel != c.Dir {
		dir, files, leads = c.Dir, c.CgoFiles, map[string]bool{"C": true}
	}
	return model.Diagnostic{Code: "needs-cgo", Pos: d.firstImport(dir, files, leads),
		Message: fmt.Sprintf(`%s needs cgo (import "C" in %s), but functions are built without it, as static binaries; use a package of pure Go instead, or give the file an alternative with //go:build !cgo`,
			c.ImportPath, c.CgoFiles[0])}
}

// firstImport returns the position of the first of the imports in the files, or the
// folder that they lie in.
func (d diagnosis) firstImport(dir string, files []string, paths map[string]bool) token.Position {
	for _, name := range files {
		if pos, ok := d.importIn(filepath.Join(dir, name), paths); ok {
			return pos
		}
	}
	return token.Position{Filename: gocmd.Relative(d.root, dir)}
}

// importIn returns the position of the first of the imports in the file.
func (d diagnosis) importIn(name string, paths map[string]bool) (token.Position, bool) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, nil, parser.ImportsOnly)
	if err != nil {
		return token.Position{}, false
	}
	for _, spec := range file.Imports {
		if imported, err := strconv.Unquote(spec.Path.Value); err == nil && paths[imported] {
			pos := fset.Position(spec.Path.Pos())
			pos.Filename = gocmd.Relative(d.root, name)
			return pos, true
		}
	}
	return token.Position{}, false
}

// explain returns the errors of a package that does not compile, from its
// source so that each has its position, and those of its dependencies that do
// not compile.
func (d diagnosis) explain(p *packages.Package, deps []listedPackage) []model.Diagnostic {
	all := p.Errors
	again := *d.config
	again.Mode |= packages.NeedSyntax | packages.NeedTypesInfo
	if loaded, err := packages.Load(&again, p.PkgPath); err == nil && len(loaded) == 1 && len(loaded[0].Errors) > 0 {
		all = loaded[0].Errors
	}
	positioned := slices.ContainsFunc(all, func(e packages.Error) bool { return parsePosition(e.Pos).Line > 0 })
	var diagnostics []model.Diagnostic
	for _, e := range all {
		pos := parsePosition(e.Pos)
		summary := pos.Line == 0 && positioned
		follows := slices.ContainsFunc(deps, func(l listedPackage) bool { return strings.HasPrefix(e.Msg, "could not import "+l.ImportPath+" ") })
		if !summary && !follows {
			diagnostics = append(diagnostics, d.diagnostic(p.PkgPath, pos, e.Msg))
		}
	}
	for _, l := range deps {
		for line := range strings.Lines(strings.ReplaceAll(l.Error.Err, "\n\t", " ")) {
			if strings.HasPrefix(line, "# ") {
				continue // the package's path
			}
			pos, message := parsePosition(l.Error.Pos), line
			if before, after, _ := strings.Cut(line, ": "); parsePosition(before).Line > 0 {
				pos, message = parsePosition(before), after
			}
			diagnostics = append(diagnostics, d.diagnostic(l.ImportPath, pos, message))
		}
	}
	if len(diagnostics) == 0 {
		diagnostics = append(diagnostics, d.diagnostic(p.PkgPath, token.Position{}, "the package does not compile; run go vet there"))
	}
	return diagnostics
}

// diagnostic is an error of the go command in the package.
func (d diagnosis) diagnostic(pkgPath string, pos token.Position, message string) model.Diagnostic {
	if pos.Filename == "" {
		pos.Filename = pkgPath
	}
	pos.Filename = gocmd.Relative(d.root, pos.Filename)
	message = notRequired.ReplaceAllString(strings.TrimSpace(message), "no required module provides package $1; run go get $1")
	return model.Diagnostic{Code: "go-compile", Pos: pos, Message: message}
}

// notRequired matches what the go command says where it may not change go.mod:
// by itself, and as it was told to.
var notRequired = regexp.MustCompile(`^(?:no required module provides|cannot find module providing) package (\S+)(?:; to add it:\s+go get \S+|: import lookup disabled by -mod=readonly)$`)

// place matches file:line:col, of which all but the file may be missing.
var place = regexp.MustCompile(`(?s)^(.*?)(?::([0-9]+))?(?::([0-9]+))?$`)

func parsePosition(s string) (pos token.Position) {
	if m := place.FindStringSubmatch(s); s != "-" {
		pos.Filename = m[1]
		pos.Line, _ = strconv.Atoi(m[2]) // 0 if it is missing
		pos.Column, _ = strconv.Atoi(m[3])
	}
	return pos
}

// workspaceHint says that a go.work file above the application is not read,
// for an error that may come of it.
func workspaceHint(root, message string) string {
	file := os.Getenv("GOWORK")
	for dir := root; file == ""; dir = filepath.Dir(dir) {
		name := filepath.Join(dir, "go.work")
		if _, err := os.Lstat(name); err == nil {
			file = name
		} else if dir == filepath.Dir(dir) {
			file = "off"
		}
	}
	if file == "off" || !strings.Contains(message, "module") && !strings.Contains(message, "go.sum") {
		return ""
	}
	return "; go.work is not read, so that a build is the same everywhere: name the module in go.mod, with require and replace"
}
