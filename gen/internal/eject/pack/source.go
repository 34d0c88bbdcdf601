package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/build"
	"go/version"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A pkg is a package as go list has it.
type pkg struct {
	ImportPath, Dir                                                string
	Standard                                                       bool
	Module                                                         *mod
	GoFiles, IgnoredGoFiles, SFiles, HFiles, SysoFiles, EmbedFiles []string
}

type mod struct {
	Path, Version, GoVersion string
	Main                     bool
	Replace                  *mod
}

// A goMod is a go.mod as go mod edit has it.
type goMod struct {
	Module  mod
	Go      string
	Require []mod
	Replace []struct{ Old, New mod }
	Tool    []struct{ Path string }
}

// source returns the files of the module: args are its path, the package, and
// the settings and flags of the go command.
func source(args []string) ([]file, error) {
	if len(args) < 2 {
		return nil, errors.New("no module and package")
	}
	s := staging{module: args[0]}
	for _, arg := range args[2:] {
		if strings.HasPrefix(arg, "-") {
			s.flags = append(s.flags, arg)
		} else {
			s.settings = append(s.settings, arg)
		}
	}
	packages, err := s.list(args[1])
	if err != nil {
		return nil, err
	}
	text, staged, err := s.goMod()
	if err != nil {
		return nil, err
	}
	files := []file{{name: "go.mod", data: text}, {name: "vendor/modules.txt", data: modulesText(staged, packages[:len(packages)-1])}}
	for i, p := range packages {
		dir := path.Join("vendor", p.ImportPath)
		if i == len(packages)-1 {
			dir = "" // the package itself
		}
		names := slices.Concat(p.GoFiles, s.otherVersions(p, staged), p.SFiles, p.SysoFiles, p.EmbedFiles)
		if len(p.SFiles) > 0 {
			names = append(names, p.HFiles...)
		}
		for _, name := range names {
			data, err := os.ReadFile(filepath.Join(p.Dir, filepath.FromSlash(name)))
			if err != nil {
				return nil, err
			}
			files = append(files, file{name: path.Join(dir, name), data: data})
		}
		if dir == "" || p.Module.Main {
			continue
		}
		licences, err := licencesOf(p)
		if err != nil {
			return nil, err
		}
		files = append(files, licences...)
	}
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return slices.CompactFunc(files, func(a, b file) bool { return a.name == b.name }), nil
}

type staging struct {
	module          string
	settings, flags []string
}

// goCommand runs the go command with the settings, and returns what it prints.
func (s staging) goCommand(args ...string) ([]byte, error) {
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), s.settings...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, stderr.Bytes())
	}
	return out, nil
}

// list returns the packages that the package needs, those of the standard library
// left out, and itself at the end.
func (s staging) list(name string) ([]pkg, error) {
	out, err := s.goCommand(slices.Concat([]string{"list", "-deps", "-json"}, s.flags, []string{name})...)
	if err != nil {
		return nil, err
	}
	var packages []pkg
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var p pkg
		if err := d.Decode(&p); err != nil {
			return nil, err
		}
		if !p.Standard {
			packages = append(packages, p)
		}
	}
	return packages, nil
}

// goMod returns the go.mod of the staged module, as text and understood: the
// application's, which it requires, without what vendor takes the place of.
func (s staging) goMod() ([]byte, goMod, error) {
	var m goMod
	name, err := s.goCommand("env", "GOMOD")
	if err != nil {
		return nil, m, err
	}
	text, err := os.ReadFile(strings.TrimSpace(string(name)))
	if err != nil {
		return nil, m, err
	}
	dir, err := os.MkdirTemp("", "pack-")
	if err != nil {
		return nil, m, err
	}
	defer os.RemoveAll(dir)
	staged := filepath.Join(dir, "go.mod")
	if err := os.WriteFile(staged, text, 0o600); err != nil {
		return nil, m, err
	}
	if m, err = s.read(staged); err != nil {
		return nil, m, err
	}
	edits := []string{"mod", "edit", "-module=" + s.module, "-toolchain=none", "-require=" + m.Module.Path + "@" + placeholder(m.Module.Path)}
	for _, t := range m.Tool {
		edits = append(edits, "-droptool="+t.Path)
	}
	for _, r := range m.Replace {
		old := r.Old.Path
		if r.Old.Version != "" {
			old += "@" + r.Old.Version
		}
		if r.New.Version == "" { // a folder
			edits = append(edits, "-dropreplace="+old)
		}
	}
	if _, err := s.goCommand(append(edits, staged)...); err != nil {
		return nil, m, err
	}
	if m, err = s.read(staged); err != nil {
		return nil, m, err
	}
	text, err = os.ReadFile(staged)
	return text, m, err
}

func (s staging) read(name string) (goMod, error) {
	var m goMod
	out, err := s.goCommand("mod", "edit", "-json", name)
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(out, &m)
}

// placeholder is the version of a module that has none: v0.0.0, or v2.0.0 of one
// whose path ends in /v2.
func placeholder(modulePath string) string {
	if major := regexp.MustCompile(`[/.]v([1-9][0-9]*)$`).FindStringSubmatch(modulePath); major != nil {
		return "v" + major[1] + ".0.0"
	}
	return "v0.0.0"
}

// otherVersions returns the Go files that are left out here, and that another
// version of Go than this one compiles on the platform.
func (s staging) otherVersions(p pkg, m goMod) []string {
	oldest, versions := 1, 20
	fmt.Sscanf(version.Lang("go"+m.Go), "go1.%d", &oldest)
	with := build.Default
	with.CgoEnabled = false
	for _, setting := range s.settings {
		switch name, value, _ := strings.Cut(setting, "="); name {
		case "GOOS":
			with.GOOS = value
		case "GOARCH":
			with.GOARCH = value
		}
	}
	for _, flag := range s.flags {
		if tags, ok := strings.CutPrefix(flag, "-tags="); ok {
			with.BuildTags = strings.Split(tags, ",")
		}
	}
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

// licenceFile matches the names of the texts that have to go where a
// dependency's code goes.
var licenceFile = regexp.MustCompile(`^(?i:(un)?licen[cs]es?|copying|copyright|copyleft|notices?|patents|authors|contributors|legal)` +
	`([-_][A-Za-z0-9]+)*(\.[0-9]+)?(\.(?i:md|markdown|txt|rst|html|apache2?|bsd[0-9]?|mit|mpl|l?gpl|lesser|isc|code|docs|third_party|libyaml|golang))?$`)

// licencesOf returns the licences in the package's folder and those above it, up
// to its module's.
func licencesOf(p pkg) ([]file, error) {
	var files []file
	for dir, importPath := p.Dir, p.ImportPath; ; dir, importPath = filepath.Dir(dir), path.Dir(importPath) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if !e.Type().IsRegular() || !licenceFile.MatchString(e.Name()) {
				continue
			}
			data, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				return nil, err
			}
			files = append(files, file{name: path.Join("vendor", importPath, e.Name()), data: data})
		}
		if importPath == p.Module.Path || !strings.HasPrefix(importPath, p.Module.Path+"/") {
			return files, nil
		}
	}
}

// A listed is a module in vendor/modules.txt with its packages.
//
// https://go.dev/ref/mod#vendoring
type listed struct {
	id          mod
	replacement string
	notes       string // the lines that begin with ##
	packages    []string
}

// modulesText returns vendor/modules.txt for a main module with the go.mod, if the
// packages are vendored.
func modulesText(m goMod, packages []pkg) []byte {
	modules, explicit := map[string]listed{}, map[mod]bool{}
	for _, r := range m.Require {
		id := mod{Path: r.Path, Version: r.Version}
		explicit[id] = true
		modules[id.Path] = listed{id: id, notes: "## explicit\n", replacement: m.replacement(id)}
	}
	slices.SortFunc(packages, func(a, b pkg) int { return strings.Compare(a.ImportPath, b.ImportPath) })
	for _, p := range packages {
		l, ok := modules[p.Module.Path]
		if !ok {
			id := mod{Path: p.Module.Path, Version: p.Module.Version}
			l = listed{id: id, replacement: m.replacement(id)}
		}
		if p.Module.GoVersion != "" {
			l.notes = "## go " + p.Module.GoVersion + "\n"
			if explicit[l.id] {
				l.notes = "## explicit; go " + p.Module.GoVersion + "\n"
			}
		}
		l.packages = append(l.packages, p.ImportPath)
		modules[p.Module.Path] = l
	}
	var list, others []listed
	for _, l := range modules {
		list = append(list, l)
	}
	for _, r := range m.Replace {
		if r.Old != modules[r.Old.Path].id {
			others = append(others, listed{id: r.Old, replacement: r.New.Path + " " + r.New.Version})
		}
	}
	byID := func(a, b listed) int {
		return strings.Compare(a.id.Path+"@"+a.id.Version, b.id.Path+"@"+b.id.Version)
	}
	slices.SortFunc(list, func(a, b listed) int { return strings.Compare(a.id.Path, b.id.Path) })
	slices.SortFunc(others, byID)
	var out strings.Builder
	for _, l := range append(list, others...) {
		out.WriteString("# " + strings.TrimSuffix(l.id.Path+" "+l.id.Version, " "))
		if l.replacement != "" {
			out.WriteString(" => " + l.replacement)
		}
		out.WriteString("\n" + l.notes)
		for _, p := range l.packages {
			out.WriteString(p + "\n")
		}
	}
	return []byte(out.String())
}

// replacement returns what go.mod replaces the module by, "" for nothing.
func (m goMod) replacement(id mod) string {
	replacement := ""
	for _, r := range m.Replace {
		if r.Old == id || r.Old.Path == id.Path && r.Old.Version == "" && replacement == "" {
			replacement = r.New.Path + " " + r.New.Version
		}
	}
	return replacement
}
