package discover

import (
	"bytes"
	"fmt"
	"go/build"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
)

// leftOut says why a function is not compiled: for lack of cgo, which is an
// error since functions never have it, or by something else about its file.
// Functions that are meant for none of the targets are not missed.
func (r *resolver) leftOut(c candidate, platform model.Platform, targets []string) {
	f := model.Function{Targets: c.directives.Targets}
	if len(targets) > 0 && !slices.ContainsFunc(targets, f.MeantFor) {
		return
	}
	name := c.decl.Name
	why, cgo := r.constraint(c.file, platform)
	if cgo {
		r.errorf("needs-cgo", name.Pos(), "%s is in a file that needs cgo, but functions are built without it, as static binaries; move it to a file without import \"C\" and without the build constraint cgo", name.Name)
		return
	}
	on := platform.String()
	if len(targets) > 0 {
		on = strings.Join(targets, ", ") + " (" + on + ")"
	}
	r.Diagnostics = append(r.Diagnostics, model.Diagnostic{Code: "left-out", Pos: r.position(name.Pos()), Severity: model.Warning,
		Message: fmt.Sprintf("%s is left out of %s: %s; move it to another file, or name the other targets with //fn:targets", name.Name, on, why)})
}

// constraint says what leaves the file out on the platform, and whether it is
// for cgo.
func (r *resolver) constraint(file string, platform model.Platform) (why string, cgo bool) {
	dir, base := filepath.Join(r.root, filepath.FromSlash(path.Dir(file))), path.Base(file)
	with := build.Default
	with.GOOS, with.GOARCH, with.BuildTags, with.CgoEnabled = platform.GOOS, platform.GOARCH, platform.Tags, true
	matches := func() bool {
		ok, err := with.MatchFile(dir, base)
		return err == nil && ok
	}
	if matches() {
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, base), nil, parser.PackageClauseOnly)
		if err == nil && parsed.Name.Name == "documentation" {
			return "the go command ignores files of package documentation", false
		}
		return "", true
	}
	with.OpenFile = func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("package p\n")), nil }
	if !matches() {
		return "its file is named for other platforms", false
	}
	src, _ := os.ReadFile(filepath.Join(dir, base)) // which was read before
	for line := range bytes.Lines(src) {
		if text := string(bytes.TrimSpace(line)); constraint.IsGoBuild(text) {
			return "its file has " + model.Clip(model.Printable(text)), false
		}
	}
	return "its file has build constraints", false
}
