package build

import (
	"slices"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

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
