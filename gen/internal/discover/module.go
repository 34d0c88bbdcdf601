package discover

import (
	"errors"
	"fmt"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"golang.org/x/mod/modfile"

	"github.com/fngen/fngen/gen/internal/build/gocmd"
	"github.com/fngen/fngen/gen/internal/model"
)

// findModule returns the module that the folder lies in and the folder's
// import path.
func findModule(root string) (model.Module, string, error) {
	for dir := root; ; dir = filepath.Dir(dir) {
		name := filepath.Join(dir, "go.mod")
		data, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			if dir == filepath.Dir(dir) {
				return model.Module{}, "", fmt.Errorf("no go.mod in %s or above it; run go mod init there first", root)
			}
			continue
		}
		if err != nil {
			return model.Module{}, "", err
		}
		file, err := modfile.Parse(name, data, nil)
		if err != nil {
			return model.Module{}, "", err
		}
		if file.Module == nil {
			return model.Module{}, "", fmt.Errorf("%s has no module line", name)
		}
		m := model.Module{Path: file.Module.Mod.Path, Dir: dir}
		if file.Go != nil {
			m.GoVersion = file.Go.Version
		}
		for _, r := range file.Require {
			if r.Mod.Path == model.FngenModule {
				m.SDK = r.Mod.Version
			}
		}
		for _, r := range file.Replace {
			if r.Old.Path == model.FngenModule {
				m.SDK = r.New.Version
			}
			if r.New.Version == "" && filepath.IsAbs(r.New.Path) {
				m.Absolute = append(m.Absolute, token.Position{Filename: gocmd.Relative(root, name), Line: r.Syntax.Start.Line, Column: r.Syntax.Start.LineRune})
			}
		}
		rel, err := filepath.Rel(dir, root)
		if err != nil {
			return model.Module{}, "", err
		}
		return m, path.Join(m.Path, filepath.ToSlash(rel)), nil
	}
}
