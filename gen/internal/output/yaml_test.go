package output_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/fngen/fngen/gen/internal/output"
)

// A document reads as a person would have written it, in the order given.
func TestEncodeYAML(t *testing.T) {
	got, err := output.EncodeYAML("# Written by fngen.\n", output.Mapping{
		{"Name", output.Tagged{Tag: "!Sub", Value: "${AWS::StackName}-confirm"}},
		{"Absent", nil},
		{"Env", output.Mapping{{"LEVEL", output.Text("on")}, {"A", output.Text("multi\nline: \"x\" \u2028")}}},
		{"List", []any{output.Tagged{Tag: "!GetAtt", Value: "Queue.Arn"}, output.Mapping{{"Key", 5}, {"Yes", true}}, "plain"}},
		{"Empty", output.Mapping{}},
		{"Join", output.Tagged{Tag: "!Join", Value: []any{"", []any{"a", "b"}}}},
	})
	want := `# Written by fngen.
Name: !Sub ${AWS::StackName}-confirm
Env:
  LEVEL: "on"
  A: "multi\nline: \"x\" \L"
List:
  - !GetAtt Queue.Arn
  - Key: 5
    "Yes": true
  - plain
Empty: {}
Join: !Join
  - ""
  - - a
    - b
`
	if err != nil || string(got) != want {
		t.Errorf("error %v\n%s\nwant\n%s", err, got, want)
	}
}

// Text survives, whatever it holds, as a value, below a tag and as a key.
func FuzzEncodeYAML(f *testing.F) {
	for _, seed := range []string{"", "on", "1e3", "0x1", "=", "<<", "~", "null", "12:30:45", "2001-01-01", "a: b", "- a", "#c", "'", "\"", "\\", "\n", "\r\n", "\t\n", " a ", "\t", "\u0085", "\u2028", "\ufeff", "😀", "\x7f", "\x1b[0m", "${A}", "%d", "!!int 1", "&a", "*a", strings.Repeat("long words ", 30)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) || strings.Contains(text, "\x00") {
			return // no YAML
		}
		data, err := output.EncodeYAML("", output.Mapping{{"value", output.Text(text)}, {"tagged", output.Tagged{Tag: "!Sub", Value: output.Text(text)}}, {text, 1}})
		if err != nil {
			t.Fatal(err)
		}
		var document yaml.Node
		if err := yaml.Unmarshal(data, &document); err != nil {
			t.Fatalf("%q: %v\n%s", text, err, data)
		}
		back := document.Content[0].Content
		if back[1].Value != text || back[1].Tag != "!!str" || back[3].Value != text || back[3].Tag != "!Sub" || back[4].Value != text {
			t.Errorf("%q becomes\n%s", text, data)
		}
	})
}
