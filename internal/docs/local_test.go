package docs

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What docs/local.md shows of each command is what the command prints, but for
// what is of the time, the run and the machine. A line that ends in … goes on.
func TestLocal(t *testing.T) {
	bin := t.TempDir()
	sh(t, repo(t), nil, "go build -o "+bin+"/ ./cmd/fngen")
	doc := blocks(t, "docs/local.md")
	for i := 0; i+1 < len(doc); i++ {
		if doc[i].language != "sh" {
			continue
		}
		cmd := exec.Command("sh", "-c", doc[i].text) // a difference is an exit code
		cmd.Dir = filepath.Join(repo(t), "examples/shop")
		cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
		var out, stderr strings.Builder
		cmd.Stdout, cmd.Stderr = &out, &stderr
		_ = cmd.Run() // what it prints is compared
		printed := strings.Split(normal(stderr.String()+out.String()), "\n")
		shown := strings.Split(normal(doc[i+1].text), "\n")
		for n, line := range shown {
			begin, cut := strings.CutSuffix(line, "…")
			if n >= len(printed) || printed[n] != line && !(cut && strings.HasPrefix(printed[n], begin)) {
				t.Errorf("%sprints\n%s\nand the document shows in line %d\n%s", doc[i].text, strings.Join(printed, "\n"), n+1, line)
				break
			}
		}
		if len(printed) != len(shown) {
			t.Errorf("%sprints %d lines, and the document shows %d", doc[i].text, len(printed), len(shown))
		}
	}
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

// normal returns the text without what differs from run to run.
func normal(text string) string {
	for _, r := range []struct{ pattern, by string }{
		{`\b[0-9.]+(ns|µs|ms|s)\n`, "TIME\n"},
		{`[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z`, "TIME"},
		{`"id":"[^"]*"`, `"id":"ID"`},
	} {
		text = regexp.MustCompile(r.pattern).ReplaceAllString(text, r.by)
	}
	return text
}
