package discover

import (
	"fmt"
	"go/build"
	"path/filepath"
	"slices"

	"github.com/fngen/fngen/gen/internal/model"
)

// cgoLeftOut warns of the packages, of those that match the patterns and their
// dependencies, that compile without their files for cgo and so may not do what
// they should. A package of the application itself that has another file for
// that case is as its author wants it.
func (d diagnosis) cgoLeftOut(patterns []string) ([]model.Diagnostic, error) {
	all, err := d.list("0", "ImportPath,Dir,Standard,GoFiles,IgnoredGoFiles,Imports,Module", slices.Concat([]string{"-deps"}, patterns))
	if err != nil {
		return nil, err
	}
	var diagnostics []model.Diagnostic
	for _, p := range all {
		file := d.cgoFile(p)
		switch {
		case file == "":
		case p.own() && !d.hasAlternative(p):
			name := filepath.Join(p.Dir, file)
			pos, _ := d.importIn(name, map[string]bool{"C": true})
			diagnostics = append(diagnostics, model.Diagnostic{Code: "cgo-left-out", Pos: pos, Severity: model.Warning,
				Message: "this file needs cgo and is left out, since functions are built without it, as static binaries; give it an alternative with //go:build !cgo, or remove it"})
		case !p.own():
			diagnostics = append(diagnostics, d.cgoDependency(p, file, all)...)
		}
	}
	return diagnostics, nil
}

// own reports whether the package is one of the application's module.
func (p listedPackage) own() bool { return p.Module != nil && p.Module.Main }

// cgoFile returns the first of the package's files that cgo alone would compile;
// "" if there is none.
func (d diagnosis) cgoFile(p listedPackage) string {
	if p.Standard {
		return ""
	}
	for _, name := range p.IgnoredGoFiles {
		if _, importsC := d.importIn(filepath.Join(p.Dir, name), map[string]bool{"C": true}); importsC && d.withCgo(p, name) {
			return name
		}
	}
	return ""
}

// hasAlternative reports whether a file of the package is compiled for lack of
// cgo.
func (d diagnosis) hasAlternative(p listedPackage) bool {
	return slices.ContainsFunc(p.GoFiles, func(name string) bool { return !d.withCgo(p, name) })
}

// withCgo reports whether the file would be compiled if there were cgo.
func (d diagnosis) withCgo(p listedPackage, name string) bool {
	with := build.Default
	with.GOOS, with.GOARCH, with.BuildTags, with.CgoEnabled = d.platform.GOOS, d.platform.GOARCH, d.platform.Tags, true
	ok, err := with.MatchFile(p.Dir, name)
	return err == nil && ok
}

// cgoDependency warns of a package that is not the application's, once in each
// package of the application that imports it or what leads to it.
func (d diagnosis) cgoDependency(dependency listedPackage, file string, all []listedPackage) []model.Diagnostic {
	leads := map[string]bool{dependency.ImportPath: true}
	for _, p := range all { // dependencies come before what imports them
		if !p.own() && slices.ContainsFunc(p.Imports, func(path string) bool { return leads[path] }) {
			leads[p.ImportPath] = true
		}
	}
	var diagnostics []model.Diagnostic
	for _, p := range all {
		if !p.own() || !slices.ContainsFunc(p.Imports, func(path string) bool { return leads[path] }) {
			continue
		}
		diagnostics = append(diagnostics, model.Diagnostic{Code: "cgo-left-out", Pos: d.firstImport(p.Dir, p.GoFiles, leads), Severity: model.Warning,
			Message: fmt.Sprintf("%s is compiled without its files for cgo, such as %s, since functions are built without it, as static binaries; use a package of pure Go instead, or see to it that what is left suffices",
				dependency.ImportPath, file)})
	}
	return diagnostics
}
