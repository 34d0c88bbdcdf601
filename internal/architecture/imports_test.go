package architecture

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os/exec"
	"path/filepath"
	"regexp"
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
// and the modules of others. A path that ends in /… stands for all below it, and
// of a module for all that its packages link. The first rule that matches counts.
var rules = []rule{
	{"internal/run/mark", nil, nil},
	{"internal/native", nil, nil},
	{"internal/native/sample", []string{"internal/native"}, []string{"github.com/adhocore/gronx"}},
	{"internal/native/…", []string{"internal/native"}, nil},
	{"internal/retain", nil, nil},
	{"internal/jsonscan", nil, nil},
	{"internal/documents", nil, nil},
	{"internal/uses", nil, nil},
	{"fn/document", []string{"internal/documents"}, nil},
	{"internal/sinks", nil, cloudevents},
	{"internal/wait", nil, nil},
	{"internal/httpbuffer", nil, nil},
	{"internal/headers", nil, nil},
	{"internal/logging", nil, nil},
	{"internal/jsonvalue", []string{"internal/jsonscan"}, nil},
	{"internal/ce", []string{"internal/jsonscan", "internal/retain"}, cloudevents},
	{"internal/ce/cehttp", []string{"internal/ce", "internal/jsonscan", "internal/retain"}, cloudevents},
	{"fn", []string{"internal/run/mark", "internal/retain", "internal/ce", "internal/jsonscan", "internal/jsonvalue"}, cloudevents},
	{"internal/portable", deployed("fn"), cloudevents},
	{"fn/emit", deployed("fn", "internal/portable", "internal/wait"), cloudevents},
	{"fn/fntest", deployed("fn"), cloudevents},
	{"fn/fntest/replay", deployed("fn", "fn/emit", "fn/fnhttp", "internal/…", "providers/aws", "providers/aws/internal/item", "providers/gcp", "providers/openwhisk/…"),
		append([]string{"github.com/aws/aws-lambda-go"}, cloudevents...)},
	{"internal/run", deployed("fn", "fn/emit", "internal/logging", "internal/portable", "internal/wait"), cloudevents},
	{"fn/fnhttp", deployed("fn", "fn/emit", "internal/…"), cloudevents},
	{"providers/aws", deployed("fn", "fn/emit", "fn/fnhttp", "internal/…", "providers/aws/internal/item"), append([]string{"github.com/aws/aws-lambda-go"}, cloudevents...)},
	{"providers/gcp", deployed("fn", "fn/emit", "fn/fnhttp", "internal/…"), cloudevents},
	{"fn/emit/httpsink", deployed("fn", "fn/emit", "internal/portable", "internal/wait", "internal/sinks"), cloudevents},
	{"providers/gcp/internal/api", deployed("internal/sinks"), append([]string{"cloud.google.com/go/compute/metadata"}, cloudevents...)},
	{"providers/gcp/resource/cloudstorage", []string{"internal/uses"}, gocloud},
	{"providers/gcp/resource/…", deployed("fn/document", "internal/uses", "internal/wait", "internal/sinks", "providers/gcp/internal/api"), append([]string{"cloud.google.com/go/compute/metadata"}, cloudevents...)},
	{"providers/gcp/sink/pubsub", deployed("fn", "fn/emit", "internal/portable", "internal/wait", "internal/sinks", "providers/gcp/internal/api"), append([]string{"cloud.google.com/go/compute/metadata"}, cloudevents...)},
	{"gen/internal/model", nil, nil},
	{"gen/internal/directive", []string{"gen/internal/model", "internal/headers"}, nil},
	{"gen/internal/config", []string{"gen/internal/model"}, yaml},
	{"gen/internal/output", []string{"gen/internal/model"}, emission},
	{"gen/internal/build/gocmd", []string{"gen/internal/model"}, nil},
	{"gen/internal/discover", []string{"gen/internal/model", "gen/internal/directive", "gen/internal/build/gocmd", "internal/headers"},
		[]string{"golang.org/x/mod", "golang.org/x/sync", "golang.org/x/tools"}},
	{"gen/internal/build", []string{"gen/internal/model", "gen/internal/output", "gen/internal/build/gocmd"},
		slices.Concat([]string{"github.com/CycloneDX/cyclonedx-go", "github.com/klauspost/compress", "github.com/rogpeppe/go-internal", "golang.org/x/mod", "golang.org/x/sync"}, emission)},
	{"gen/internal/vet", []string{"gen/internal/model", "gen/internal/directive", "gen/internal/build/gocmd", "internal/headers", "gen/internal/vet/…"}, []string{"golang.org/x/sync", "golang.org/x/tools"}},
	{"gen/internal/vet/…", []string{"gen/internal/model", "gen/internal/directive", "internal/headers", "gen/internal/vet/handlers"}, []string{"golang.org/x/tools"}},
	{"gen/internal/doctor", []string{"gen/internal/model", "gen/internal/output", "gen/internal/build", "gen/internal/build/gocmd"},
		slices.Concat([]string{"github.com/CycloneDX/cyclonedx-go", "github.com/klauspost/compress", "github.com/rogpeppe/go-internal", "golang.org/x/mod", "golang.org/x/sync"}, emission)},
	{"gen/internal/eject", []string{"gen/internal/model", "gen/internal/output", "gen/internal/build/gocmd"}, emission},
	{"gen/internal/eject/pack", nil, nil},
	{"gen/internal/scaffold", []string{"gen/internal/model", "gen/internal/output", "gen/internal/build/gocmd"}, append([]string{"golang.org/x/mod"}, emission...)},
	{"gen/internal/scaffold/hello", deployed("fn"), cloudevents},
	{"gen/internal/dev/…", deployed("fn", "gen/internal/model", "gen/internal/output", "gen/internal/build/…", "gen/internal/dev/…", "internal/headers", "internal/native/…"),
		slices.Concat([]string{"github.com/CycloneDX/cyclonedx-go", "github.com/klauspost/compress", "github.com/rogpeppe/go-internal", "golang.org/x/mod", "golang.org/x/sync", "github.com/adhocore/gronx", "github.com/fsnotify/fsnotify", "golang.org/x/sys"}, emission, cloudevents)},
	{"gen/internal/deploy", nil, nil},
	{"gen/internal/deploy/terraform", []string{"gen/internal/deploy"}, nil},
	{"gen/internal/deploy/aws", []string{"gen/internal/deploy", "gen/internal/deploy/terraform", "gen/internal/model"}, slices.Concat(amazon, yaml)},
	{"gen/internal/deploy/gcp", []string{"gen/internal/deploy", "gen/internal/deploy/terraform", "gen/internal/model"}, nil},
	{"gen/internal/deploy/openwhisk", []string{"gen/internal/deploy", "gen/internal/model", "gen/internal/config", "gen/internal/output", "gen/internal/target/openwhisk"}, slices.Concat(openwhisk, emission)},
	{"gen/internal/hcl", nil, terraform},
	{"gen/internal/target/gcp", []string{"gen/internal/model", "gen/internal/config", "gen/internal/hcl", "gen/internal/output"}, slices.Concat(terraform, emission)},
	{"gen/internal/target/aws", []string{"gen/internal/model", "gen/internal/config", "gen/internal/hcl", "gen/internal/output", "gen/internal/target/aws/…"}, slices.Concat(terraform, emission)},
	{"gen/internal/target/aws/terraform", []string{"gen/internal/hcl", "gen/internal/model", "gen/internal/output", "gen/internal/target/aws/stack"}, slices.Concat(terraform, emission)},
	{"gen/internal/target/aws/…", []string{"gen/internal/model", "gen/internal/output", "gen/internal/target/aws/stack"}, emission},
	{"gen/internal/target/…", []string{"gen/internal/model", "gen/internal/config", "gen/internal/output"}, emission},
	{"gen/internal/testkit", []string{"gen/internal/…", "internal/headers", "internal/testkit/repository"}, slices.Concat([]string{"github.com/rogpeppe/go-internal"}, terraform, generator)},
	{"gen/internal/testkit/daytwo", nil, nil},
	{"gen/internal/testkit/estate", []string{"internal/testkit/cfn"}, slices.Concat(terraform, yaml)},
	{"gen/internal/testkit/tfschema", nil, terraform},
	{"gen", deployed("fn", "gen/internal/…", "internal/native/…", "internal/headers"), slices.Concat(terraform, generator, cloudevents, openwhisk, amazon, []string{"github.com/adhocore/gronx", "github.com/fsnotify/fsnotify", "golang.org/x/sys"})},
	{"providers/openwhisk/…", deployed("fn", "fn/document", "fn/emit", "fn/fnhttp", "internal/…", "providers/openwhisk/…"), cloudevents},
	{"providers/aws/internal/item", deployed(), nil},
	{"providers/aws/internal/…", deployed("fn", "fn/emit", "internal/portable", "internal/wait", "internal/sinks"), append([]string{"github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go"}, cloudevents...)},
	{"providers/aws/sink/…", deployed("fn", "fn/emit", "internal/portable", "internal/wait", "internal/sinks", "providers/aws/internal/api"), append([]string{"github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go"}, cloudevents...)},
	{"providers/aws/resource/s3", deployed("fn", "internal/portable", "internal/uses", "internal/sinks", "providers/aws/internal/api"), slices.Concat(gocloud, cloudevents)},
	{"providers/aws/resource/…", deployed("fn", "fn/document", "fn/emit", "internal/portable", "internal/uses", "internal/wait", "internal/sinks", "providers/aws/internal/…"), append([]string{"github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go"}, cloudevents...)},
	{"providers/internal/conformance", deployed("fn", "fn/emit", "fn/fnhttp", "internal/…", "providers/…"), append([]string{"github.com/go-chi/chi/v5", "github.com/google/go-cmp"}, cloudevents...)},
	{"cmd/fngen", deployed("fn", "gen", "gen/internal/…", "internal/native/…", "internal/headers"), slices.Concat([]string{"github.com/spf13/cobra", "github.com/spf13/pflag", "github.com/adhocore/gronx", "github.com/fsnotify/fsnotify", "golang.org/x/sys"}, terraform, generator, cloudevents, openwhisk, amazon)},
	{"internal/testkit/cfn", nil, []string{"go.yaml.in/yaml/v3"}},
	{"internal/testkit/moto", []string{"internal/testkit/tool"}, nil},
	{"internal/testkit/tool", nil, nil},
	{"internal/testkit/whisk", nil, nil},
	{"internal/testkit/emulator", []string{"internal/testkit/tool"}, nil},
	{"internal/testkit/couch", []string{"internal/testkit/tool"}, nil},
	{"internal/testkit/gcs", []string{"internal/testkit/tool"}, nil},
	{"internal/testkit/collection", []string{"fn/document", "internal/documents"}, nil},
	{"internal/testkit/members", nil, nil},
	{"internal/testkit/logged", nil, nil},
	{"internal/testkit/buckets", nil, gocloud},
	{"internal/testkit/retained", deployed("fn"), cloudevents},
	{"internal/testkit/steady", deployed("fn", "fn/emit", "internal/portable", "internal/wait"), cloudevents},
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

// gocloud opens buckets, with the clients of S3 and Cloud Storage.
var gocloud = []string{"gocloud.dev/…"}

// yaml reads and writes YAML.
var yaml = []string{"go.yaml.in/yaml/v3"}

// emission is what writes Go and YAML.
var emission = append([]string{"github.com/dave/jennifer"}, yaml...)

var generator = append([]string{
	"github.com/CycloneDX/cyclonedx-go", "github.com/klauspost/compress", "github.com/rogpeppe/go-internal", "golang.org/x/mod", "golang.org/x/sync", "golang.org/x/tools",
}, emission...)

// terraform is what writes HCL.
var terraform = []string{
	"github.com/hashicorp/hcl/v2", "github.com/zclconf/go-cty",
	"github.com/agext/levenshtein", "github.com/apparentlymart/go-textseg/v15", "github.com/apparentlymart/go-textseg/v17",
	"github.com/google/go-cmp", "github.com/mitchellh/go-wordwrap", "golang.org/x/text",
}

// openwhisk is what talks to a controller of OpenWhisk. go-i18n has the client's
// words in many languages.
var openwhisk = []string{
	"github.com/apache/openwhisk-client-go", "github.com/cloudfoundry/jibber_jabber", "github.com/fatih/color", "github.com/google/go-querystring",
	"github.com/hokaccha/go-prettyjson", "github.com/mattn/go-colorable", "github.com/mattn/go-isatty", "github.com/nicksnyder/go-i18n",
	"github.com/pelletier/go-toml", "gopkg.in/yaml.v2", "golang.org/x/sys",
}

// amazon is what talks to AWS with the credentials of whoever deploys.
var amazon = []string{
	"github.com/aws/smithy-go", "github.com/aws/aws-sdk-go-v2", "github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream",
	"github.com/aws/aws-sdk-go-v2/config", "github.com/aws/aws-sdk-go-v2/credentials", "github.com/aws/aws-sdk-go-v2/feature/ec2/imds",
	"github.com/aws/aws-sdk-go-v2/internal/configsources", "github.com/aws/aws-sdk-go-v2/internal/endpoints/v2", "github.com/aws/aws-sdk-go-v2/internal/v4a",
	"github.com/aws/aws-sdk-go-v2/service/cloudformation", "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs", "github.com/aws/aws-sdk-go-v2/service/s3",
	"github.com/aws/aws-sdk-go-v2/service/sts", "github.com/aws/aws-sdk-go-v2/service/sso", "github.com/aws/aws-sdk-go-v2/service/ssooidc", "github.com/aws/aws-sdk-go-v2/service/signin",
	"github.com/aws/aws-sdk-go-v2/service/internal/accept-encoding", "github.com/aws/aws-sdk-go-v2/service/internal/checksum",
	"github.com/aws/aws-sdk-go-v2/service/internal/presigned-url", "github.com/aws/aws-sdk-go-v2/service/internal/s3shared",
}

func deployed(packages ...string) []string {
	return append([]string{"internal/run/mark", "internal/retain", "internal/jsonscan", "internal/jsonvalue", "internal/ce", "internal/ce/cehttp", "internal/documents"}, packages...)
}

// What only the packages named may import themselves, and what nobody may. A
// path stands for itself and all below it.
var only = []struct {
	imported string
	by       []string
}{
	{"github.com/dave/jennifer", []string{"gen/internal/output", "gen/internal/target/…"}},
	{"golang.org/x/tools", []string{"gen/internal/discover", "gen/internal/vet/…"}},
	{"github.com/hashicorp/hcl", []string{"gen/internal/hcl", "gen/internal/testkit/estate", "gen/internal/testkit/tfschema"}},
	{"github.com/CycloneDX", []string{"gen/internal/build"}},
	{"github.com/fsnotify", []string{"gen/internal/dev/loop"}},
	{"github.com/apache", []string{"gen/internal/deploy/openwhisk"}},
	{"github.com/aws/aws-sdk-go-v2/service/cloudformation", []string{"gen/internal/deploy/aws"}},
	{"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs", []string{"gen/internal/deploy/aws"}},
	{module + "gen/internal/deploy", []string{"gen", "gen/internal/deploy/…"}},
	{"github.com/GoogleCloudPlatform", nil},
	{module + "gen", []string{"cmd/fngen"}}, // but for its own rooms
	{module + suite, nil},
	{module + "internal/native", []string{"internal/native/…", "fn/fntest/replay", "gen/internal/dev/…", suite}}, // nothing that is deployed
	{module + "fn/fntest/replay", nil},                                                                           // nothing but tests
}

// suite is the conformance suite, which nothing but tests imports.
const suite = "providers/internal/conformance"

// brought are the packages of modules that end in /…, and what those link.
func (g graph) brought(modules []string) map[string]bool {
	brought := map[string]bool{}
	for path, p := range g {
		if !slices.Contains(modules, p.Module.Path+"/…") {
			continue
		}
		brought[path] = true
		for _, dep := range g.linked(path) {
			brought[dep] = true
		}
	}
	return brought
}

// public matches the packages that users import or run; all others have a
// folder internal in their paths.
var public = regexp.MustCompile(`^(fn(/.+)?|providers/[a-z]+(/web|/(sink|resource)/[a-z0-9]+)?|gen|cmd/fngen)$`)

const (
	mostFiles = 20 // in a folder, without tests
	mostNames = 40 // that gen exports
)

// A graph is this module's packages and those that they link, by import path.
type graph map[string]pkg

type pkg struct {
	ImportPath, Dir         string
	GoFiles, IgnoredGoFiles []string
	Imports                 []string
	TestImports             []string
	XTestImports            []string
	Standard                bool
	Module                  struct{ Path string }
	exported                []string // names, of package gen alone
}

func load(t *testing.T) graph {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Dir,GoFiles,IgnoredGoFiles,Imports,TestImports,XTestImports,Standard,Module", "./...")
	dir, err := repository.Root()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	packages := graph{}
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
		var p pkg
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		if p.ImportPath == module+"gen" {
			p.exported = exported(t, p)
		}
		packages[p.ImportPath] = p
	}
	return packages
}

// exported returns what the package exports, without fields and methods.
func exported(t *testing.T, p pkg) []string {
	t.Helper()
	var names []string
	for _, name := range p.GoFiles {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for name, object := range file.Scope.Objects {
			if ast.IsExported(name) && object.Kind != ast.Pkg {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// own are the names of this module's packages, sorted.
func (g graph) own() []string {
	var names []string
	for path := range g {
		if name, ok := strings.CutPrefix(path, module); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// linked returns the packages that the package links, directly or not.
func (g graph) linked(path string) []string {
	seen := map[string]bool{}
	var visit func(string)
	visit = func(path string) {
		for _, imported := range g[path].Imports {
			if _, ok := g[imported]; ok && !seen[imported] {
				seen[imported] = true
				visit(imported)
			}
		}
	}
	visit(path)
	return slices.Sorted(maps.Keys(seen))
}

// String shows who imports whom in this module.
func (g graph) String() string {
	var out strings.Builder
	for _, name := range g.own() {
		fmt.Fprintf(&out, "%s\n", name)
		for _, imported := range g[module+name].Imports {
			if own, ok := strings.CutPrefix(imported, module); ok {
				fmt.Fprintf(&out, "\t%s\n", own)
			}
		}
	}
	return out.String()
}

func matches(name string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		prefix, all := strings.CutSuffix(p, "/…")
		return name == prefix || all && strings.HasPrefix(name, prefix+"/")
	})
}

// check returns what in the graph is against the rules.
func check(g graph) []string {
	var wrong []string
	fail := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	for _, name := range g.own() {
		p := g[module+name]
		if n, most := len(p.GoFiles)+len(p.IgnoredGoFiles), mostFiles; n > most {
			fail("%s has %d files, more than %d; divide it by subjects", name, n, most)
		}
		if n := len(p.exported); n > mostNames {
			fail("%s exports %d names, more than %d: %s", name, n, mostNames, strings.Join(p.exported, ", "))
		}
		if !public.MatchString(name) && !slices.Contains(strings.Split(name, "/"), "internal") {
			fail("%s is public; move it below a folder internal", name)
		}
		for _, imported := range p.Imports {
			for _, o := range only {
				isRoom := o.imported == module+"gen" && strings.HasPrefix(name+"/", "gen/")
				if (imported == o.imported || strings.HasPrefix(imported, o.imported+"/")) && !matches(name, o.by) && !isRoom {
					fail("%s imports %s, which %q may alone", name, imported, o.by)
				}
			}
			if imported == "github.com/cloudevents/sdk-go/v2" {
				fail("%s imports the root of CloudEvents' SDK", name)
			}
			if own, ok := strings.CutPrefix(imported, module); ok && strings.HasPrefix(name, "cmd/") && own != "gen" {
				fail("%s imports %s; a command imports gen alone", name, own)
			}
		}
		at := slices.IndexFunc(rules, func(r rule) bool { return matches(name, []string{r.packages}) })
		if at < 0 {
			fail("%s has no rule; decide what it may import", name)
			continue
		}
		brought := g.brought(rules[at].modules)
		for _, dep := range g.linked(module + name) {
			if g[dep].Standard || brought[dep] {
				continue
			}
			if own, ok := strings.CutPrefix(dep, module); ok {
				if !matches(own, rules[at].may) {
					fail("%s links %s, which its rule does not allow", name, own)
				}
			} else if !slices.Contains(rules[at].modules, g[dep].Module.Path) {
				fail("%s links %s of %s, which its rule does not allow", name, dep, g[dep].Module.Path)
			}
		}
	}
	return wrong
}

// Every package imports and links only what the rules allow, and every package
// has a rule: a user's binary holds nothing that it does not need, and the
// generator's dependencies never reach one.
func TestImports(t *testing.T) {
	g := load(t)
	if wrong := check(g); len(wrong) > 0 {
		t.Errorf("%s\n\nThe imports within this module:\n%s", strings.Join(wrong, "\n"), g)
	}
}

// The check reports what it is for: what is done to a copy of the graph here is
// against a rule each.
func TestCheck(t *testing.T) {
	g := load(t)
	importing := func(name string, imported ...string) func(graph) {
		return func(g graph) {
			p := g[module+name]
			p.Imports = append(slices.Clone(p.Imports), imported...)
			g[module+name] = p
		}
	}
	files := func(name string, n int) func(graph) {
		return func(g graph) {
			p := g[module+name]
			p.GoFiles = make([]string, n)
			g[module+name] = p
		}
	}
	for _, c := range []struct {
		change func(graph)
		want   string // "" if nothing is wrong
	}{
		{importing("cmd/fngen", module+"gen/internal/model"), "cmd/fngen imports gen/internal/model; a command imports gen alone"},
		{importing("gen/internal/model", module+"gen/internal/config"), "gen/internal/model links gen/internal/config, which its rule does not allow"},
		{importing("gen/internal/target/aws", module+"gen/internal/target/gcp"), "gen/internal/target/aws links gen/internal/target/gcp, which its rule does not allow"},
		{importing("gen/internal/output", "golang.org/x/tools/go/packages"), "gen/internal/output imports golang.org/x/tools/go/packages, which"},
		{importing("gen/internal/target/aws", "github.com/hashicorp/hcl/v2/hclwrite"), "gen/internal/target/aws imports github.com/hashicorp/hcl/v2/hclwrite, which"},
		{importing("gen/internal/discover", "github.com/dave/jennifer/jen"), "gen/internal/discover imports github.com/dave/jennifer/jen, which"},
		{importing("gen/internal/output", "github.com/CycloneDX/cyclonedx-go"), "gen/internal/output imports github.com/CycloneDX/cyclonedx-go, which"},
		{importing("providers/aws", module+"gen"), "providers/aws imports github.com/fngen/fngen/gen, which"},
		{importing("providers/aws", module+"providers/gcp"), "providers/aws links providers/gcp, which its rule does not allow"},
		{importing("fn", "github.com/cloudevents/sdk-go/v2"), "fn imports the root of CloudEvents' SDK"},
		{importing("internal/portable", "go.yaml.in/yaml/v3"), "fn/emit links go.yaml.in/yaml/v3 of go.yaml.in/yaml/v3, which its rule does not allow"},
		{importing("internal/run", module+"internal/native"), "internal/run imports github.com/fngen/fngen/internal/native, which"},
		{importing("providers/gcp", module+"internal/native/gcp"), "providers/gcp imports github.com/fngen/fngen/internal/native/gcp, which"},
		{importing("providers/aws", module+suite), "providers/aws imports github.com/fngen/fngen/providers/internal/conformance, which"},
		{func(g graph) { g[module+"gen/extra"] = pkg{} }, "gen/extra is public; move it below a folder internal"},
		{func(g graph) { g[module+"internal/extra"] = pkg{} }, "internal/extra has no rule; decide what it may import"},
		{files("gen/internal/build", mostFiles), ""},
		{files("gen/internal/build", mostFiles+1), "gen/internal/build has 21 files, more than 20; divide it by subjects"},
		{func(g graph) { g[module+"gen"] = pkg{exported: make([]string, mostNames)} }, ""},
		{func(g graph) { g[module+"gen"] = pkg{exported: make([]string, mostNames+1)} }, "gen exports 41 names, more than 40"},
	} {
		changed := maps.Clone(g)
		c.change(changed)
		wrong := check(changed)
		reported := slices.ContainsFunc(wrong, func(w string) bool { return strings.HasPrefix(w, c.want) })
		if c.want == "" && len(wrong) > 0 || c.want != "" && !reported {
			t.Errorf("want %q among\n%s", c.want, strings.Join(wrong, "\n"))
		}
	}
}

// fn and the OpenWhisk provider do without net/http, which is 1.5 MB of an
// action that takes events only.
func TestNoHTTP(t *testing.T) {
	g := load(t)
	for _, name := range []string{"fn", "fn/document", "internal/run", "internal/portable", "internal/ce", "providers/openwhisk"} {
		if slices.Contains(g.linked(module+name), "net/http") {
			t.Errorf("%s links net/http", name)
		}
	}
}

// What runs on Google Cloud and OpenWhisk, and the drivers of collections, do
// without regexp, which would be 3 % of a function.
func TestNoRegexp(t *testing.T) {
	g := load(t)
	for _, name := range []string{
		"fn/document", "providers/gcp", "providers/openwhisk",
		"providers/aws/resource/dynamodb", "providers/gcp/resource/firestore", "providers/openwhisk/resource/couchdb",
	} {
		linked := g.linked(module + name)
		if !slices.Contains(linked, "strings") {
			t.Errorf("%s links nothing that is known", name)
		}
		if slices.Contains(linked, "regexp") {
			t.Errorf("%s links regexp", name)
		}
	}
}

// Whoever uses fntest alone has nothing of a platform's in his go.mod: package
// replay is what links them.
func TestReplayApart(t *testing.T) {
	g := load(t)
	for _, dep := range g.linked(module + "fn/fntest") {
		if own, isOwn := strings.CutPrefix(dep, module); isOwn && strings.HasPrefix(own, "providers/") || strings.HasPrefix(dep, "github.com/aws/") {
			t.Errorf("fn/fntest links %s", dep)
		}
	}
	if !slices.Contains(g.linked(module+"fn/fntest/replay"), "github.com/aws/aws-lambda-go/lambda") {
		t.Error("fn/fntest/replay links no aws-lambda-go: what it is apart for")
	}
}

// Every provider passes the conformance suite. What events are sent to is none,
// and what handlers use neither; collections have the table of testkit/collection.
func TestProvidersConform(t *testing.T) {
	g := load(t)
	for _, name := range g.own() {
		isProvider := strings.HasPrefix(name, "providers/") && !strings.Contains(name, "/internal/") && !strings.Contains(name, "/sink/") && !strings.Contains(name, "/resource/")
		if isProvider && !slices.Contains(g[module+name].XTestImports, module+suite) {
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
