package build

import (
	"go/parser"
	"go/token"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/module"

	"github.com/fngen/fngen/gen/internal/model"
)

// module returns the module of the path whose root package the files are, with
// the packages in vendor/ that this one needs, and the modules they are of. It
// is as if it alone had been vendored.
func (s stage) module(modulePath string, root []model.File) ([]model.File, []usedModule, error) {
	if err := s.mod.AddModuleStmt(modulePath); err != nil {
		return nil, nil, err
	}
	mod, err := s.mod.Format()
	if err != nil {
		return nil, nil, err
	}
	replaced := map[string]bool{}
	for _, r := range s.mod.Replace {
		replaced[r.Old.String()] = true
	}
	needed := s.closure(root)
	listed := onlyPackages(s.modules, needed, replaced)
	files := append(slices.Clone(root), model.File{Path: "go.mod", Data: mod}, model.File{Path: "vendor/modules.txt", Data: formatModules(listed)})
	return append(files, s.vendored(needed)...), vendoredModules(listed, s.sums, s.main), nil
}

// closure returns the vendored packages that the files import, directly or not,
// on whatever platform, as go mod vendor chooses them.
func (s stage) closure(root []model.File) map[string]bool {
	var queue []string
	for _, file := range root {
		queue = append(queue, importsOf(file)...)
	}
	needed := map[string]bool{}
	for len(queue) > 0 {
		name := queue[0]
		queue = queue[1:]
		if p, ok := s.packages[name]; ok && !needed[name] {
			needed[name] = true
			queue = append(queue, p.imports...)
		}
	}
	return needed
}

var (
	sourceFile  = regexp.MustCompile(`\.(go|c|cc|cpp|cxx|m|h|hh|hpp|hxx|f|F|for|f90|s|S|sx|swig|swigcxx|syso)$`)
	licenceFile = regexp.MustCompile(`^(?i:licen[cs]e|copying|notice|patents|authors|contributors|copyright|legal|unlicense)`)
	// metadataFile is of those that go mod vendor copies from above a package.
	metadataFile = regexp.MustCompile(`^(LICENSE|COPYING|NOTICE|PATENTS|AUTHORS|CONTRIBUTORS|COPYRIGHT|LEGAL)`)
)

// vendored returns the files of the packages that a build needs, sorted: go mod
// vendor copies every file of a package's folder, and what else lies there must
// not leave the machine.
func (s stage) vendored(packages map[string]bool) []model.File {
	chosen := map[string]model.File{}
	choose := func(pkg string, wanted func(base string) bool) {
		for _, file := range s.packages[pkg].files {
			if wanted(path.Base(file.Path)) {
				chosen[file.Path] = file
			}
		}
	}
	for name := range packages {
		p := s.packages[name]
		choose(name, func(base string) bool { return sourceFile.MatchString(base) || licenceFile.MatchString(base) })
		for _, file := range p.embedded {
			chosen[file.Path] = file
		}
		for above := name; above != p.module && above != "."; {
			above = path.Dir(above)
			choose(above, metadataFile.MatchString)
		}
	}
	var files []model.File
	for _, name := range slices.Sorted(maps.Keys(chosen)) {
		files = append(files, chosen[name])
	}
	return files
}

// A vendoredPackage is a folder in vendor/.
type vendoredPackage struct {
	module   string // its path; "" if the folder is above a package's
	imports  []string
	files    []model.File // that lie in the folder itself
	embedded []model.File
}

// readPackages returns the folders below vendor/, by import path. files are all
// below it, by path, and embedded says which of them a package's folder embeds.
func readPackages(vendored []vendoredModule, files map[string]model.File, embedded map[string][]string) map[string]vendoredPackage {
	packages := map[string]vendoredPackage{}
	for _, m := range vendored {
		for _, name := range m.packages {
			packages[name] = vendoredPackage{module: m.id.Path}
		}
	}
	for name, file := range files {
		folder := strings.TrimPrefix(path.Dir(name), "vendor/")
		p := packages[folder]
		p.files = append(p.files, file)
		if base := path.Base(name); path.Ext(base) == ".go" && base[0] != '_' && base[0] != '.' {
			p.imports = append(p.imports, importsOf(file)...)
		}
		packages[folder] = p
	}
	for folder, names := range embedded {
		name, ok := strings.CutPrefix(folder, "vendor/")
		if !ok {
			continue
		}
		p := packages[name]
		for _, n := range names {
			if file, ok := files[n]; ok {
				p.embedded = append(p.embedded, file)
			}
		}
		packages[name] = p
	}
	return packages
}

// importsOf returns what the Go file imports. What does not parse is left out:
// no platform compiles it.
func importsOf(file model.File) []string {
	parsed, _ := parser.ParseFile(token.NewFileSet(), file.Path, file.Data, parser.ImportsOnly)
	if parsed == nil {
		return nil
	}
	var imports []string
	for _, spec := range parsed.Imports {
		if name, err := strconv.Unquote(spec.Path.Value); err == nil {
			imports = append(imports, name)
		}
	}
	return imports
}

// goSums returns the digests of modules in the text of go.sum.
func goSums(text []byte) map[module.Version]string {
	sums := map[module.Version]string{}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) == 3 && !strings.HasSuffix(f[1], "/go.mod") {
			sums[module.Version{Path: f[0], Version: f[1]}] = f[2]
		}
	}
	return sums
}
