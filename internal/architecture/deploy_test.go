package architecture

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fngen/fngen/internal/testkit/repository"
)

// shipping are the modules that deployment alone needs: those of its rooms which
// nothing that is deployed links.
func shipping(g graph) []string {
	modules := func(prefix string) map[string]bool {
		found := map[string]bool{}
		for _, name := range g.own() {
			if strings.HasPrefix(name+"/", prefix) {
				for _, dep := range g.linked(module + name) {
					if path := g[dep].Module.Path; path != "" && !strings.HasPrefix(module, path+"/") {
						found[path] = true
					}
				}
			}
		}
		return found
	}
	alone := modules("gen/internal/deploy/")
	for _, deployed := range []string{"fn/", "providers/"} {
		for path := range modules(deployed) {
			delete(alone, path)
		}
	}
	return slices.Sorted(maps.Keys(alone))
}

// What deployment needs is linked by nothing that is deployed.
func TestShippingApart(t *testing.T) {
	alone := shipping(load(t))
	for _, path := range []string{"github.com/apache/openwhisk-client-go", "github.com/aws/aws-sdk-go-v2/service/cloudformation", "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"} {
		if !slices.Contains(alone, path) {
			t.Errorf("%s is linked by what is deployed, or by no deployment: %v", path, alone)
		}
	}
}

// The go.mod of an application that uses all providers requires nothing that only
// deployment needs.
func TestShippingRequiresNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("runs go mod tidy")
	}
	repo, err := repository.Root()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	sum, err := os.ReadFile(filepath.Join(repo, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"go.mod":  "module example.com/shop\n\ngo 1.26.0\n\nrequire github.com/fngen/fngen v0.0.0\n\nreplace github.com/fngen/fngen => " + repo + "\n",
		"go.sum":  string(sum),
		"main.go": "package main\n\nimport (\n\t_ \"github.com/fngen/fngen/fn\"\n\t_ \"github.com/fngen/fngen/providers/aws\"\n\t_ \"github.com/fngen/fngen/providers/aws/sink/sqs\"\n\t_ \"github.com/fngen/fngen/providers/gcp\"\n\t_ \"github.com/fngen/fngen/providers/openwhisk\"\n)\n\nfunc main() {}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", "mod", "tidy")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(mod), "github.com/aws/aws-sdk-go-v2 ") {
		t.Errorf("it requires no SDK at all:\n%s", mod)
	}
	for _, path := range shipping(load(t)) {
		if strings.Contains(string(mod), "\t"+path+" ") {
			t.Errorf("the application requires %s", path)
		}
	}
}
