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
	"golang.org/x/mod/semver"

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

// A vendoredModule is a module in vendor/modules.txt with its packages, or one
// of the replacements at the file's end that no vendored module has.
//
// https://go.dev/ref/mod#vendoring
type vendoredModule struct {
	id          module.Version
	replacement string // what stands after =>
	notes       string // the lines that begin with ##
	packages    []string
	isLocal     bool // a folder took its place
}

// isExplicit reports whether go.mod requires the module itself.
func (m vendoredModule) isExplicit() bool { return strings.HasPrefix(m.notes, "## explicit") }

// isReplacement reports whether it is one of the replacements at the end. A
// module that is not required explicitly is listed for its packages alone.
func (m vendoredModule) isReplacement() bool { return len(m.packages) == 0 && !m.isExplicit() }

func parseModules(text []byte) []vendoredModule {
	var modules []vendoredModule
	for line := range strings.Lines(string(text)) {
		header, isHeader := strings.CutPrefix(line, "# ")
		switch {
		case isHeader:
			old, replacement, _ := strings.Cut(strings.TrimSuffix(header, "\n"), " => ")
			path, version, _ := strings.Cut(old, " ")
			modules = append(modules, vendoredModule{id: module.Version{Path: path, Version: version}, replacement: replacement})
		case len(modules) == 0:
		case strings.HasPrefix(line, "##"):
			modules[len(modules)-1].notes += line
		default:
			m := &modules[len(modules)-1]
			m.packages = append(m.packages, strings.TrimSuffix(line, "\n"))
		}
	}
	return modules
}

func formatModules(modules []vendoredModule) []byte {
	var out strings.Builder
	for _, m := range modules {
		out.WriteString("# " + strings.TrimSuffix(m.id.Path+" "+m.id.Version, " "))
		if m.replacement != "" {
			out.WriteString(" => " + m.replacement)
		}
		out.WriteString("\n" + m.notes)
		for _, p := range m.packages {
			out.WriteString(p + "\n")
		}
	}
	return []byte(out.String())
}

// withoutReplacements takes the replacements by folders, which are given as
// path or path@version, out of the modules.
func withoutReplacements(modules []vendoredModule, local map[string]bool) []vendoredModule {
	var out []vendoredModule
	for _, m := range modules {
		if m.replacement != "" && !isVersioned(m.replacement) && (local[m.id.Path] || local[m.id.String()]) {
			if m.isReplacement() {
				continue
			}
			m.replacement, m.isLocal = "", true
		}
		out = append(out, m)
	}
	return out
}

// isVersioned reports whether a replacement is a module's path and version
// rather than a folder.
func isVersioned(replacement string) bool {
	i := strings.LastIndexByte(replacement, ' ')
	return semver.IsValid(replacement[i+1:])
}

// onlyPackages returns the modules as they are listed if nothing but the
// packages is vendored. replaced are the modules that go.mod replaces, which
// stand at the end, sorted, if they have no package.
func onlyPackages(modules []vendoredModule, packages, replaced map[string]bool) []vendoredModule {
	var out, end []vendoredModule
	for _, m := range modules {
		m.packages = slices.DeleteFunc(slices.Clone(m.packages), func(p string) bool { return !packages[p] })
		switch {
		case !m.isReplacement():
			out = append(out, m)
		case replaced[m.id.String()]:
			m.notes = ""
			end = append(end, m)
		}
	}
	slices.SortFunc(end, func(a, b vendoredModule) int { return strings.Compare(a.id.String(), b.id.String()) })
	return append(out, end...)
}
