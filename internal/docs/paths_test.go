package docs

import (
	"go/build"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// documents are those of the root.
var documents = []string{"README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"}

// What the documents link to is there.
func TestLinks(t *testing.T) {
	for _, name := range documents {
		for _, m := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(read(t, repo(t), name), -1) {
			if _, err := os.Stat(filepath.Join(repo(t), m[1])); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// elsewhere is what the documents name with a slash that is no path of this
// repository.
var elsewhere = []string{
	"sdk-go/v2/event",                  // an import path, without its host
	"entrypoints/", "dist/", ".fngen/", // of a user's application
}

// Every path that the documents of contributors name exists, so that a reader
// who looks for the place of something finds it.
func TestNamedPaths(t *testing.T) {
	for _, name := range documents {
		if name == "README.md" {
			continue // its paths are those of a user's application
		}
		text := read(t, repo(t), name)
		for _, missing := range missingPaths(os.DirFS(repo(t)), text) {
			t.Errorf("%s names `%s`, which does not exist", name, missing)
		}
	}
}

var (
	code = regexp.MustCompile("`([^`\n]+)`")
	// placeholder is an element that stands for any name, X or NAME, and … a
	// part of one.
	placeholder = regexp.MustCompile(`^[A-Z]+$`)
)

// missingPaths returns the paths in backquotes that do not exist in the
// repository. A path has a slash, or ends in .go or .md. It is relative to the
// root, or to where a path before it in the same line is, `fn/emit/emit.go` and
// `send.go`; an indented line goes on with the one before it.
func missingPaths(repository fs.FS, text string) []string {
	var missing []string
	folders := []string{"."}
	for line := range strings.Lines(fence.ReplaceAllString(text, "")) {
		if !strings.HasPrefix(line, " ") {
			folders = folders[:1]
		}
		for _, m := range code.FindAllStringSubmatch(line, -1) {
			name := m[1]
			if !isPath(name) {
				continue
			}
			pattern := pattern(name)
			found := ""
			for _, folder := range folders {
				if matches, err := fs.Glob(repository, path.Join(folder, pattern)); err == nil && len(matches) > 0 {
					found = matches[0]
					break
				}
			}
			if found == "" {
				missing = append(missing, name)
				continue
			}
			folders = append(folders, found, path.Dir(found))
		}
	}
	return missing
}

// isPath reports whether the code is a path of the repository, and not a
// command, a directive, a URL, or the import path of something else.
func isPath(name string) bool {
	if !strings.Contains(name, "/") && !strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, ".md") {
		return false
	}
	if strings.ContainsAny(name, " (){}<>=:") || strings.HasPrefix(name, "//") || slices.Contains(elsewhere, name) {
		return false
	}
	if first, _, below := strings.Cut(name, "/"); below && !strings.HasPrefix(first, ".") && strings.Contains(first, ".") {
		return false // a module of somebody else: golang.org/x/tools
	}
	p, err := build.Import(name, "", build.FindOnly)
	return err != nil || !p.Goroot
}

// pattern is the path as fs.Glob takes it: ./gen/... is a folder with
// packages below it.
func pattern(name string) string {
	name = strings.TrimSuffix(strings.TrimPrefix(name, "./"), "/...")
	elements := strings.Split(strings.TrimSuffix(name, "/"), "/")
	for i, element := range elements {
		if placeholder.MatchString(element) {
			element = "*"
		}
		elements[i] = strings.ReplaceAll(element, "…", "*")
	}
	return strings.Join(elements, "/")
}

// A path that is not there is found, whatever way it is written, and nothing
// else is taken for one.
func TestMissingPaths(t *testing.T) {
	files := fstest.MapFS{}
	for _, name := range []string{"README.md", ".ci/run", "fn/emit/emit.go", "fn/emit/send.go", "providers/aws/sink/sqs/sqs.go", "providers/gcp/gcp.go"} {
		files[name] = &fstest.MapFile{}
	}
	for text, want := range map[string]string{
		"`fn/emit/` and `fn/emit`":             "",
		"`fn/emit/emit.go`, `send.go`":         "",
		"`providers/aws/` `gcp/`":              "",
		"- `fn/emit/`:\n  `send.go`":           "",
		"`fn/`: what `emit` does, `emit/`":     "",
		"`providers/NAME/sink/SERVICE`":        "",
		"`providers/*/sink/`, `fn/…/send.go`":  "",
		"`./fn/...`, `.ci/run`, `README.md`":   "",
		"`net/http` `golang.org/x/tools`":      "",
		"`go test ./none/...` `//fn:http`":     "",
		"`dist/` `sdk-go/v2/event` `a.B{c/d}`": "",
		"```sh\ncat `none/none`\n```\n":        "",

		"`none/`":               "none/",
		"`fn/emit/none.go`":     "fn/emit/none.go",
		"`none.go`":             "none.go",
		"`NONE.md`":             "NONE.md",
		"`../fn`":               "../fn",
		"`fn/emit/`\n`send.go`": "send.go",
		"`providers/NAME/none`": "providers/NAME/none",
		"`./none/...`":          "./none/...",
		"`.none/run`":           ".none/run",
	} {
		if got := strings.Join(missingPaths(files, text), " "); got != want {
			t.Errorf("%q: missing %q, want %q", text, got, want)
		}
	}
}
