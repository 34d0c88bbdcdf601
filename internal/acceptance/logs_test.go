package acceptance

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the lines of docs/logs.md")

// The lines of docs/logs.md are those that the built artifacts write, but for
// times, numbers of lines and what follows the first line of a stack.
func TestLogLines(t *testing.T) {
	doing := func(do string) string { return fmt.Sprintf(`{"do":%q}`, do) }
	for _, platform := range []struct {
		name  string
		again bool // the platform delivers what has failed
		run   func(t *testing.T) (p *process, do func(id, do string))
	}{
		{"AWS Lambda", true, func(t *testing.T) (*process, func(id, do string)) {
			l, message := startLambda(t, "stock"), sqsMessage(t)
			return l.process, func(id, do string) {
				message["messageId"], message["body"], message["messageAttributes"] = id, doing(do), map[string]any{}
				message["eventSourceARN"] = "arn:aws:sqs:eu-west-1:123456789012:stock"
				l.invoke(encode(t, map[string]any{"Records": []any{message}}), patience)
			}
		}},
		{"Google Cloud", true, func(t *testing.T) (*process, func(id, do string)) {
			f := startServer(t, "stock", "Stock", "K_SERVICE=stock")
			return f.process, func(id, do string) {
				f.post(pubsubPush(t, id, doing(do), nil), "Traceparent", traceparent)
			}
		}},
		{"OpenWhisk", false, func(t *testing.T) (*process, func(id, do string)) {
			a := startAction(t, "stock")
			return a.process, func(id, do string) {
				a.ask(activation(t, encode(t, map[string]any{"messages": []map[string]any{
					{"topic": "stock", "partition": 0, "offset": json.Number(id), "key": nil, "value": []byte(doing(do))},
				}}), patience))
			}
		}},
	} {
		t.Run(platform.name, func(t *testing.T) {
			p, do := platform.run(t)
			var got strings.Builder
			for i, what := range []string{"fail", "panic", "drop"} {
				before := len(p.log.String())
				do([]string{"17", "18", "19"}[i], what)
				last := "event dropped" // what the function writes before its answer may be read after that
				if what != "drop" && platform.again {
					last = "event failed"
				}
				if !wait(t, patience, func() bool {
					_, after, found := strings.Cut(p.log.String()[before:], last)
					return found && strings.Contains(after, "\n")
				}) {
					t.Fatalf("%s: the log does not say %q", what, last)
				}
				got.WriteString(oneTry(p.log.String()[before:]))
			}
			checkLines(t, platform.name, normal(got.String()))
		})
	}
}

// oneTry returns each line once, though an event is tried three times where the
// platform does not deliver again, and none of those without text that Google's
// framework writes.
func oneTry(log string) string {
	var out strings.Builder
	seen := map[string]bool{}
	for line := range strings.Lines(log) {
		if text := normal(line); !seen[text] && text != "\n" {
			seen[text] = true
			out.WriteString(line)
		}
	}
	return out.String()
}

var varying = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`"(time|timestamp)":"[^"]*"`), `"$1":"2026-01-02T03:04:05.678901Z"`},
	{regexp.MustCompile(`goroutine \d+ \[running\]:\\n[^"]*`), `goroutine 17 [running]:\n…`},
	{regexp.MustCompile(`"(line|lineNumber)":("?)\d+`), `"$1":${2}40`},
	{regexp.MustCompile(`"(file|filePath)":"[^"]*/`), `"$1":"…/`},
}

// normal is the text with what varies from run to run replaced.
func normal(text string) string {
	for _, v := range varying {
		text = v.pattern.ReplaceAllString(text, v.instead)
	}
	return text
}

// The function that docs/logs.md shows is the one that is run.
func TestLoggingFunction(t *testing.T) {
	root, err := fngenModule()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile(filepath.Join(root, "docs", "logs.md"))
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("testdata/app/soak/stock.go")
	if err != nil {
		t.Fatal(err)
	}
	_, shown, _ := strings.Cut(string(doc), "```go\n")
	if shown, _, _ = strings.Cut(shown, "```\n"); shown == "" || !strings.Contains(string(source), shown) {
		t.Errorf("docs/logs.md shows\n%s\nwhich is not in stock.go", shown)
	}
}

// checkLines compares the lines with those below the platform's heading.
func checkLines(t *testing.T, platform, got string) {
	t.Helper()
	root, err := fngenModule()
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(root, "docs", "logs.md")
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	const fence = "```json\n"
	_, section, ok := strings.Cut(string(data), "\n## "+platform+"\n")
	_, shown, fenced := strings.Cut(section, fence)
	shown, _, closed := strings.Cut(shown, "```\n")
	if !ok || !fenced || !closed {
		t.Fatalf("docs/logs.md has no lines for %s", platform)
	}
	if shown == got {
		return
	}
	if *update {
		if err := os.WriteFile(name, []byte(strings.Replace(string(data), fence+shown+"```", fence+got+"```", 1)), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("docs/logs.md shows\n%s\nand the artifact logs\n%s\ngo test ./internal/acceptance -run TestLogLines -update rewrites it", shown, got)
}
