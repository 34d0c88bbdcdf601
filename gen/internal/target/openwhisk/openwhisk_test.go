package openwhisk_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/target/openwhisk"
)

func target(t *testing.T, settings string) (openwhisk.Target, []model.Diagnostic) {
	t.Helper()
	c := config.Parse([]byte(settings), []string{"openwhisk"})
	built := openwhisk.New(c.Sections("openwhisk"))
	return built, c.Diagnostics()
}

// A kind is part of a file's content and of a manifest: nothing but the kinds
// that there are gets there.
func TestKind(t *testing.T) {
	for kind, ok := range map[string]bool{
		"go:1.24": true, "go:1.9": true, "go:1.100": false, "go:1.0": false, "go:1": false, "go:default": false, "nodejs:20": false, "go:1.24\\n": false, "go:1.24/../x": false,
	} {
		_, diagnostics := target(t, "targets: {openwhisk: {kind: \""+kind+"\"}}")
		if (len(diagnostics) == 0) != ok {
			t.Errorf("kind %q: %v; want it taken: %t", kind, diagnostics, ok)
		}
	}
}

// Actions run on amd64 unless the operator says otherwise.
func TestPlatform(t *testing.T) {
	for config, arch := range map[string]string{"": "amd64", "targets: {openwhisk: {arch: arm64}}": "arm64"} {
		o, _ := target(t, config)
		if diff := cmp.Diff(model.Platform{GOOS: "linux", GOARCH: arch}, o.Platform()); diff != "" {
			t.Errorf("platform of %q differs (-want +got):\n%s", config, diff)
		}
	}
}
