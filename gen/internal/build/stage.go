package build

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"github.com/fngen/fngen/gen/internal/build/gocmd"
	"github.com/fngen/fngen/gen/internal/model"
)

// A stage is a module with the functions' entrypoints, and with all that they
// need in vendor/.
type stage struct {
	main     string        // the path of the application's module
	mod      *modfile.File // as it will ship
	modules  []vendoredModule
	packages map[string]vendoredPackage // by import path
	sums     map[module.Version]string
}

// stage vendors what the functions need, for all of them at once, since they
// share one go.mod. The module's path lies below the application's, so that
// internal packages are within reach.
func (w *Workspace) stage(ctx context.Context, t model.Target, entrypoints []model.File) (stage, error) {
	var s stage
	dir := filepath.Join(w.dir, "stage")
	mod, err := w.stagedMod(path.Join(w.app.Path, model.DistDir, t.Name()))
	if err != nil {
		return s, err
	}
	sum, err := os.ReadFile(filepath.Join(w.dir, "go.sum"))
	if err != nil {
		return s, err
	}
	if err := writeStage(dir, mod, append(entrypoints, model.File{Path: "go.sum", Data: sum})...); err != nil {
		return s, err
	}
	env := gocmd.Env(t.Platform())
	if _, err := gocmd.Run(ctx, dir, env, "mod", "vendor"); err != nil {
		return s, err
	}
	// The module is listed as it will ship. Before, the go command would not
	// understand its own vendor/modules.txt if a folder's name holds a space.
	local, err := withoutLocalReplaces(mod)
	if err != nil {
		return s, err
	}
	text, err := os.ReadFile(filepath.Join(dir, "vendor", "modules.txt"))
	if err != nil {
		return s, err
	}
	s = stage{main: w.app.Module.Path, mod: mod, modules: withoutReplacements(parseModules(text), local), sums: goSums(sum)}
	if err := writeStage(dir, mod, model.File{Path: "vendor/modules.txt", Data: formatModules(s.modules)}); err != nil {
		return s, err
	}
	embedded, err := embeddedFiles(ctx, dir, env)
	if err != nil {
		return s, err
	}
	files, err := vendorFiles(dir)
	s.packages = readPackages(s.modules, files, embedded)
	return s, err
}

// writeStage writes go.mod and the files into the folder.
func writeStage(dir string, mod *modfile.File, files ...model.File) error {
	data, err := mod.Format()
	if err != nil {
		return err
	}
	for _, f := range append(files, model.File{Path: "go.mod", Data: data}) {
		name := filepath.Join(dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(name, f.Data, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// stagedMod is the application's go.mod as that of a module which requires the
// application: local replacements are absolute.
func (w *Workspace) stagedMod(modulePath string) (*modfile.File, error) {
	mod, err := w.mod()
	if err != nil {
		return nil, err
	}
	main := w.app.Module
	version := "v0.0.0"
	if major := module.PathMajorPrefix(majorOf(main.Path)); major != "" {
		version = major + ".0.0"
	}
	if err := mod.AddModuleStmt(modulePath); err != nil {
		return nil, err
	}
	mod.DropToolchainStmt()
	for _, t := range slices.Clone(mod.Tool) {
		if err := mod.DropTool(t.Path); err != nil {
			return nil, err
		}
	}
	if err := absoluteReplaces(mod, main.Dir); err != nil {
		return nil, err
	}
	if err := mod.AddRequire(main.Path, version); err != nil {
		return nil, err
	}
	if err := mod.AddReplace(main.Path, "", main.Dir, ""); err != nil {
		return nil, err
	}
	mod.Cleanup()
	return mod, nil
}

// absoluteReplaces makes the folders of replacements, which are relative to
// dir, absolute.
func absoluteReplaces(mod *modfile.File, dir string) error {
	var replaces []modfile.Replace
	for _, r := range mod.Replace {
		replaces = append(replaces, *r)
	}
	// AddReplace for all versions of a module drops those for one, so that they
	// are added after it.
	slices.SortStableFunc(replaces, func(a, b modfile.Replace) int { return strings.Compare(a.Old.Version, b.Old.Version) })
	for _, r := range replaces {
		if r.New.Version == "" && !filepath.IsAbs(r.New.Path) {
			r.New.Path = filepath.Join(dir, r.New.Path)
		}
		if err := mod.AddReplace(r.Old.Path, r.Old.Version, r.New.Path, r.New.Version); err != nil {
			return err
		}
	}
	return nil
}

func majorOf(modulePath string) string {
	_, major, _ := module.SplitPathVersion(modulePath)
	return major
}

// withoutLocalReplaces drops the replacements by folders, which vendor/ takes
// the place of, and returns the replaced modules as path or path@version.
func withoutLocalReplaces(mod *modfile.File) (map[string]bool, error) {
	local := map[string]bool{}
	for _, r := range slices.Clone(mod.Replace) {
		if r.New.Version != "" {
			continue
		}
		local[r.Old.String()] = true
		if err := mod.DropReplace(r.Old.Path, r.Old.Version); err != nil {
			return nil, err
		}
	}
	mod.Cleanup()
	return local, nil
}

// embeddedFiles returns the files below dir that //go:embed names, by the folder
// of the package, relative to dir.
func embeddedFiles(ctx context.Context, dir string, env []string) (map[string][]string, error) {
	out, err := gocmd.Run(ctx, dir, env, "list", "-deps", "-mod=vendor", "-json=Dir,EmbedFiles", "./...")
	if err != nil {
		return nil, err
	}
	packages, err := gocmd.DecodeList[struct {
		Dir        string
		EmbedFiles []string
	}](out)
	files := map[string][]string{}
	for _, p := range packages {
		folder := gocmd.Relative(dir, p.Dir)
		for _, f := range p.EmbedFiles {
			files[folder] = append(files[folder], folder+"/"+f)
		}
	}
	return files, err
}

// vendorFiles reads the files of dir's vendor folder, by their paths.
func vendorFiles(dir string) (map[string]model.File, error) {
	files := map[string]model.File{}
	err := filepath.WalkDir(filepath.Join(dir, "vendor"), func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("read vendored file: %w", err)
		}
		rel := gocmd.Relative(dir, name)
		files[rel] = model.File{Path: rel, Data: data}
		return nil
	})
	return files, err
}
