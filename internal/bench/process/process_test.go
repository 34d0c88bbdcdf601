package process

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// All subjects work, and all have their lines.
func TestRun(t *testing.T) {
	var b bytes.Buffer
	if err := Run(&b, Options{Rounds: 1, Calls: 5}); err != nil {
		t.Fatal(err)
	}
	for what, lines := range map[string]int{
		"| Lambda process: CPU of an invocation, ": 2, "| `lambda.Start(func(ctx, events.S": 4,
		"| OpenWhisk process: CPU of an activation, ": 2, "| fngen `fn.On(func(ctx, Order) error)` |": 2, "| a loop like the launcher's": 2,
		"| Google process, 64 connections: ": 3, "| a handler of net/http": 3,
		"| Lambda binary size, ": 2, "| fngen generate, nothing changed: ": 4, "| zip of a 7 MB binary: ": 2, "| archive/zip |": 2,
	} {
		if got := strings.Count(b.String(), what); got < lines {
			t.Errorf("%d of %q, want %d, in\n%s", got, what, lines, b.String())
		}
	}
}

// What is not asked for is neither built nor measured.
func TestOnly(t *testing.T) {
	var b bytes.Buffer
	if err := Run(&b, Options{Rounds: 1, Calls: 5, Only: "no such row"}); err != nil || b.Len() > 0 {
		t.Errorf("%s, %v", b.String(), err)
	}
}

// Valgrind counts the same for both programs up to the same point.
func TestStarted(t *testing.T) {
	if _, err := exec.LookPath("valgrind"); err != nil {
		if os.Getenv("FNGEN_REQUIRE_TOOLS") == "1" {
			t.Fatal("valgrind is not installed, and FNGEN_REQUIRE_TOOLS=1 demands it")
		}
		t.Skip("valgrind is not installed")
	}
	programs := built{dir: t.TempDir(), files: map[string]string{}}
	for _, name := range []string{"lambda/sqs/fngen", "lambda/sqs/native"} {
		file, err := programs.file(name)
		if err != nil {
			t.Fatal(err)
		}
		s, err := started(file)
		if err != nil {
			t.Fatal(err)
		}
		if s.instructions < 0.3 || s.instructions > 10 {
			t.Errorf("%s: %v million instructions", name, s.instructions)
		}
	}
}

// A wrong answer ends the measurement, whoever gives it.
func TestWrongAnswer(t *testing.T) {
	programs := built{dir: t.TempDir(), files: map[string]string{}}
	none := []byte("{\"value\":{}}\n")
	get := []byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
	for name, measure := range map[string]func(file string) (sample, error){
		"lambda/sqs/fngen":  func(file string) (sample, error) { return invocations(file, []byte(`{"Records":[]}`), "null", 1) },
		"lambda/sqs/native": func(file string) (sample, error) { return invocations(file, []byte("[]"), "null", 1) },
		"openwhisk/fngen":   func(file string) (sample, error) { return activations(file, none, 1) },
		"openwhisk/typed":   func(file string) (sample, error) { return activations(file, none, 1) },
		"openwhisk/native":  func(file string) (sample, error) { return activations(file, none, 1) },
		"google/fngen":      func(file string) (sample, error) { return requests(file, get, 1) },
		"google/native":     func(file string) (sample, error) { return requests(file, get, 1) },
	} {
		file, err := programs.file(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := measure(file); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// A line has the medians, and the median of the shares round by round.
func TestRows(t *testing.T) {
	c := comparison{quantities: []quantity{{"work", cpu, "0.50"}}, subjects: []subject{{how: "ours"}, {how: "theirs"}}}
	var b bytes.Buffer
	c.rows(&b, [][]sample{{{cpu: 90}, {cpu: 30}, {cpu: 20}}, {{cpu: 900}, {cpu: 100}, {cpu: 40}}})
	want := "| work | ours | 30.0 µs | 0.30 | 0.50 |\n|  | theirs | 100.0 µs | 1.00 |  |\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

// Where a tool is missing the line says so.
func TestMissing(t *testing.T) {
	c := comparison{
		quantities: []quantity{{"start", instructions, "1.45"}},
		subjects:   []subject{{"ours", func() (sample, error) { return sample{}, missing{"valgrind"} }}},
	}
	var b bytes.Buffer
	if err := c.run(&b, 3); err != nil || b.String() != "| start | valgrind is not installed |  |  | 1.45 |\n" {
		t.Errorf("%s, %v", b.String(), err)
	}
}
