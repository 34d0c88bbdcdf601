package gcpgen_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen"
	"github.com/fngen/fngen/providers/gcp/gcpgen"
)

func target() gcpgen.Target { return gcpgen.New(&gen.Settings{}) }

// The buildpack runs on linux/amd64, and its archive is the staged module as
// it is.
func TestPackageSource(t *testing.T) {
	if diff := cmp.Diff(gen.Platform{GOOS: "linux", GOARCH: "amd64"}, target().Platform()); diff != "" {
		t.Errorf("platform differs (-want +got):\n%s", diff)
	}
	module := []gen.File{{Path: "function.go", Data: []byte("package function\n")}, {Path: "go.mod", Data: []byte("module m\n")}}
	files, err := target().PackageSource(gen.Function{Name: "confirm"}, module)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(module, files); diff != "" {
		t.Errorf("package differs (-want +got):\n%s", diff)
	}
}

// The buildpack compiles its own main around the package only if that imports
// the framework itself, and finds the server among the vendored packages only
// if it is imported too.
func TestEntrypointImportsTheFramework(t *testing.T) {
	files, err := target().Entrypoint(gen.Function{
		Name:    "confirm-order",
		Handler: gen.Handler{PkgPath: "example.com/shop", PkgName: "shop", Name: "ConfirmOrder", Shape: gen.Shape{Input: "json"}},
		Trigger: gen.Queue{Name: "orders"},
	})
	if err != nil || len(files) != 1 || files[0].Path != "function.go" {
		t.Fatalf("files %v, %v", files, err)
	}
	for _, text := range []string{
		"\npackage function\n",
		"\t_ \"github.com/GoogleCloudPlatform/functions-framework-go/funcframework\"\n",
		"\t\"github.com/GoogleCloudPlatform/functions-framework-go/functions\"\n",
		"functions.HTTP(\"ConfirmOrder\", ",
	} {
		if !bytes.Contains(files[0].Data, []byte(text)) {
			t.Errorf("function.go lacks %q:\n%s", text, files[0].Data)
		}
	}
}
