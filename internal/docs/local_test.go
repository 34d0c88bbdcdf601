package docs

import (
	"os/exec"
	"strings"
	"testing"
)

// What docs/local.md shows of each command is what the command prints, but for
// what is of the time, the run and the machine; and what fngen dev prints is what
// it prints while a reader does the rest.
func TestLocal(t *testing.T) {
	env, shop := installed(t), example(t)
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

// A sample means the same to each function of the example wherever it runs.
func TestExampleAgrees(t *testing.T) {
	out := sh(t, repo(t), []string{"BIN=" + t.TempDir()}, `go build -o $BIN/ ./cmd/fngen
for f in articles audit picture price reserve; do
	$BIN/fngen invoke $f -C examples/shop --sample --target=all
done`)
	if n := strings.Count(out, " on aws: ") + strings.Count(out, " on gcp: ") + strings.Count(out, " on openwhisk: "); n != 14 || strings.Contains(out, "differ") {
		t.Errorf("%d of 14 runs, or a difference:\n%s", n, out)
	}
}
