package config_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/testkit"
)

// Whatever fngen.yaml holds, each finding has its place in it and nothing that
// a terminal would act on.
func FuzzConfig(f *testing.F) {
	for _, text := range []string{
		"", "targets:\n  aws: {arch: amd64}\n", "targets: {aws: {arch: 1}}", "targets: [aws]", "- 1", "a: b\n---\nc: d", "a: &a [*a]", "targets: *x",
		"targets: &t {aws: *t}", "<<: {targets: {}}", "? [a, b]\n: c", "targets: {aws: {}, aws: {}}", "\"\\x1b[2J\": 1\n\"\\x1b[2J\": 1", "a: b: c", "\t", "{", "%YAML 9.9\n---\n",
		"targets:\n  openwhisk: {kind: \"go:1.24\", arch: arm64}", "!!binary x", "--- \n...\n", "a: |\n x\n- b", "\xff", "targets: {\xc2\x85: 1}", "#",
	} {
		f.Add([]byte(text), []byte{})
		f.Add([]byte("targets: &a {aws: {arch: arm64}}\nfunctions: {order: {env: {A: b}}}"), []byte(text))
	}
	f.Add([]byte("functions: {order: {memory: 1GB, env: {A: b, TOKEN: secret:x}, log-retention: 30d}}"), []byte("functions: {order: {env: {TOKEN: y}}}"))
	f.Fuzz(func(t *testing.T, data, over []byte) {
		c := config.ParseOverlaid(data, "prod", over, testkit.TargetNames)
		testkit.Targets(c) // each asks for the keys that it knows
		c.CheckResources([]model.Function{c.Operate(model.Function{Name: "order", Trigger: model.Queue{Name: "orders"}}, "")})
		for _, p := range c.Diagnostics() {
			if p.Pos.Filename != config.File && p.Pos.Filename != config.OverlayFile("prod") || p.Pos.Line < 1 || p.Message == "" {
				t.Errorf("a finding without a position or a message: %#v", p)
			}
			if strings.ContainsFunc(p.Message, unicode.IsControl) {
				t.Errorf("a finding holds a control character: %q", p.Message)
			}
		}
	})
}
