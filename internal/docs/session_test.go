package docs

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fngen/fngen/internal/testkit/tool"
)

// A session is what a reader does who types what follows a $ in blocks of the
// language console. What fngen dev prints goes on, in blocks of text, while other
// commands run.
type session struct {
	dir     string
	env     []string // of dir's commands, with fngen on the PATH
	address string   // in the place of the document's

	mu      sync.Mutex
	printed bytes.Buffer // by fngen dev
	seen    int          // how much of it the blocks before have shown
}

// shown is where the documents have fngen dev listen.
const shown = "127.0.0.1:8080"

// follow runs the commands of the blocks in the folder and reports what is printed
// otherwise than the document shows.
func follow(t *testing.T, doc []block, dir string, env []string) {
	t.Helper()
	tool.Path(t, "sh")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &session{dir: dir, env: env, address: l.Addr().String()}
	l.Close()
	followed := 0
	for _, b := range doc {
		switch b.language {
		case "console":
			first, rest, _ := strings.Cut(b.text, "\n")
			command, ok := strings.CutPrefix(first, "$ ")
			if !ok {
				t.Fatalf("the block begins with no command:\n%s", b.text)
			}
			if strings.HasPrefix(command, "curl ") {
				tool.Path(t, "curl")
			}
			followed++
			if strings.HasPrefix(command, "fngen dev") {
				s.start(t, command)
				s.says(t, rest)
				continue
			}
			s.run(t, command, rest)
		case "text":
			s.says(t, b.text)
		}
	}
	if followed == 0 {
		t.Error("the document has no command to follow")
	}
}

// start starts fngen dev until the test ends.
func (s *session) start(t *testing.T, command string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", "exec "+command+" --addr="+s.address)
	cmd.Dir, cmd.Env, cmd.Stdout = s.dir, s.env, s
	var stderr strings.Builder
	cmd.Stderr = &stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 20 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Wait(); err != nil && t.Context().Err() != context.Canceled {
			t.Errorf("%s: %v\n%s", command, err, &stderr)
		}
	})
}

// Write keeps what fngen dev prints.
func (s *session) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.printed.Write(p)
}

// says waits until fngen dev has printed each of the lines, since those of the
// block before.
func (s *session) says(t *testing.T, lines string) {
	t.Helper()
	const patience = 2 * time.Minute
	var missing, printed string
	var all int
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		s.mu.Lock()
		text := s.printed.String()
		s.mu.Unlock()
		text = text[:strings.LastIndexByte(text, '\n')+1]
		all = len(text)
		missing, printed = "", s.normal(text[s.seen:])
		for line := range strings.Lines(normal(lines)) {
			begin, cut := strings.CutSuffix(strings.TrimSuffix(line, "\n"), "…")
			if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(begin) + map[bool]string{true: "", false: "$"}[cut]).MatchString(printed) {
				missing += line
			}
		}
		if missing == "" {
			s.seen = all
			return
		}
	}
	t.Fatalf("fngen dev prints\n%s\nand the document shows\n%s", printed, missing)
}

// run runs the command and compares what it prints.
func (s *session) run(t *testing.T, command, want string) {
	t.Helper()
	cmd := exec.Command("sh", "-c", strings.ReplaceAll(command, shown, s.address))
	cmd.Dir, cmd.Env = s.dir, s.env
	var out, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &stderr
	err := cmd.Run() // a difference is an exit code
	if curl := strings.HasPrefix(command, "curl "); curl && err != nil {
		t.Fatalf("%s: %v\n%s", command, err, &stderr)
	} else if !curl { // which shows how far it is
		out.WriteString(stderr.String())
	}
	compare(t, command, want, s.normal(out.String()))
}

// normal is normal with the document's address.
func (s *session) normal(text string) string {
	return normal(strings.ReplaceAll(text, s.address, shown))
}

// compare compares line by line. One that ends in … goes on.
func compare(t *testing.T, command, want, printed string) {
	t.Helper()
	got, shown := strings.Split(strings.TrimRight(printed, "\n"), "\n"), strings.Split(strings.TrimRight(normal(want), "\n"), "\n")
	for n, line := range shown {
		begin, cut := strings.CutSuffix(line, "…")
		if n >= len(got) || got[n] != line && !(cut && strings.HasPrefix(got[n], begin)) {
			t.Errorf("%s\nprints\n%s\nand the document shows in line %d\n%s", command, printed, n+1, line)
			return
		}
	}
	if len(got) != len(shown) {
		t.Errorf("%s\nprints %d lines, and the document shows %d\n%s", command, len(got), len(shown), printed)
	}
}

// normal returns the text without what differs from run to run, and from machine
// to machine.
func normal(text string) string {
	for _, r := range []struct{ pattern, by string }{
		{`\r`, ""},
		{`\b[0-9][0-9.]*(ns|µs|ms|s)\b`, "TIME"},
		{`[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z`, "TIME"},
		{`(?m)^Date: .*$`, "Date: TIME"},
		{`"id":"[^"]*"`, `"id":"ID"`},
		{`(?m) +$`, ""},
	} {
		text = regexp.MustCompile(r.pattern).ReplaceAllString(text, r.by)
	}
	return text
}

// example returns the folder of a copy of the shop, which a reader may edit.
func example(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "examples")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(repo(t), "examples"))); err != nil {
		t.Fatal(err)
	}
	fngen, err := filepath.Rel(dir, repo(t))
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "go.mod", strings.Replace(read(t, dir, "go.mod"), "=> ../", "=> "+fngen, 1))
	return filepath.Join(dir, "shop")
}
