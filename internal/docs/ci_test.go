package docs

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// What docs/ci.md has a CI run does what it says: exit codes are told apart, and
// the findings are where it looks for them.
func TestCI(t *testing.T) {
	doc := blocks(t, "docs/ci.md")
	commands := of(doc, "sh")
	app, env := t.TempDir(), append(os.Environ(), installed(t))
	ci := func(script string) (int, string) {
		cmd := exec.Command("sh", "-euc", script)
		cmd.Dir, cmd.Env = app, env
		out, err := cmd.CombinedOutput()
		if _, exited := err.(*exec.ExitError); err != nil && !exited {
			t.Fatal(err)
		}
		return cmd.ProcessState.ExitCode(), string(out)
	}
	write(t, app, "go.mod", "module example.com/hello\n\ngo 1.26\n")
	source := "package hello\n\nimport \"context\"\n\n// Confirm confirms\n// each order that\n// comes.\n// It holds\n// nothing.\n//\n//fn:queue orders\nfunc Confirm(ctx context.Context, order string) error { return nil }\n"

	write(t, app, "hello.go", strings.Replace(source, "queue orders", "queue Orders", 1))
	if code, out := ci(commands[0]); code != 100 || !strings.HasSuffix(out, "beside the code.\n") {
		t.Errorf("with an error the exit code is %d\n%s", code, out)
	}
	if sarif := read(t, app, "fngen.sarif"); !strings.Contains(sarif, `"ruleId": "directive-value"`) || !strings.Contains(sarif, `"uri": "hello.go"`) {
		t.Errorf("the SARIF file has no finding:\n%s", sarif)
	}
	write(t, app, "fngen.yaml", "allow: {kafka-text: All is text.}\n")
	write(t, app, "hello.go", source)
	if code, out := ci(commands[1] + commands[2]); code != 0 {
		t.Errorf("with an acknowledged warning the exit code is %d\n%s", code, out)
	}
	write(t, app, "fngen.yaml", "")
	if code, out := ci(commands[1] + commands[2]); code != 100 {
		t.Errorf("with a warning the exit code is %d\n%s", code, out)
	}
	if code, out := ci(commands[1]); code != 0 || !json.Valid([]byte(read(t, app, "functions.json"))) {
		t.Errorf("the exit code is %d\n%s", code, out)
	}
	if got, want := read(t, app, "findings.jsonl"), of(doc, "json")[0]; got != want {
		t.Errorf("a finding is\n%sand the document shows\n%s", got, want)
	}
	if err := os.Remove(filepath.Join(app, "go.mod")); err != nil {
		t.Fatal(err)
	}
	if code, out := ci(commands[0]); code != 1 || !strings.HasSuffix(out, "not about the change.\n") {
		t.Errorf("without a module the exit code is %d\n%s", code, out)
	}

	var workflow struct {
		Jobs map[string]struct {
			Steps []struct{ Uses, Run, If string }
		}
	}
	if err := yaml.Unmarshal([]byte(of(doc, "yaml")[0]), &workflow); err != nil || len(workflow.Jobs["fngen"].Steps) != 5 {
		t.Errorf("the workflow is %+v (%v)", workflow, err)
	}
	for _, m := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(read(t, repo(t), "docs/ci.md"), -1) {
		if _, err := os.Stat(filepath.Join(repo(t), "docs", m[1])); err != nil {
			t.Error(err)
		}
	}
}
