package config

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen/internal/model"
)

// The line of a syntax error is the one that the user counts, whichever part
// of the YAML library finds it.
func TestYAMLLines(t *testing.T) {
	for text, want := range map[string]string{
		"targets: {}\n\tx: 1\n":                    "fngen.yaml:2:1: error: found character that cannot start any token [config-syntax]",
		"targets: {}\na: b: c\n":                   "fngen.yaml:2:1: error: mapping values are not allowed in this context [config-syntax]",
		"targets: {}\nx: {}\n- b\n":                "fngen.yaml:3:1: error: did not find expected key [config-syntax]",
		"targets:\n  aws: {arch: arm64\n  gcp: {}": "fngen.yaml:2:1: error: did not find expected ',' or '}' [config-syntax]",
		"targets: {}\nother: [a, b\nmore: c\n":     "fngen.yaml:2:1: error: did not find expected ',' or ']' [config-syntax]",
		"targets: {aws: {}\n":                      "fngen.yaml:1:1: error: did not find expected ',' or '}' [config-syntax]",
		"targets: {}\nother: \"a\n\n":              "fngen.yaml:2:1: error: found unexpected end of stream [config-syntax]",
		"targets: {}\nother: *nobody\nmore: {}\n":  "fngen.yaml:1:1: error: unknown anchor 'nobody' referenced [config-syntax]", // the library knows no line
		"targets: {}\n--- \ntargets: {}\nx: {\n":   "fngen.yaml:4:1: error: did not find expected node content [config-syntax]",
		"targets: {}\n...\n%YAML 1.1\n--- {\n a: ": "fngen.yaml:5:1: error: did not find expected node content [config-syntax]",
	} {
		var got []string
		for _, p := range Parse([]byte(text), []string{"aws"}).Diagnostics() {
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
	c := Parse([]byte("targets:\n  openwhisk:\n  aws: {}\n"), known)
	if diagnostics := c.Diagnostics(); len(diagnostics) > 0 {
		t.Fatal(diagnostics)
	}
	if diff := cmp.Diff([]string{"openwhisk", "aws"}, c.Targets()); diff != "" {
		t.Errorf("targets differ (-want +got):\n%s", diff)
	}
	if c := Parse(nil, known); len(c.Targets()) > 0 {
		t.Errorf("an empty file names %v", c.Targets())
	}
}

// The environment's file lies over fngen.yaml: mappings are merged key by key,
// anything else takes the other's place, and a finding has the position in the
// file that it is from.
func TestOverlay(t *testing.T) {
	const base = "targets:\n  aws: {arch: amd64}\nfunctions:\n  order:\n    memory: 512MB\n    env: {LEVEL: info, REGION: \"3\"}\n"
	for over, want := range map[string][]string{
		"": {"512MiB LEVEL=info REGION=3"},
		"functions: {order: {memory: 1GB, env: {LEVEL: debug, NEW: \"1\"}}}\n": {"1024MiB LEVEL=debug NEW=1 REGION=3"},
		"functions: {order: {memory: 1TB}}\n":                                  {"0MiB LEVEL=info REGION=3", `fngen.prod.yaml:1:29: error: functions.order.memory is "1TB"; give a size such as 512MB or 2GB [config-value]`},
		"functions: {other: {}}\n":                                             {"512MiB LEVEL=info REGION=3", `fngen.prod.yaml:1:13: error: unknown key "other"; the keys of functions are order [config-key]`},
		"functions: {order: {memory: 1GB, memory: 2GB}}\n":                     {"1024MiB LEVEL=info REGION=3", `fngen.prod.yaml:1:34: error: the key "memory" is there twice; keep one [config-twice]`},
		"functions: {order: 1}\n":                                              {"0MiB", `fngen.prod.yaml:1:20: error: functions.order is not a mapping; write key: value below it [config-value]`},
		"functions: &a {order: *a}\n":                                          {"512MiB LEVEL=info REGION=3", `fngen.prod.yaml:1:16: error: unknown key "order"; the keys of functions.order are env, log-retention, max-instances, memory, reserved-instances [config-key]`},
		"functions: {order: {memory: [}}\n":                                    {"512MiB LEVEL=info REGION=3", "fngen.prod.yaml:1:1: error: did not find expected node content [config-syntax]"},
	} {
		c := ParseOverlaid([]byte(base), "prod", []byte(over), []string{"aws"})
		c.Target("aws").String(Key{Name: "arch"})
		o := c.Operate(model.Function{Name: "order"}).Operation
		got := fmt.Sprintf("%dMiB", o.Memory)
		for _, v := range o.Env {
			got += " " + v.Name + "=" + v.Value
		}
		all := []string{got}
		for _, p := range c.Diagnostics() {
			all = append(all, p.String())
		}
		if diff := cmp.Diff(want, all); diff != "" {
			t.Errorf("%q (-want +got):\n%s", over, diff)
		}
	}
}

// A key that takes one string or several says the same either way, and its
// schema takes both.
func TestOneOrMore(t *testing.T) {
	kind := Key{Name: "kind", Doc: "A kind.", Default: "a", OneOf: []string{"a", "b"}}
	for text, want := range map[string][]string{
		"{}":              {"a"},
		"{kind: b}":       {"b"},
		"{kind: [b]}":     {"b"},
		"{kind: [b, a]}":  {"b", "a"},
		"{kind: c}":       {"a", `targets.aws.kind is "c"; give one of a, b`},
		"{kind: [b, c]}":  {"b", `targets.aws.kind is "c"; give one of a, b`},
		"{kind: []}":      {"a", "targets.aws.kind is not a list; write [a, b]"},
		"{kind: {a: b}}":  {"a", "targets.aws.kind is not a string; quote it"},
		"{kind: [[a]]}":   {"a", "targets.aws.kind is not a string; quote it"},
		"{kind: b, x: 1}": {"b", `unknown key "x"; the keys of targets.aws are kind`},
	} {
		c := Parse([]byte("targets: {aws: "+text+"}"), []string{"aws"})
		got := c.Target("aws").OneOrMore(kind)
		for _, p := range c.Diagnostics() {
			got = append(got, p.Message)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
	s := newSettings(nil, "", nil)
	s.OneOrMore(kind)
	want := &schema{
		Description: "A kind.", Type: jsonTypes{"string", "array"}, Default: "a", Enum: nil, MinItems: 1,
		Items: &schema{Type: jsonTypes{"string"}, Enum: []string{"a", "b"}},
	}
	if diff := cmp.Diff(want, s.schema().Properties["kind"]); diff != "" {
		t.Errorf("schema (-want +got):\n%s", diff)
	}
}
