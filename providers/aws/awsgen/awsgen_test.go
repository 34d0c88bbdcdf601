package awsgen_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen"
	"github.com/fngen/fngen/providers/aws/awsgen"
)

func settings(t *testing.T, config string) *gen.Settings {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, gen.ConfigFile), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	c, err := gen.ReadConfig(root, []string{"aws"})
	if err != nil {
		t.Fatalf("read %q: %v", config, err)
	}
	return c.Target("aws")
}

// The platform is what the binaries run on: arm64 unless the operator says
// otherwise, without the runtime that ended.
func TestPlatform(t *testing.T) {
	for config, arch := range map[string]string{"": "arm64", "targets: {aws: {arch: arm64}}": "arm64", "targets: {aws: {arch: amd64}}": "amd64"} {
		want := gen.Platform{GOOS: "linux", GOARCH: arch, Tags: []string{"lambda.norpc"}}
		if diff := cmp.Diff(want, awsgen.New(settings(t, config), nil).Platform()); diff != "" {
			t.Errorf("platform of %q differs (-want +got):\n%s", config, diff)
		}
	}
}

// A custom runtime starts the executable bootstrap at the archive's root.
func TestPackageBinary(t *testing.T) {
	files, err := awsgen.Target{}.PackageBinary(gen.Function{Name: "confirm"}, []byte("binary"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]gen.File{{Path: "bootstrap", Data: []byte("binary"), Executable: true}}, files); diff != "" {
		t.Errorf("package differs (-want +got):\n%s", diff)
	}
}
