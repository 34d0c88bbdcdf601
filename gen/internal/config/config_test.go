package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
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
		"functions: &a {order: *a}\n":                                          {"512MiB LEVEL=info REGION=3", `fngen.prod.yaml:1:16: error: unknown key "order"; the keys of functions.order are aws, env, log-level, log-retention, max-instances, memory, reserved-instances, tracing [config-key]`},
		"log-level: warn\n":                                                    {"512MiB LEVEL=info LOG_LEVEL=warn REGION=3"},
		"log-level: warn\nfunctions: {order: {log-level: debug}}\n":            {"512MiB LEVEL=info LOG_LEVEL=debug REGION=3"},
		"log-level: loud\nfunctions: {order: {log-level: debug}}\n":            {"512MiB LEVEL=info LOG_LEVEL=debug REGION=3", `fngen.prod.yaml:1:12: error: log-level is "loud"; give one of debug, info, warn, error [config-value]`},
		"log-level: warn\nfunctions: {order: {env: {LOG_LEVEL: debug}}}\n":     {"512MiB LEVEL=info LOG_LEVEL=debug REGION=3", `fngen.prod.yaml:2:38: error: functions.order.env.LOG_LEVEL is what log-level sets; remove it, and write functions.order.log-level for a level of the function's own [env-name]`},
		"functions: {order: {memory: [}}\n":                                    {"512MiB LEVEL=info REGION=3", "fngen.prod.yaml:1:1: error: did not find expected node content [config-syntax]"},
	} {
		c := ParseOverlaid([]byte(base), "prod", []byte(over), []string{"aws"})
		c.Target("aws").String(Key{Name: "arch"})
		o := c.Operate(model.Function{Name: "order"}, "").Operation
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

// What a function has on one target wins over what it has on all, key by key and
// variable by variable, is nothing to another target, and is checked for each.
func TestOperateOnTarget(t *testing.T) {
	const text = `log-level: warn
functions:
  order:
    memory: 512MB
    max-instances: 3
    env: {LEVEL: info, REGION: "3"}
    aws: {memory: 1GB, env: {LEVEL: debug, OWN: "1"}}
    gcp: {log-level: error, tracing: active}
    openwhisk: {memory: 128, cpu: 1}
`
	c := Parse([]byte(text), []string{"aws", "gcp", "openwhisk"})
	for target, want := range map[string]string{
		"":          "512 3  LEVEL=info LOG_LEVEL=warn REGION=3 @4",
		"aws":       "1024 3  LEVEL=debug LOG_LEVEL=warn OWN=1 REGION=3 @7",
		"gcp":       "512 3 active LEVEL=info LOG_LEVEL=error REGION=3 @4",
		"openwhisk": "512 3  LEVEL=info LOG_LEVEL=warn REGION=3 @9",
	} {
		f := c.Operate(model.Function{Name: "order"}, target)
		o := f.Operation
		got := fmt.Sprintf("%d %d %s", o.Memory, o.MaxInstances, o.Tracing)
		for _, v := range o.Env {
			got += " " + v.Name + "=" + v.Value
		}
		if got += fmt.Sprint(" @", f.Positions[model.KeyMemory].Line); got != want {
			t.Errorf("on %q: got %s, want %s", target, got, want)
		}
		if again := c.Operate(f, target); !cmp.Equal(f, again) {
			t.Errorf("on %q: again it is %v, want %v", target, again, f)
		}
	}
	var got []string
	for _, d := range c.Diagnostics() {
		got = append(got, d.String())
	}
	want := []string{
		`fngen.yaml:9:25: error: functions.order.openwhisk.memory is not a string; quote it [config-value]`,
		`fngen.yaml:9:30: error: unknown key "cpu"; the keys of functions.order.openwhisk are env, log-level, log-retention, max-instances, memory, reserved-instances, tracing [config-key]`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
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

// A list of mappings is read one by one; what is wrong with one is said where it
// stands, and the schema has the keys of any, whether there is one.
func TestEach(t *testing.T) {
	key := Key{Name: "rights", Doc: "The rights."}
	read := func(s *Settings) []string {
		var got []string
		s.Each(key, func(right *Settings) {
			got = append(got, right.String(Key{Name: "on"})+"="+strings.Join(right.Strings(Key{Name: "may"}), ","))
			right.Need("on", "may")
		})
		return got
	}
	for text, want := range map[string][]string{
		"{}": {"="},
		"{rights: [{on: a, may: [b, c]}, {on: d, may: [e]}]}":            {"a=b,c", "d=e"},
		"{rights: [{on: a, may: [b]}, {on: 1, may: [b]}]}":               {"a=b", "=b", "1:50: error: targets.aws.rights[1].on is not a string; quote it"},
		"{rights: [{on: a, may: [b]}, {on: a, my: [b]}]}":                {"a=b", "a=", "1:45: error: targets.aws.rights[1] has no may; add it", `1:53: error: unknown key "my"; did you mean may? the keys of targets.aws.rights[1] are may, on`},
		"{rights: [a, {on: a, may: [b]}]}":                               {"=", "a=b", "1:26: error: targets.aws.rights[0] is not a mapping; write key: value below it"},
		"{rights: []}":                                                   {"=", "1:25: error: targets.aws.rights is not a list; write [{key: value}]"},
		"{rights: {on: a, may: [b]}}":                                    {"=", "1:25: error: targets.aws.rights is not a list; write [{key: value}]"},
		"{rights: [&r {on: a, may: [b]}, *r, {on: a, on: b, may: [c]}]}": {"a=b", "a=b", "a=c", `1:60: error: the key "on" is there twice; keep one`},
	} {
		c := Parse([]byte("targets: {aws: "+text+"}"), []string{"aws"})
		got := read(c.Target("aws"))
		if again := read(c.Target("aws")); !cmp.Equal(got, again) {
			t.Errorf("%s: again it is %v", text, again)
		}
		for _, p := range c.Diagnostics() {
			got = append(got, strings.TrimSuffix(strings.TrimPrefix(p.String(), "fngen.yaml:"), fmt.Sprintf(" [%s]", p.Code)))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
	no := false
	s := newSettings(nil, "", nil)
	read(s)
	want := &schema{Description: "The rights.", Type: jsonTypes{"array"}, MinItems: 1, Items: &schema{
		Type: jsonTypes{"object"}, AdditionalProperties: &no, Required: []string{"on", "may"},
		Properties: map[string]*schema{"on": {Type: jsonTypes{"string"}}, "may": {Type: jsonTypes{"array"}, MinItems: 1, Items: &schema{Type: jsonTypes{"string"}}}},
	}}
	if diff := cmp.Diff(want, s.schema().Properties["rights"]); diff != "" {
		t.Errorf("schema (-want +got):\n%s", diff)
	}
}

// A key may name a file below the application's folder, of a size that is no
// accident, and be true or false.
func TestFileAndBool(t *testing.T) {
	dir := t.TempDir()
	for name, data := range map[string][]byte{"a": []byte("text"), "b": make([]byte, 64<<10), "c": make([]byte, 64<<10+1)} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for settings, want := range map[string]struct {
		size int
		yes  bool
		said string
	}{
		"{}":                    {0, false, ""},
		"{file: a, yes: true}":  {4, true, ""},
		"{file: b, yes: false}": {64 << 10, false, ""},
		"{file: c}":             {0, false, `targets.aws.file is "c", and no file of 64 KB`},
		"{file: none}":          {0, false, `targets.aws.file is "none", and no file of 64 KB`},
		"{file: ../outside}":    {0, false, `targets.aws.file is "../outside", and no file of 64 KB`},
		"{file: .}":             {0, false, `targets.aws.file is ".", and no file of 64 KB`},
		"{file: [a]}":           {0, false, "targets.aws.file is not a string"},
		`{yes: "true"}`:         {0, false, "targets.aws.yes is neither true nor false"},
		"{yes: 1}":              {0, false, "targets.aws.yes is neither true nor false"},
		"{yes: [true]}":         {0, false, "targets.aws.yes is neither true nor false"},
	} {
		if err := os.WriteFile(filepath.Join(dir, File), []byte("targets: {aws: "+settings+"}"), 0o644); err != nil {
			t.Fatal(err)
		}
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		c, err := Read(root, "", []string{"aws"})
		if err != nil {
			t.Fatal(err)
		}
		s := c.Target("aws")
		data, yes := s.File(Key{Name: "file"}), s.Bool(Key{Name: "yes"})
		root.Close()
		said := fmt.Sprint(c.Diagnostics())
		if len(data) != want.size || yes != want.yes || !strings.Contains(said, want.said) || want.said == "" && said != "[]" {
			t.Errorf("%s: %d bytes, %t, %s", settings, len(data), yes, said)
		}
	}
	c := Parse([]byte("targets: {aws: {file: a}}"), []string{"aws"})
	if data := c.Target("aws").File(Key{Name: "file"}); data != nil || len(c.Diagnostics()) != 1 {
		t.Errorf("without a folder: %q, %v", data, c.Diagnostics())
	}
}

// Tags and values of the linker's are one or several; what functions cannot
// have is refused where it stands.
func TestBuildSettings(t *testing.T) {
	for text, want := range map[string]struct {
		build model.Build
		said  []string
	}{
		"{tags: prod, ldflags: -X example.com/shop.Version=v1 -s}":  {model.Build{Tags: []string{"prod"}, Values: []string{"example.com/shop.Version=v1"}}, nil},
		"{tags: [prod, eu], ldflags: [-X=a.B=c, \"'-X=a.B=d e'\"]}": {model.Build{Tags: []string{"prod", "eu"}, Values: []string{"a.B=c", "a.B=d e"}}, nil},
		"":                       {},
		"{tags: \"a,b\"}":        {said: []string{`fngen.yaml:1:15: error: build.tags is "a,b"; give a build tag of letters, digits, _ and . [config-value]`}},
		"{ldflags: -extldflags}": {said: []string{"fngen.yaml:1:18: error: build.ldflags holds -extldflags, and of the linker's flags functions take -X alone, so that they are the same on every platform; remove it [config-value]"}},
		"{gcflags: -l}":          {said: []string{`fngen.yaml:1:9: error: unknown key "gcflags"; did you mean ldflags? the keys of build are ldflags, tags [config-key]`}},
	} {
		c := Parse([]byte("build: "+text), []string{"aws"})
		if diff := cmp.Diff(want.build, c.Build()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
		var said []string
		for _, d := range c.Diagnostics() {
			said = append(said, d.String())
		}
		if diff := cmp.Diff(want.said, said); diff != "" {
			t.Errorf("%s: said (-want +got):\n%s", text, diff)
		}
	}
}
