package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The work of list grows with the functions, not with their square. What is
// counted is the statements that run, which are the same on every machine.
func TestListIsLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program that counts, and lists thousands of functions")
	}
	repo, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "fngen.exe") // a name that runs everywhere
	goTool(t, repo, "build", "-cover", "-covermode=count", "-coverpkg=github.com/fngen/fngen/gen/...,github.com/fngen/fngen/cmd/...", "-o", program, "./cmd/fngen")
	few, many := statements(t, program, 300), statements(t, program, 3000)
	t.Logf("%d statements for 300 functions, %d for 3000: %.1f times", few, many, float64(many)/float64(few))
	if many > 12*few {
		t.Errorf("3000 functions take %.1f times the work of 300", float64(many)/float64(few))
	}
}

// statements returns how many statements run when n functions are listed, which
// have or share all that functions are compared by.
func statements(t *testing.T, program string, n int) int {
	t.Helper()
	dir, counters := t.TempDir(), t.TempDir()
	var source, settings strings.Builder
	source.WriteString("package shop\n\nimport \"context\"\n\ntype Shop struct{}\n\n//fn:setup\nfunc New(ctx context.Context) (*Shop, error) { return &Shop{}, nil }\n")
	settings.WriteString("functions:\n")
	triggers := []string{"queue q%d", "topic t%d", "topic shared", `schedule "1 4 * * *"`, "object b%d created", "http POST /p%d/{id}", "event com.example.e%d", "document c%d", "stream s%d"}
	for i := range n {
		trigger := strings.ReplaceAll(triggers[i%len(triggers)], "%d", strconv.Itoa(i))
		if !strings.HasPrefix(trigger, "http") {
			trigger += fmt.Sprintf("\n//fn:deadletter letters%d", i%50)
		}
		if strings.HasPrefix(trigger, "object") {
			trigger += "\n//fn:targets aws,gcp"
		}
		receiver := []string{"", "(s *Shop) "}[i%2]
		fmt.Fprintf(&source, "\n//fn:%s\n//fn:sink topic:out%d\nfunc %sHandle%d(ctx context.Context, order []byte) error { return nil }\n", trigger, i/2, receiver, i)
		fmt.Fprintf(&settings, "  handle%d: {memory: 512MB}\n", i)
	}
	for name, text := range map[string]string{"go.mod": "module example.com/shop\n\ngo 1.26.0\n", "shop.go": source.String(), "fngen.yaml": settings.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(program, "list", "-C", dir)
	cmd.Env = append(os.Environ(), "GOCOVERDIR="+counters)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != 0 && cmd.ProcessState.ExitCode() != 100 {
		t.Fatalf("%v\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) { // nothing that would spare a target its work
		if strings.Contains(line, "error: ") && !strings.Contains(line, "[application-size]") {
			t.Fatal(line)
		}
	}
	profile := filepath.Join(t.TempDir(), "profile")
	goTool(t, dir, "tool", "covdata", "textfmt", "-i="+counters, "-o="+profile)
	file, err := os.Open(profile)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	sum := 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) == 3 { // position, statements, times
			in, _ := strconv.Atoi(fields[1])
			times, _ := strconv.Atoi(fields[2])
			sum += in * times
		}
	}
	if sum < 1000*n {
		t.Fatalf("%d statements are counted for %d functions", sum, n)
	}
	return sum
}

func goTool(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}
