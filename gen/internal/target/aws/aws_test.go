package aws_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/target/aws"
)

// The platform is what the binaries run on: arm64 unless the operator says
// otherwise, without the runtime that ended.
func TestPlatform(t *testing.T) {
	for settings, arch := range map[string]string{"": "arm64", "targets: {aws: {arch: arm64}}": "arm64", "targets: {aws: {arch: amd64}}": "amd64"} {
		want := model.Platform{GOOS: "linux", GOARCH: arch, Tags: []string{"lambda.norpc"}}
		if diff := cmp.Diff(want, aws.New(config.Parse([]byte(settings), []string{"aws"}).Sections("aws")).Platform()); diff != "" {
			t.Errorf("platform of %q differs (-want +got):\n%s", settings, diff)
		}
	}
}

// A custom runtime starts the executable bootstrap at the archive's root.
func TestPackageBinary(t *testing.T) {
	archives, err := aws.Target{}.PackageBinary(model.Function{Name: "confirm"}, []byte("binary"))
	if err != nil {
		t.Fatal(err)
	}
	want := []model.Archive{{Path: "confirm.zip", Files: []model.File{{Path: "bootstrap", Data: []byte("binary"), Executable: true}}}}
	if diff := cmp.Diff(want, archives); diff != "" {
		t.Errorf("package differs (-want +got):\n%s", diff)
	}
}
