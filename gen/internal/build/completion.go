package build

import (
	"bytes"
	"errors"
	"fmt"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/fngen/fngen/gen/internal/build/gocmd"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
)

// A Completion is what go.mod and go.sum lacked.
type Completion struct {
	Added  []string // path@version of requirements, or what else is new; none if nothing was missing
	root   string   // of the application
	dir    string   // of the module
	files  map[string][]byte
	before moduleFiles
}

// Completion returns what Complete has added.
func (w *Workspace) Completion() (Completion, error) {
	c := Completion{root: w.app.Root, dir: w.app.Module.Dir, files: map[string][]byte{}, before: w.original}
	for name, before := range map[string][]byte{"go.mod": w.original.mod, "go.sum": w.original.sum} {
		data, err := os.ReadFile(filepath.Join(w.dir, name))
		if err != nil {
			return c, err
		}
		if !output.SameText(data, before) {
			c.files[name] = data
		}
	}
	now, err := w.mod()
	if err != nil {
		return c, err
	}
	before, err := modfile.Parse("go.mod", w.original.mod, nil)
	if err != nil {
		return c, err
	}
	had := map[string]bool{}
	for _, r := range before.Require {
		had[r.Mod.String()] = true
	}
	for _, r := range now.Require {
		if !had[r.Mod.String()] {
			c.Added = append(c.Added, r.Mod.String())
		}
	}
	if len(c.Added) == 0 && c.files["go.sum"] != nil {
		c.Added = []string{"checksums in go.sum"}
	}
	return c, nil
}

// Save writes go.mod and go.sum to the application's module, if anything was
// missing. Where one is a link, what it leads to is written. The error is
// [model.Findings] if that lies outside of the module's folder.
func (c Completion) Save() error {
	if len(c.Added) == 0 {
		return nil
	}
	root, err := os.OpenRoot(c.dir)
	if err != nil {
		return err
	}
	defer root.Close()
	files := map[string]string{} // what to write, by name
	for name, before := range map[string][]byte{"go.mod": c.before.mod, "go.sum": c.before.sum} {
		if c.files[name] == nil {
			continue
		}
		if files[name], err = c.behind(root, name); err != nil {
			return err
		}
		now, err := root.ReadFile(files[name])
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if !bytes.Equal(now, before) {
			return fmt.Errorf("%s has changed meanwhile; run fngen generate again", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := output.WriteFile(root, files[name], c.files[name]); err != nil {
			return err
		}
	}
	return nil
}

// behind returns the path of the file in the module's folder that the name
// leads to: itself, if it is no link.
func (c Completion) behind(root *os.Root, name string) (string, error) {
	info, err := root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Mode()&fs.ModeSymlink == 0 {
		return name, nil
	}
	if err != nil {
		return "", err
	}
	dir, err := filepath.EvalSymlinks(c.dir)
	if err != nil {
		return "", err
	}
	file, err := filepath.EvalSymlinks(filepath.Join(dir, name))
	if err != nil {
		return "", err
	}
	relative, err := filepath.Rel(dir, file)
	if err != nil || !filepath.IsLocal(relative) {
		d := model.Diagnostic{Code: "link-outward", Pos: token.Position{Filename: gocmd.Relative(c.root, filepath.Join(c.dir, name))},
			Message: "this is a link that leads out of the module's folder, where nothing is written, and it lacks " + strings.Join(c.Added, ", ") + "; add them with go get"}
		return "", model.Findings{d}
	}
	return relative, nil
}
