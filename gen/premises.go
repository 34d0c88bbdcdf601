package gen

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// premises are what the go command's answers rest on: the packages that it has
// read. A folder counts if what is in it can change the answer:
//
//   - the folder of each package, standard library and module cache included;
//   - in this module and in those that a folder takes the place of: the folders
//     above it, where a go.mod may appear, and those of the files it embeds;
//   - where such a module would have a package that another one provides, as
//     far as the folders exist, since two modules with it are an error;
//   - the root of each such module, for its go.mod and go.sum.
type premises struct {
	app        App
	candidates []string // folders of functions with directives, relative to the root
	packages   []importedPackage
}

// An importedPackage is what go list says of a package.
type importedPackage struct {
	ImportPath, Dir           string
	Standard                  bool
	Imports                   []string
	EmbedPatterns, EmbedFiles []string
}

// folders returns the folders. They are not certain to be all if an entrypoint
// is imported, since entrypoints are not looked at here, or if a pattern for
// embedded files has a wildcard for folders.
func (p *premises) folders(w world) (folders map[string]bool, certain bool) {
	folders, certain = map[string]bool{}, true
	along := func(dir, rel string) {
		folders[dir] = true
		for element := range strings.SplitSeq(filepath.ToSlash(rel), "/") {
			dir = filepath.Join(dir, element)
			if info, err := os.Stat(dir); err != nil || !info.IsDir() {
				return
			}
			folders[dir] = true
		}
	}
	for _, m := range p.app.Module.folders {
		folders[m.dir] = true
	}
	if rel, err := filepath.Rel(p.app.Module.Dir, p.app.Root); err == nil {
		along(p.app.Module.Dir, rel)
	}
	for _, c := range p.candidates {
		along(p.app.Root, c)
	}
	entrypoints := p.app.Path + "/" + EntrypointDir + "/"
	for _, pkg := range p.packages {
		if strings.HasPrefix(pkg.ImportPath, entrypoints) {
			continue
		}
		folders[pkg.Dir] = true
		if pkg.Standard {
			continue
		}
		for _, m := range p.app.Module.folders {
			if rel, ok := strings.CutPrefix(pkg.ImportPath+"/", m.path+"/"); ok {
				along(m.dir, rel)
			}
		}
		certain = certain && !slices.ContainsFunc(pkg.Imports, func(i string) bool { return strings.HasPrefix(i, entrypoints) })
		if w.isFixed(pkg.Dir) {
			continue
		}
		for _, f := range pkg.EmbedFiles {
			along(pkg.Dir, path.Dir(f))
		}
		for _, pattern := range pkg.EmbedPatterns {
			certain = certain && !strings.ContainsAny(path.Dir(pattern), `*?[\`)
		}
	}
	return folders, certain
}

// alone reports whether nothing lies in the folders of the entrypoint files but
// them, and no go.mod above them.
func alone(root string, files []File) bool {
	wanted, seen := map[string]bool{}, map[string]bool{}
	for _, f := range files {
		wanted[f.Path] = true
	}
	for _, f := range files {
		for dir := path.Dir(f.Path); dir != "." && !seen[dir]; dir = path.Dir(dir) {
			seen[dir] = true
			entries, err := os.ReadDir(filepath.Join(root, filepath.FromSlash(dir)))
			if err != nil {
				if os.IsNotExist(err) {
					continue
				}
				return false
			}
			for _, e := range entries {
				name := dir + "/" + e.Name()
				if e.Name() == "go.mod" || !wanted[name] && dir == path.Dir(f.Path) {
					return false
				}
			}
		}
	}
	return true
}
