package gen

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// stage returns a module whose root package is the function's entrypoint and
// which holds all that it needs in vendor/. Its path lies below the
// application's, so that internal packages are within reach.
func (w *Workspace) stage(ctx context.Context, t Target, f Function, root []File) ([]File, error) {
	dir := filepath.Join(w.dir, "stage", f.Name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	sum, err := os.ReadFile(filepath.Join(w.dir, "go.sum"))
	if err != nil {
		return nil, err
	}
	mod, err := w.stagedMod(path.Join(w.app.Path, DistDir, t.Name(), f.Name))
	if err != nil {
		return nil, err
	}
	data, err := mod.Format()
	if err != nil {
		return nil, err
	}
	for _, file := range append(root, File{Path: "go.mod", Data: data}, File{Path: "go.sum", Data: sum}) {
		if err := os.WriteFile(filepath.Join(dir, file.Path), file.Data, 0o600); err != nil {
			return nil, err
		}
	}
	env := goEnv(t.Platform())
	if _, err := runGo(ctx, dir, env, "mod", "vendor"); err != nil {
		return nil, err
	}
	// The module is listed as it will ship. Before, the go command would not
	// understand its own vendor/modules.txt if a folder's name holds a space.
	local, err := withoutLocalReplaces(mod)
	if err != nil {
		return nil, err
	}
	if data, err = mod.Format(); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), data, 0o600); err != nil {
		return nil, err
	}
	if err := dropReplacements(filepath.Join(dir, "vendor", "modules.txt"), local); err != nil {
		return nil, err
	}
	embedded, err := embeddedFiles(ctx, dir, env, t.Platform())
	if err != nil {
		return nil, err
	}
	staged := append(slices.Clone(root), File{Path: "go.mod", Data: data})
	vendored, err := vendorFiles(dir, embedded)
	return append(staged, vendored...), err
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

// embeddedFiles returns the files below dir that //go:embed names, relative to
// dir.
func embeddedFiles(ctx context.Context, dir string, env []string, platform Platform) (map[string]bool, error) {
	out, err := runGo(ctx, dir, env, "list", "-deps", "-mod=vendor", "-json=Dir,EmbedFiles", ".")
	if err != nil {
		return nil, err
	}
	files := map[string]bool{}
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
		var p struct {
			Dir        string
			EmbedFiles []string
		}
		if err := d.Decode(&p); err != nil {
			return nil, err
		}
		for _, f := range p.EmbedFiles {
			files[relative(dir, filepath.Join(p.Dir, f))] = true
		}
	}
	return files, nil
}

var (
	sourceFile  = regexp.MustCompile(`\.(go|c|cc|cpp|cxx|m|h|hh|hpp|hxx|f|F|for|f90|s|S|sx|swig|swigcxx|syso)$`)
	licenceFile = regexp.MustCompile(`^(?i:licen[cs]e|copying|notice|patents|authors|contributors|copyright|legal|unlicense)`)
)

// vendorFiles reads what a build needs of dir's vendor folder: go mod vendor
// copies every file of a package's folder when one of them is embedded, and
// what else lies there must not leave the machine.
func vendorFiles(dir string, embedded map[string]bool) ([]File, error) {
	var files []File
	err := filepath.WalkDir(filepath.Join(dir, "vendor"), func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		rel := relative(dir, name)
		if rel != "vendor/modules.txt" && !embedded[rel] && !sourceFile.MatchString(rel) && !licenceFile.MatchString(path.Base(rel)) {
			return nil
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("read vendored file: %w", err)
		}
		files = append(files, File{Path: rel, Data: data})
		return nil
	})
	return files, err
}

// dropReplacements takes the replacements by folders out of the file.
func dropReplacements(name string, local map[string]bool) error {
	modules, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	return os.WriteFile(name, withoutReplacements(modules, local), 0o600)
}

// withoutReplacements takes the replacements by folders out of modules.txt:
// "# path version => folder" becomes "# path version", and "# path => folder"
// at its end goes.
func withoutReplacements(modules []byte, local map[string]bool) []byte {
	var out strings.Builder
	for line := range strings.Lines(string(modules)) {
		before, by, replaced := strings.Cut(strings.TrimSuffix(line, "\n"), " => ")
		if replaced && strings.HasPrefix(line, "# ") && !isVersioned(by) {
			fields := strings.Fields(before)[1:]
			switch {
			case len(fields) == 1 && local[fields[0]]:
				continue
			case len(fields) == 2 && (local[fields[0]] || local[fields[0]+"@"+fields[1]]):
				if replacesAtEnd(modules, line) {
					continue
				}
				line = before + "\n"
			}
		}
		out.WriteString(line)
	}
	return []byte(out.String())
}

// isVersioned reports whether a replacement is a module's path and version
// rather than a folder.
func isVersioned(replacement string) bool {
	i := strings.LastIndexByte(replacement, ' ')
	return semver.IsValid(replacement[i+1:])
}

// replacesAtEnd reports whether a line with a version stands in the list of
// replacements at the end of modules.txt: nothing but such lines follows.
func replacesAtEnd(modules []byte, line string) bool {
	_, rest, _ := strings.Cut(string(modules), line)
	for following := range strings.Lines(rest) {
		if !strings.HasPrefix(following, "# ") || !strings.Contains(following, " => ") {
			return false
		}
	}
	return true
}
