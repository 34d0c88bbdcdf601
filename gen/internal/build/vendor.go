package build

import (
	"bytes"
	"cmp"
	"fmt"
	"go/build"
	"go/version"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

// licenceFile matches the names of the texts that have to go where a
// dependency's code goes.
var licenceFile = regexp.MustCompile(`^(?i:(un)?licen[cs]es?|copying|copyright|copyleft|notices?|patents|authors|contributors|legal)` +
	`([-_][A-Za-z0-9]+)*(\.[0-9]+)?(\.(?i:md|markdown|txt|rst|html|apache2?|bsd[0-9]?|mit|mpl|l?gpl|lesser|isc|code|docs|third_party|libyaml|golang))?$`)

// otherVersions returns those of the Go files that are left out here which
// another version of Go than this one compiles on the platform: the one that
// compiles an archive may be newer.
func (s *stage) otherVersions(p linkedPackage) []string {
	oldest, versions := 1, 20
	if s.mod.Go != nil {
		fmt.Sscanf(version.Lang("go"+s.mod.Go.Version), "go1.%d", &oldest)
	}
	with := build.Default
	with.GOOS, with.GOARCH, with.CgoEnabled, with.BuildTags = s.platform.GOOS, s.platform.GOARCH, false, s.platform.Tags
	var releases []string
	for minor := range oldest + versions {
		releases = append(releases, fmt.Sprintf("go1.%d", minor+1))
	}
	var names []string
	for _, name := range p.IgnoredGoFiles {
		text, err := os.ReadFile(filepath.Join(p.Dir, name))
		if err != nil || strings.HasSuffix(name, "_test.go") || !bytes.Contains(text, []byte("go1.")) {
			continue
		}
		for n := oldest; n <= len(releases); n++ {
			with.ReleaseTags = releases[:n]
			if matches, err := with.MatchFile(p.Dir, name); err == nil && matches {
				names = append(names, name)
				break
			}
		}
	}
	return names
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

// vendoredOf returns the modules as vendor/modules.txt lists them for a main
// module with the go.mod if the packages are vendored, and their digests as far
// as the go command knows them. go.mod replaces no module by a folder any more.
func vendoredOf(mod *modfile.File, packages map[string]linkedPackage) ([]vendoredModule, map[module.Version]string) {
	modules, sums := map[string]vendoredModule{}, map[module.Version]string{}
	isExplicit := map[module.Version]bool{}
	for _, r := range mod.Require {
		isExplicit[r.Mod] = true
		modules[r.Mod.Path] = vendoredModule{id: r.Mod, notes: "## explicit\n", replacement: replacementOf(mod, r.Mod)}
	}
	for _, name := range slices.Sorted(maps.Keys(packages)) {
		of := packages[name].Module
		m, ok := modules[of.Path]
		if !ok {
			id := module.Version{Path: of.Path, Version: of.Version}
			m = vendoredModule{id: id, replacement: replacementOf(mod, id)}
		}
		if of.GoVersion != "" {
			m.notes = "## go " + of.GoVersion + "\n"
			if isExplicit[m.id] {
				m.notes = "## explicit; go " + of.GoVersion + "\n"
			}
		}
		switch r := of.Replace; {
		case r == nil:
			sums[m.id] = of.Sum
		case r.Version == "":
			m.isLocal = true
		default:
			sums[module.Version{Path: r.Path, Version: r.Version}] = r.Sum
		}
		m.packages = append(m.packages, name)
		modules[of.Path] = m
	}
	list := slices.SortedFunc(maps.Values(modules), func(a, b vendoredModule) int { return cmp.Compare(a.id.Path, b.id.Path) })
	var others []vendoredModule
	for _, r := range mod.Replace {
		if r.Old != modules[r.Old.Path].id {
			others = append(others, vendoredModule{id: r.Old, replacement: r.New.Path + " " + r.New.Version})
		}
	}
	slices.SortFunc(others, func(a, b vendoredModule) int { return cmp.Compare(a.id.String(), b.id.String()) })
	return append(list, others...), sums
}

// replacementOf returns what go.mod replaces the module by, "" for nothing.
func replacementOf(mod *modfile.File, id module.Version) string {
	replacement := ""
	for _, r := range mod.Replace {
		if r.Old == id || r.Old.Path == id.Path && r.Old.Version == "" && replacement == "" {
			replacement = r.New.Path + " " + r.New.Version
		}
	}
	return replacement
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
