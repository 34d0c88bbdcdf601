package awsgen_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen"
	"github.com/fngen/fngen/providers/aws/awsgen"
)

// The platform is what the binaries run on: arm64 unless the operator says
// otherwise, without the runtime that ended.
func TestPlatform(t *testing.T) {
	for config, arch := range map[string]string{"": "arm64", "targets: {aws: {arch: arm64}}": "arm64", "targets: {aws: {arch: amd64}}": "amd64"} {
		want := gen.Platform{GOOS: "linux", GOARCH: arch, Tags: []string{"lambda.norpc"}}
		if diff := cmp.Diff(want, awsgen.New(gen.ParseConfig([]byte(config), []string{"aws"}).Target("aws"), nil).Platform()); diff != "" {
			t.Errorf("platform of %q differs (-want +got):\n%s", config, diff)
		}
	}
}

// A custom runtime starts the executable bootstrap at the archive's root.
func TestPackageBinary(t *testing.T) {
	archives, err := awsgen.Target{}.PackageBinary(gen.Function{Name: "confirm"}, []byte("binary"))
	if err != nil {
		t.Fatal(err)
	}
	want := []gen.Archive{{Path: "confirm.zip", Files: []gen.File{{Path: "bootstrap", Data: []byte("binary"), Executable: true}}}}
	if diff := cmp.Diff(want, archives); diff != "" {
		t.Errorf("package differs (-want +got):\n%s", diff)
	}
}
