package gen

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"path/filepath"
	"slices"
)

// A Memory is what the go command said of an application when it was last
// asked: what types its handlers have, and that go.mod and go.sum cover what
// its entrypoints import. It is kept in a [Cache], and an answer is given
// again only if all that decides it is as it was:
//
//   - this program, the targets, the application's folder, what go env prints
//     and the variables GO*: the entry's key;
//   - the folders that the go command read: see [premises];
//   - for types, the functions with directives, in their order;
//   - for imports, the text of all entrypoints, and folders of theirs in which
//     nothing else lies.
//
// All else, from fngen.yaml to the entrypoints on disk, is read and compared
// each time. A nil Memory knows nothing.
type Memory struct {
	cache    *Cache
	key      string
	root     string
	world    world
	before   map[string]string // states of the folders of the last time, before the go command is asked
	known    recollection      // what is true still
	learned  recollection
	premises *premises // of what is learned; nil if nothing was asked
	compiled map[string][]string
}

// A recollection is what is kept.
type recollection struct {
	Folders map[string]string // their states
	Types   map[string]typed  // by platform and functions
	Imports string            // the digest of the entrypoints whose imports are covered
}

// typed is what types say of the functions with directives, of which none is
// refused.
type typed struct {
	Handlers []*typedHandler // nil for what is no handler
	Problems []Problem
}

// Recall returns what is known of the application in the folder. It is for one
// run of one command with the targets, and begins before the run reads any
// source, so that an edit in the middle is noticed.
func Recall(ctx context.Context, cache *Cache, root string, targets []string) *Memory {
	root, err := filepath.EvalSymlinks(root)
	if err != nil || cache == nil {
		return nil
	}
	world, err := theWorld(ctx, root)
	if err != nil {
		return nil
	}
	key, err := json.Marshal([]any{"memory", root, targets, world})
	if err != nil {
		return nil
	}
	m := &Memory{cache: cache, key: digest(key), root: root, world: world, compiled: map[string][]string{}}
	files, ok := cache.get(m.key, func(DistFile) bool { return false })
	var last recollection
	if !ok || len(files) != 1 || json.Unmarshal(files[0].Data, &last) != nil {
		return m
	}
	m.before = states(world, last.Folders)
	if same(last.Folders, m.before, last.Folders) {
		m.known = last
	}
	return m
}

// same reports whether the folders have the same states, which are known.
func same[T any](folders map[string]T, a, b map[string]string) bool {
	for f := range folders {
		if a[f] == "" || a[f] != b[f] {
			return false
		}
	}
	return true
}

func typesKey(s *Scan, platform Platform) string {
	id := fmt.Sprintf("%q\n", []string{platform.String(), fmt.Sprint(platform.Tags)})
	for _, c := range s.candidates {
		name := c.decl.Name.Name
		if c.decl.Recv != nil {
			recv, pointer := receiver(c.decl)
			name = fmt.Sprintf("%s %t %s", recv, pointer, name)
		}
		id += fmt.Sprintf("%q %q %t\n", c.file, name, c.options.setup)
	}
	return digest([]byte(id))
}

func (m *Memory) types(s *Scan, platform Platform) (typed, bool) {
	if m == nil {
		return typed{}, false
	}
	t, ok := m.known.Types[typesKey(s, platform)]
	return t, ok && len(t.Handlers) == len(s.candidates)
}

// learnTypes takes note of what the packages, by folder, say of the functions.
func (m *Memory) learnTypes(s *Scan, platform Platform, packages map[string]typedPackage, t typed) {
	if m == nil || Failed(t.Problems) {
		return
	}
	m.ask()
	if m.learned.Types == nil {
		m.learned.Types = map[string]typed{}
	}
	m.learned.Types[typesKey(s, platform)] = t
	key := fmt.Sprint(platform)
	for _, c := range s.candidates {
		m.premises.candidates = append(m.premises.candidates, c.dir)
		if p := packages[c.dir]; len(p.files) > 0 {
			m.compiled[key] = append(m.compiled[key], "./"+c.dir)
		}
	}
	slices.Sort(m.compiled[key])
	m.compiled[key] = slices.Compact(m.compiled[key])
}

// ask notes that the go command is asked.
func (m *Memory) ask() {
	if m.premises == nil {
		m.premises = &premises{}
	}
}

// Covers reports that go.mod and go.sum are known to cover what the entrypoint
// files of all targets import.
func (m *Memory) Covers(files []File) bool {
	return m != nil && m.premises == nil && m.known.Imports != "" && m.known.Imports == digestOf(files) && alone(m.root, files)
}

// learnImports takes note of the packages of a target's entrypoints.
func (m *Memory) learnImports(app App, packages []importedPackage) {
	m.ask()
	m.premises.app = app
	m.premises.packages = append(m.premises.packages, packages...)
}

// Keep keeps what the run has learned for the next one. The files are the
// entrypoints of all targets, whose imports are all covered if covered is true.
//
// What is learned counts if the folders that it is from are the same after the
// go command was asked as they were before. They were not looked at before if
// they are new; then they alone are kept, and the next run can tell.
func (m *Memory) Keep(files []File, covered bool) {
	if m == nil || m.premises == nil || len(m.premises.packages) == 0 {
		return
	}
	folders, certain := m.premises.folders(m.world)
	if m.known.Imports != "" { // types are of the folders known
		for f := range m.known.Folders {
			folders[f] = true
		}
	}
	next := recollection{Folders: states(m.world, folders)}
	if certain && covered && alone(m.root, files) && same(folders, m.before, next.Folders) {
		next.Types, next.Imports = m.learned.Types, digestOf(files)
		if next.Types == nil {
			next.Types = m.known.Types
		}
	}
	if data, err := json.Marshal(next); err == nil {
		m.cache.put(m.key, []DistFile{newDistFile("memory.json", data)})
		m.cache.trim()
	}
}

// digestOf is the digest of the files' paths and data.
func digestOf(files []File) string {
	var all []byte
	for _, f := range files {
		all = fmt.Appendf(all, "%q %s\n", path.Clean(f.Path), digest(f.Data))
	}
	return digest(all)
}
