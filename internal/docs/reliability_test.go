package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	// named are tests that a document names after their folder.
	named = regexp.MustCompile("`([a-z][a-z/]*)`((?:,? (?:Test|Fuzz)[A-Z][A-Za-z0-9]*)+)")
	test  = regexp.MustCompile(`\b(?:Test|Fuzz)[A-Z]\w*`)
)

// missingTests returns the tests that the text names and that are not in the
// folder which it names before them, or that have no folder.
func missingTests(source func(folder string) string, text string) []string {
	var missing []string
	for _, m := range named.FindAllStringSubmatch(text, -1) {
		for _, name := range test.FindAllString(m[2], -1) {
			if !regexp.MustCompile(`(?m)^func ` + name + `\(`).MatchString(source(m[1])) {
				missing = append(missing, m[1]+" "+name)
			}
		}
	}
	return append(missing, test.FindAllString(named.ReplaceAllString(text, ""), -1)...)
}

// Every test that is said to hold a promise exists, and every promise has one.
func TestPromisesAreHeld(t *testing.T) {
	sources := map[string]string{}
	source := func(folder string) string {
		if text, ok := sources[folder]; ok {
			return text
		}
		files, err := filepath.Glob(filepath.Join(repo(t), folder, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		var all strings.Builder
		for _, name := range files {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(data)
		}
		sources[folder] = all.String()
		return all.String()
	}
	doc := read(t, repo(t), "docs/reliability.md")
	promises := 0
	for line := range strings.Lines(fence.ReplaceAllString(doc, "")) {
		if !strings.HasPrefix(line, "| **") || strings.Contains(line, "| **0** |") {
			continue
		}
		promises++
		cells := strings.Split(line, " | ")
		if len(cells) != 3 || !test.MatchString(cells[1]) {
			t.Errorf("no test holds %s", line)
			continue
		}
		for _, missing := range missingTests(source, cells[1]) {
			t.Errorf("there is no test %s, which is said to hold %s", missing, cells[0])
		}
	}
	if promises < 10 {
		t.Errorf("docs/reliability.md has %d promises", promises)
	}
}

// A test that is not there, or whose folder is not named, is found.
func TestMissingTests(t *testing.T) {
	source := func(folder string) string {
		return map[string]string{"fn": "func TestA(t *testing.T) {\nfunc FuzzB(f *testing.F) {\n", "internal/run": "func TestC(t"}[folder]
	}
	for text, want := range map[string]string{
		"`fn` TestA, FuzzB; `internal/run` TestC; the soaks": "",
		"`fn` TestA, TestC":     "fn TestC",
		"`internal/none` TestA": "internal/none TestA",
		"TestA; `fn` FuzzB":     "TestA",
		"`fn` TestAB":           "fn TestAB",
	} {
		if got := strings.Join(missingTests(source, text), ", "); got != want {
			t.Errorf("%q: missing %q, want %q", text, got, want)
		}
	}
}
