package docs

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/fngen/fngen/internal/testkit/tool"
)

// The page about tests is an application whose tests do what the page says: all
// pass but the one that is meant to fail, and they print what is shown.
func TestTestingPage(t *testing.T) {
	tool.Path(t, "sh") // it builds programs
	doc := blocks(t, "docs/testing.md")
	app := t.TempDir()
	if n := len(of(doc, "go")) + len(of(doc, "")); n != len(doc) {
		t.Errorf("%d of %d blocks are neither compiled nor compared", len(doc)-n, len(doc))
	}
	write(t, app, "go.mod", "module example.com/shop\n\ngo 1.26.0\n\nrequire github.com/fngen/fngen v0.0.0\n\nreplace github.com/fngen/fngen => "+repo(t)+"\n")
	write(t, app, "go.sum", read(t, repo(t), "go.sum"))
	for i, source := range of(doc, "go") {
		name := fmt.Sprintf("piece%d.go", i)
		if strings.Contains(source, `"testing"`) {
			name = fmt.Sprintf("piece%d_test.go", i)
		}
		write(t, app, name, source)
	}
	cmd := exec.Command("go", "test", "-mod=mod", "-v", ".")
	cmd.Dir = app
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Error("the test that the page says fails passes")
	}
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "--- FAIL") && !strings.HasPrefix(line, "--- FAIL: TestShip ") {
			t.Error(line)
		}
	}
	printed := squeezed(string(out))
	for _, shown := range of(doc, "") {
		for line := range strings.Lines(shown) {
			if !strings.Contains(printed, squeezed(line)) {
				t.Errorf("the page shows\n%s\nand the tests print\n%s", line, out)
			}
		}
	}
}

// squeezed returns the text with one space for each run of them.
func squeezed(text string) string { return strings.Join(strings.Fields(text), " ") }
