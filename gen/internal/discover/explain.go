package discover

import (
	"go/token"
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
	return model.Diagnostic{Pos: pos, Message: message}
}

// notRequired matches what the go command says where it may not change go.mod.
var notRequired = regexp.MustCompile(`^cannot find module providing package (\S+): import lookup disabled by -mod=readonly$`)

// parsePosition understands file:line:col, of which all but the file may be
// missing.
func parsePosition(s string) token.Position {
	if s == "-" {
		return token.Position{}
	}
	rest, numbers := s, []int{}
	for len(numbers) < 2 {
		i := strings.LastIndexByte(rest, ':')
		n, err := strconv.Atoi(rest[i+1:])
		if i < 0 || err != nil {
			break
		}
		rest, numbers = rest[:i], append(numbers, n)
	}
	pos := token.Position{Filename: rest}
	switch len(numbers) {
	case 1:
		pos.Line = numbers[0]
	case 2:
		pos.Line, pos.Column = numbers[1], numbers[0]
	}
	return pos
}

// workspaceHint says that a go.work file above the application is not read,
// for an error that may come of it.
func workspaceHint(root, message string) string {
	file := os.Getenv("GOWORK")
	for dir := root; file == ""; dir = filepath.Dir(dir) {
		if name := filepath.Join(dir, "go.work"); exists(name) {
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
