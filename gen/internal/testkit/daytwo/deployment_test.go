package daytwo

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/fngen/fngen/gen/internal/build"
	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/discover"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/testkit"
)

// A deployment is an output, and what is said when it is built.
type deployment struct {
	estate
	functions []string
	words     []string // the warnings of what becomes of the last build's functions
}

var readers = map[string]struct {
	file   string
	read   func([]byte) (estate, error)
	forces map[string][]string
}{
	"aws":       {"template.yaml", readCloudFormation, cloudFormation},
	"gcp":       {"main.tf", readTerraform, google},
	"openwhisk": {"manifest.yaml", readOpenWhisk, whisk},
	ofTerraform: {"main.tf", readTerraform, amazon},
}

// ofTerraform is the target aws whose infrastructure is a module.
const ofTerraform = "aws by terraform"

// forms are the targets, and what else they write.
var forms = append(slices.Clone(testkit.TargetNames), ofTerraform)

// deploy builds the infrastructure of the applications, one after the other in
// the same folder.
func deploy(t *testing.T, target string, days ...application) []deployment {
	t.Helper()
	var out []deployment
	var last []build.RecordedFunction
	for _, day := range days {
		dir := t.TempDir()
		testkit.WriteFiles(t, dir, day.files())
		if last != nil {
			record, err := json.Marshal(build.Record{Target: strings.Fields(target)[0], Go: "go1.26.0", Functions: last})
			if err != nil {
				t.Fatal(err)
			}
			testkit.WriteFiles(t, dir, []txtar.File{{Name: path.Join(model.DistDir, strings.Fields(target)[0], build.RecordFile), Data: record}})
		}
		d, recorded := deployed(t, dir, target, day)
		out, last = append(out, d), recorded
	}
	return out
}

// A resolution is the application as its source says it.
type resolution struct {
	app         model.App
	diagnostics []model.Diagnostic
	err         error
}

// resolutions are those of applications that have been read, by their files.
var resolutions sync.Map

// resolve reads the source in the folder, which is the application's, once for
// all tests.
func resolve(dir string, a application) resolution {
	once := sync.OnceValue(func() (r resolution) {
		scan, err := discover.ScanDir(dir, testkit.TargetNames)
		if err != nil {
			return resolution{err: err}
		}
		r.app, r.diagnostics, r.err = scan.Resolve(context.Background(), model.Platform{GOOS: "linux", GOARCH: "amd64"})
		r.diagnostics = append(r.diagnostics, scan.Diagnostics...)
		return r
	})
	known, _ := resolutions.LoadOrStore(fmt.Sprintf("%s", a.files()), once)
	return known.(func() resolution)()
}

func deployed(t *testing.T, dir, form string, a application) (deployment, []build.RecordedFunction) {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	target, over := strings.Fields(form)[0], ""
	if form == ofTerraform {
		over = "targets: {aws: {infrastructure: terraform}}"
	}
	c := config.ParseOverlaid([]byte(a.settings), "", []byte(over), testkit.TargetNames)
	targets := testkit.Targets(c)
	on := targets[slices.Index(testkit.TargetNames, target)]
	resolved := resolve(dir, a)
	if resolved.err != nil {
		t.Fatal(resolved.err)
	}
	app, diagnostics := resolved.app, slices.Clone(resolved.diagnostics)
	var elsewhere []model.Function
	app.Functions = slices.DeleteFunc(slices.Clone(app.Functions), func(f model.Function) bool {
		if !f.MeantFor(target) {
			elsewhere = append(elsewhere, f)
		}
		return !f.MeantFor(target)
	})
	var recorded []build.RecordedFunction
	for i, f := range app.Functions {
		app.Functions[i] = c.Operate(f, target)
		recorded = append(recorded, build.RecordedFunction{Function: f.Name, Was: f.FormerNames(), Trigger: f.Trigger.Kind(), Resource: f.Trigger.Resource()})
	}
	var found []model.Diagnostic
	app.Functions, found = model.CheckOn(on, app.Functions)
	diagnostics = append(diagnostics, found...)
	for _, d := range model.Sort(diagnostics) {
		if d.Severity == model.Error {
			t.Fatal(d)
		}
	}
	files, more, err := on.Infrastructure(app)
	if err != nil || model.Failed(more) {
		t.Fatalf("%s: %v, %v", target, more, err)
	}
	var d deployment
	for _, f := range app.Functions {
		d.functions = append(d.functions, f.Name)
	}
	for _, w := range build.Renamed(root, target, app, elsewhere) {
		d.words = append(d.words, w.String())
	}
	for _, f := range files {
		if f.Path == readers[form].file {
			if d.estate, err = readers[form].read(f.Data); err != nil {
				t.Fatalf("%s: %v", target, err)
			}
		}
	}
	if len(d.resources) == 0 {
		t.Fatalf("%s: no resources", target)
	}
	return d, recorded
}
