package gen

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The line of a syntax error is the one that the user counts, whichever part
// of the YAML library finds it.
func TestYAMLLines(t *testing.T) {
	for text, want := range map[string]string{
		"targets: {}\n\tx: 1\n":                    "fngen.yaml:2:1: found character that cannot start any token",
		"targets: {}\na: b: c\n":                   "fngen.yaml:2:1: mapping values are not allowed in this context",
		"targets: {}\nx: {}\n- b\n":                "fngen.yaml:3:1: did not find expected key",
		"targets:\n  aws: {arch: arm64\n  gcp: {}": "fngen.yaml:2:1: did not find expected ',' or '}'",
		"targets: {}\nother: [a, b\nmore: c\n":     "fngen.yaml:2:1: did not find expected ',' or ']'",
		"targets: {aws: {}\n":                      "fngen.yaml:1:1: did not find expected ',' or '}'",
		"targets: {}\nother: \"a\n\n":              "fngen.yaml:2:1: found unexpected end of stream",
		"targets: {}\nother: *nobody\nmore: {}\n":  "fngen.yaml:1:1: unknown anchor 'nobody' referenced", // the library knows no line
		"targets: {}\n--- \ntargets: {}\nx: {\n":   "fngen.yaml:4:1: did not find expected node content",
		"targets: {}\n...\n%YAML 1.1\n--- {\n a: ": "fngen.yaml:5:1: did not find expected node content",
	} {
		var got []string
		for _, p := range ParseConfig([]byte(text), []string{"aws"}).Problems() {
			got = append(got, p.String())
		}
		if diff := cmp.Diff([]string{want}, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

// Targets are the ones that the file names, in its order.
func TestConfigTargets(t *testing.T) {
	known := []string{"aws", "gcp", "openwhisk"}
	c := ParseConfig([]byte("targets:\n  openwhisk:\n  aws: {}\n"), known)
	if problems := c.Problems(); len(problems) > 0 {
		t.Fatal(problems)
	}
	if diff := cmp.Diff([]string{"openwhisk", "aws"}, c.Targets()); diff != "" {
		t.Errorf("targets differ (-want +got):\n%s", diff)
	}
	if c := ParseConfig(nil, known); len(c.Targets()) > 0 {
		t.Errorf("an empty file names %v", c.Targets())
	}
}
