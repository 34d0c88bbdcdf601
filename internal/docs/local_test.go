package docs

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What docs/local.md shows of each command is what the command prints, but for
// what is of the time, the run and the machine; and what fngen dev prints is what
// it prints while a reader does the rest.
func TestLocal(t *testing.T) {
	env, shop := append(os.Environ(), installed(t)), example(t)
	doc := blocks(t, "docs/local.md")
	var compared int
	for i, b := range doc {
		switch {
		case b.language == "console", b.language == "text":
			compared++
		case b.language == "sh" && i+1 < len(doc) && doc[i+1].language == "":
			cmd := exec.Command("sh", "-c", b.text) // a difference is an exit code
			cmd.Dir, cmd.Env = shop, env
			var out, stderr strings.Builder
			cmd.Stdout, cmd.Stderr = &out, &stderr
			_ = cmd.Run() // what it prints is compared
			compare(t, b.text, doc[i+1].text, normal(stderr.String()+out.String()))
			compared += 2
		}
	}
	if compared != len(doc) {
		t.Errorf("%d of %d blocks are compared with nothing", len(doc)-compared, len(doc))
	}
	follow(t, doc, shop, env)
}

// A sample means the same to each function of the examples wherever it runs.
func TestExamplesAgree(t *testing.T) {
	env := []string{installed(t)}
	for _, name := range []string{"ledger", "shop", "thumbnails"} {
		dir := filepath.Join(repo(t), "examples", name)
		var functions []struct {
			Function string
			Targets  []struct{ Status string }
		}
		if err := json.Unmarshal([]byte(sh(t, dir, env, "fngen list -o json 2>/dev/null")), &functions); err != nil {
			t.Fatal(err)
		}
		for _, f := range functions {
			served := 0
			for _, on := range f.Targets {
				if on.Status == "served" {
					served++
				}
			}
			out := sh(t, dir, env, "fngen invoke "+f.Function+" --sample --target=all")
			if n := strings.Count(out, f.Function+" on "); n != served || served == 0 || strings.Contains(out, "differ") {
				t.Errorf("%s: %d of %d runs, or a difference:\n%s", f.Function, n, served, out)
			}
		}
	}
}
