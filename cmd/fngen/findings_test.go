package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// many writes an application with 30 warnings, 3 errors and 3 warnings that are
// acknowledged.
func many(t *testing.T) string {
	t.Helper()
	var src strings.Builder
	src.WriteString("package many\n\nimport \"context\"\n")
	handler := func(name string, directives ...string) {
		fmt.Fprintf(&src, "\n//fn:%s\nfunc %s(ctx context.Context, m []byte) error { return nil }\n", strings.Join(directives, "\n//fn:"), name)
	}
	for i := range 10 {
		handler(fmt.Sprintf("Queue%d", i), fmt.Sprintf("queue queue-%d fifo", i), "targets gcp,openwhisk")
	}
	handler("Known", "queue known fifo", "targets gcp,openwhisk", `allow order-key "Known."`, `allow kafka-text "Known."`)
	for i := range 3 {
		handler(fmt.Sprintf("Object%d", i), fmt.Sprintf("object bucket-%d created", i), "targets openwhisk")
	}
	dir := t.TempDir()
	write(t, dir, "go.mod", "module example.com/many\n\ngo 1.26\n")
	write(t, dir, "many.go", src.String())
	return dir
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// fngen runs the command and returns what it prints.
func fngen(t *testing.T, code int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	if got := run(t.Context(), args, &out, &err); got != code {
		t.Fatalf("fngen %s: exit code %d, want %d\n%s", strings.Join(args, " "), got, code, err.String())
	}
	return out.String(), err.String()
}

// Of many findings the errors are what one sees: they stand last, above a line
// that counts all.
func TestErrorsLast(t *testing.T) {
	_, stderr := fngen(t, exitFindings, "build", "-C", many(t), "--target=all")
	lines := strings.Split(strings.TrimSuffix(stderr, "\n"), "\n")
	if len(lines) != 34 {
		t.Fatalf("there are %d lines:\n%s", len(lines), stderr)
	}
	for i, line := range lines[:33] {
		want := ": warning: "
		if i >= 30 {
			want = ": error: "
		}
		if !strings.Contains(line, want) {
			t.Errorf("line %d has no %q: %s", i+1, want, line)
		}
	}
	if want := "3 errors, 30 warnings, 3 acknowledged warnings; fngen help findings says what the codes mean"; lines[33] != want {
		t.Errorf("the last line is %q, want %q", lines[33], want)
	}
}

// Every command says the same of an application, and each line of it is what
// docs/finding.schema.json says.
func TestFindingsAgree(t *testing.T) {
	dir := many(t)
	_, build := fngen(t, exitFindings, "build", "-C", dir, "-o", "json")
	_, generate := fngen(t, exitFindings, "generate", "-C", dir, "-o", "json")
	listed, list := fngen(t, 0, "list", "-C", dir, "-o", "json")
	if diff := cmp.Diff(build, generate) + cmp.Diff(build, list); diff != "" {
		t.Errorf("the commands differ:\n%s", diff)
	}
	schema := compile(t, "../../docs/finding.schema.json")
	report, sum := fngen(t, 0, "list", "-C", dir)
	for line := range strings.Lines(build) {
		valid(t, schema, line)
		var f finding
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatal(err)
		}
		if text := fmt.Sprintf("%s: %s [%s]\n", f.Severity, f.Message, f.Code); !strings.Contains(report, text) {
			t.Errorf("list does not show %q", text)
		}
	}
	if n := strings.Count(build, "\n"); n != 33 || strings.Count(report, "order-key]") != 20 || !strings.HasPrefix(sum, "3 errors, 30 warnings, 3 ack") {
		t.Errorf("there are %d findings and the report is\n%s%s", n, report, sum)
	}
	var functions []struct {
		Targets []struct{ Refusals, Warnings []string }
	}
	if err := json.Unmarshal([]byte(listed), &functions); err != nil || len(functions) != 14 || len(functions[1].Targets[2].Refusals) != 1 {
		t.Errorf("list -o json is (%v)\n%s", err, listed)
	}

	// What is no finding has the same form, and nothing else is there.
	_, failed := fngen(t, exitFailed, "list", "-C", filepath.Join(dir, "none"), "-o", "json")
	_, note := fngen(t, exitFailed, "generate", "-C", dir, "--target=aws", "-o", "json")
	for line := range strings.Lines(failed + note) {
		valid(t, schema, line)
	}
	if !strings.HasPrefix(note, `{"severity":"note","message":"known is left out of aws: it is meant for gcp, openwhisk"}`) {
		t.Errorf("what is left out is said as\n%s", note)
	}
}

// SARIF has what is printed, where it is for who reads it from the working folder.
func TestSARIF(t *testing.T) {
	schema := compile(t, "testdata/sarif.schema.json")
	type location struct {
		PhysicalLocation struct {
			ArtifactLocation struct{ URI string }
			Region           *struct{ StartLine, StartColumn int }
		}
	}
	type sarif struct {
		Runs []struct {
			Tool struct {
				Driver struct{ Rules []struct{ ID string } }
			}
			Results []struct {
				RuleID    string
				RuleIndex int
				Level     string
				Message   struct{ Text string }
				Locations []location
			}
		}
	}
	read := func(name string) sarif {
		t.Helper()
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		valid(t, schema, string(data))
		var log sarif
		if err := json.Unmarshal(data, &log); err != nil {
			t.Fatal(err)
		}
		return log
	}
	dir := many(t)
	t.Chdir(filepath.Dir(dir))
	base := filepath.Base(dir)
	file := filepath.Join(t.TempDir(), "fngen.sarif")
	fngen(t, exitFindings, "build", "-C", base, "--sarif", file)
	var got []string
	for _, r := range read(file).Runs[0].Results {
		at := r.Locations[0].PhysicalLocation
		got = append(got, fmt.Sprintf("%s:%d:%d: %s: %s [%s]", at.ArtifactLocation.URI, at.Region.StartLine, at.Region.StartColumn, r.Level, r.Message.Text, r.RuleID))
	}
	_, stderr := fngen(t, exitFindings, "build", "-C", base)
	var want []string
	for line := range strings.Lines(stderr) {
		before, code, ok := strings.Cut(strings.TrimSpace(line), " [")
		place, text, _ := strings.Cut(before, ": openwhisk: ")
		if !ok {
			continue
		}
		if text == "" {
			place, text, _ = strings.Cut(before, ": gcp: ")
			place += " on gcp"
		} else {
			place += " on openwhisk"
		}
		want = append(want, base+"/"+place+": "+text+". ["+code)
	}
	if diff := cmp.Diff(want, got); diff != "" || len(got) != 33 {
		t.Errorf("SARIF differs from what is printed (-want +got):\n%s", diff)
	}

	// Names are URIs and columns characters; without findings there is a file too.
	odd := filepath.Join(t.TempDir(), "an app")
	if err := os.Mkdir(odd, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, odd, "go.mod", "module example.com/odd\n\ngo 1.26\n")
	write(t, odd, "odd.go", "package odd\n\nimport \"context\"\n\n//fn:object pictures created \"prefix=äöü\" sufix=.png\nfunc Odd(ctx context.Context, m []byte) error { return nil }\n")
	t.Chdir(filepath.Dir(odd))
	_, stderr = fngen(t, exitFindings, "list", "-C", "an app", "--target=aws", "--sarif", file)
	log := read(file)
	r := log.Runs[0].Results[0]
	at := r.Locations[0].PhysicalLocation
	if at.ArtifactLocation.URI != "an%20app/odd.go" || at.Region.StartColumn != 43 || !strings.HasPrefix(stderr, "odd.go:5:46: error: ") {
		t.Errorf("the finding is at %+v %+v, and printed as %s", at.ArtifactLocation, at.Region, stderr)
	}
	if r.RuleID != "directive-word" || log.Runs[0].Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID || !strings.Contains(r.Message.Text, "did you mean suffix=? ") {
		t.Errorf("the finding is %+v", r)
	}
	write(t, odd, "odd.go", "package odd\n\nimport \"context\"\n\n//fn:object pictures created\nfunc Odd(ctx context.Context, m []byte) error { return nil }\n")
	fngen(t, 0, "list", "-C", odd, "--target=aws", "--sarif", file)
	if results := read(file).Runs[0].Results; len(results) != 0 {
		t.Errorf("there are results: %+v", results)
	}

	// From elsewhere a file has its whole name.
	t.Chdir(t.TempDir())
	write(t, odd, "fngen.yaml", "targts: {}\n")
	fngen(t, exitFindings, "list", "-C", odd, "--target=aws", "--sarif", file)
	if at := read(file).Runs[0].Results[0].Locations[0].PhysicalLocation; !strings.HasPrefix(at.ArtifactLocation.URI, "file:///") || !strings.HasSuffix(at.ArtifactLocation.URI, "/an%20app/fngen.yaml") {
		t.Errorf("the finding is at %+v", at)
	}
}

func compile(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	schema, err := c.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func valid(t *testing.T, schema *jsonschema.Schema, text string) {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%v in\n%s", err, text)
	}
}
