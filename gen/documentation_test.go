package gen_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/fngen/fngen/gen/internal/discover"
	"github.com/fngen/fngen/gen/internal/testkit"
	"github.com/fngen/fngen/internal/testkit/repository"
)

// Every directive that README shows is understood.
func TestDirectivesOfDocumentation(t *testing.T) {
	root, err := repository.Root()
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	source.WriteString("package p\n")
	n := 0
	for _, m := range regexp.MustCompile("`(//fn:[^`]*)`").FindAllStringSubmatch(string(readme), -1) {
		directive, trigger := m[1], "//fn:queue q\n"
		if strings.ContainsAny(directive, "…") || directive == "//fn:name" || directive == "//fn:use" {
			continue
		}
		switch {
		case regexp.MustCompile(`^//fn:(http|queue|topic|schedule|object|document|stream|event|setup)`).MatchString(directive):
			trigger = ""
		case strings.HasPrefix(directive, "//fn:use "):
			trigger = "//fn:setup\n"
		}
		n++
		fmt.Fprintf(&source, "\n%s%s\nfunc F%d()\n", trigger, directive, n)
	}
	if n < 12 {
		t.Fatalf("found %d directives in README", n)
	}
	dir := t.TempDir()
	testkit.WriteFiles(t, dir, []txtar.File{{Name: "p.go", Data: []byte(source.String())}})
	scan, err := discover.ScanDir(dir, testkit.TargetNames)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range scan.Diagnostics {
		t.Errorf("%s\n%s", d, source.String())
	}
}
