package architecture

import (
	"encoding/json"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/fngen/fngen/internal/testkit/repository"
)

const module = "github.com/fngen/fngen/"

type rule struct {
	packages string
	may      []string
	modules  []string
}

// The packages of this module that each package may link, directly or not,
// and the modules of others. A path that ends in /… stands for all below it.
// The first rule that matches counts.
var rules = []rule{
	{"internal/run/mark", nil, nil},
	{"internal/retain", nil, nil},
	{"internal/jsonscan", nil, nil},
	{"internal/sinks", nil, cloudevents},
	{"internal/wait", nil, nil},
	{"internal/httpbuffer", nil, nil},
	{"internal/jsonvalue", []string{"internal/jsonscan"}, nil},
	{"internal/ce", []string{"internal/jsonscan", "internal/retain"}, cloudevents},
	{"internal/ce/cehttp", []string{"internal/ce", "internal/jsonscan", "internal/retain"}, cloudevents},
	{"fn", []string{"internal/run/mark", "internal/retain", "internal/ce", "internal/jsonscan", "internal/jsonvalue"}, cloudevents},
	{"internal/portable", deployed("fn"), cloudevents},
	{"fn/emit", deployed("fn", "internal/portable", "internal/wait"), cloudevents},
	{"fn/fntest", deployed("fn"), cloudevents},
	{"internal/run", deployed("fn", "fn/emit", "internal/portable", "internal/wait"), cloudevents},
	{"fn/fnhttp", deployed("fn", "fn/emit", "internal/…"), cloudevents},
	{"providers/aws", deployed("fn", "fn/emit", "fn/fnhttp", "internal/…"), append([]string{"github.com/aws/aws-lambda-go"}, cloudevents...)},
	{"providers/gcp", deployed("fn", "fn/emit", "fn/fnhttp", "internal/…"), cloudevents},
	{"fn/emit/httpsink", deployed("fn", "fn/emit", "internal/portable", "internal/wait", "internal/sinks"), cloudevents},
	{"providers/gcp/sink/pubsub", deployed("fn", "fn/emit", "internal/portable", "internal/wait", "internal/sinks"), append([]string{"cloud.google.com/go/compute/metadata"}, cloudevents...)},
	{"gen", nil, generator},
	{"providers/aws/awsgen", []string{"gen"}, generator},
	{"providers/gcp/gcpgen", []string{"gen"}, append(terraform, generator...)},
	{"providers/openwhisk/openwhiskgen", []string{"gen"}, generator},
	{"providers/openwhisk/…", deployed("fn", "fn/emit", "fn/fnhttp", "internal/…", "providers/openwhisk/…"), cloudevents},
	{"providers/aws/internal/…", deployed("fn", "fn/emit", "internal/portable", "internal/wait", "internal/sinks"), append([]string{"github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go"}, cloudevents...)},
	{"providers/aws/sink/…", deployed("fn", "fn/emit", "internal/portable", "internal/wait", "internal/sinks", "providers/aws/internal/api"), append([]string{"github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go"}, cloudevents...)},
	{"providers/internal/conformance", deployed("fn", "fn/emit", "fn/fnhttp", "internal/…", "providers/…"), append([]string{"github.com/go-chi/chi/v5", "github.com/google/go-cmp"}, cloudevents...)},
	{"cmd/fngen", []string{"gen", "providers/aws/awsgen", "providers/gcp/gcpgen", "providers/openwhisk/openwhiskgen"},
		slices.Concat([]string{"github.com/spf13/cobra", "github.com/spf13/pflag"}, terraform, generator)},
	{"internal/testkit/cfn", nil, []string{"go.yaml.in/yaml/v3"}},
	{"internal/testkit/moto", nil, nil},
	{"internal/testkit/retained", deployed("fn"), cloudevents},
	{"internal/architecture", nil, nil},
	{"internal/acceptance", nil, nil},
	{"internal/testkit/repository", nil, nil},
	{"internal/docs", nil, nil},
}

// cloudevents is what sdk-go/v2/event links; its root package would add zap
// and uuid.
var cloudevents = []string{
	"github.com/cloudevents/sdk-go/v2",
	"github.com/json-iterator/go", "github.com/modern-go/concurrent", "github.com/modern-go/reflect2",
}

var generator = []string{
	"github.com/CycloneDX/cyclonedx-go", "github.com/dave/jennifer", "github.com/klauspost/compress", "go.yaml.in/yaml/v3",
	"golang.org/x/mod", "golang.org/x/sync", "golang.org/x/tools",
}

// terraform is what writes HCL, which gcpgen alone does.
var terraform = []string{
	"github.com/hashicorp/hcl/v2", "github.com/zclconf/go-cty",
	"github.com/agext/levenshtein", "github.com/apparentlymart/go-textseg/v15", "github.com/apparentlymart/go-textseg/v17",
	"github.com/google/go-cmp", "github.com/mitchellh/go-wordwrap", "golang.org/x/text",
}

func deployed(packages ...string) []string {
	return append([]string{"internal/run/mark", "internal/retain", "internal/jsonscan", "internal/jsonvalue", "internal/ce", "internal/ce/cehttp"}, packages...)
}

type pkg struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
	Deps         []string
	Standard     bool
	Module       struct{ Path string }
}

func load(t *testing.T) map[string]pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Imports,TestImports,XTestImports,Deps,Standard,Module", "./...")
	dir, err := repository.Root()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	packages := map[string]pkg{}
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
		var p pkg
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		packages[p.ImportPath] = p
	}
	return packages
}

func matches(name string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		prefix, all := strings.CutSuffix(p, "/…")
		return name == prefix || all && strings.HasPrefix(name, prefix+"/")
	})
}

// Every package links only what its rule allows, and every package has a rule:
// a user's binary holds nothing that it does not need, and the generator's
// dependencies never reach one.
func TestImports(t *testing.T) {
	packages := load(t)
	for name, p := range packages {
		name, own := strings.CutPrefix(name, module)
		if !own {
			continue
		}
		at := slices.IndexFunc(rules, func(r rule) bool { return matches(name, []string{r.packages}) })
		if at < 0 {
			t.Errorf("%s has no rule; decide what it may import", name)
			continue
		}
		for _, dep := range p.Deps {
			d := packages[dep]
			if d.Standard {
				continue
			}
			if own, is := strings.CutPrefix(dep, module); is {
				if !matches(own, rules[at].may) {
					t.Errorf("%s imports %s, which its rule does not allow", name, own)
				}
				continue
			}
			if !slices.Contains(rules[at].modules, d.Module.Path) {
				t.Errorf("%s links %s of %s, which its rule does not allow", name, dep, d.Module.Path)
			}
		}
	}
}

// fn and the OpenWhisk provider do without net/http, which is 1.5 MB of an
// action that takes events only.
func TestNoHTTP(t *testing.T) {
	packages := load(t)
	for _, name := range []string{"fn", "internal/run", "internal/portable", "internal/ce", "providers/openwhisk"} {
		if slices.Contains(packages[module+name].Deps, "net/http") {
			t.Errorf("%s links net/http", name)
		}
	}
}

// Jennifer is for those who emit Go, x/tools and CycloneDX for package gen alone,
// and the SDK's root package for nobody.
func TestDirectImports(t *testing.T) {
	for name, p := range load(t) {
		name, own := strings.CutPrefix(name, module)
		if !own {
			continue
		}
		for _, imported := range p.Imports {
			switch {
			case strings.HasPrefix(imported, "github.com/dave/jennifer") && name != "gen" && !strings.HasSuffix(path.Base(name), "gen"),
				strings.HasPrefix(imported, "golang.org/x/tools") && name != "gen",
				strings.HasPrefix(imported, "github.com/CycloneDX/") && name != "gen",
				imported == "github.com/cloudevents/sdk-go/v2",
				strings.HasPrefix(imported, "github.com/GoogleCloudPlatform/"):
				t.Errorf("%s imports %s", name, imported)
			}
		}
	}
}

// Every provider passes the conformance suite, which nothing but tests imports.
// What events are sent to is none.
func TestProvidersConform(t *testing.T) {
	const suite = "providers/internal/conformance"
	for name, p := range load(t) {
		name, own := strings.CutPrefix(name, module)
		if !own {
			continue
		}
		if slices.Contains(p.Imports, module+suite) {
			t.Errorf("%s imports %s", name, suite)
		}
		provider := strings.HasPrefix(name, "providers/") && name != suite &&
			!strings.HasSuffix(name, "gen") && !strings.Contains(name, "/internal/") && !strings.Contains(name, "/sink/")
		if provider && !slices.Contains(p.XTestImports, module+suite) {
			t.Errorf("no test of %s runs %s", name, suite)
		}
	}
}

// The module requires Google's framework because a test imports it: what the
// entrypoints need, and at which version, is then known from this go.mod.
func TestRequiresFramework(t *testing.T) {
	p := load(t)[module+"providers/gcp"]
	if !slices.Contains(slices.Concat(p.TestImports, p.XTestImports), "github.com/GoogleCloudPlatform/functions-framework-go/funcframework") {
		t.Error("no test of providers/gcp imports the functions framework")
	}
}
