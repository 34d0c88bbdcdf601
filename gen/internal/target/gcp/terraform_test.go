package gcp_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/fngen/fngen/gen/internal/discover"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/testkit/tfschema"
	"github.com/fngen/fngen/internal/testkit/tool"
)

// everything is an application with every trigger and every option that has a
// place in main.tf.
func everything() model.App {
	retries := func(n int) *int { return &n }
	functions := []model.Function{
		{Name: "api", Trigger: model.HTTP{Path: "/api"}, Timeout: time.Hour, Operation: model.Operation{Memory: 8 << 10, Reserved: 1, MaxInstances: 20},
			Sinks: []model.Sink{{Kind: "queue", Name: "orders"}, {Kind: "http", Name: "crm"}, {Kind: "http", Name: "hooks"}}},
		{Name: "archive", Trigger: model.Stream{Name: "clicks"}, Retries: retries(9)},
		{Name: "audit", Trigger: model.Event{Type: "com.example.order.placed", Source: "/orders"}},
		{Name: "changes", Trigger: model.Document{Collection: "users", Created: true, Updated: true}, DeadLetter: "none"},
		{Name: "cleanup", Trigger: model.Object{Bucket: "uploads", Deleted: true}},
		{Name: "confirm", Trigger: model.Queue{Name: "orders", FIFO: true}, Timeout: 540 * time.Second, DeadLetter: "letters", Sinks: []model.Sink{
			{Kind: "queue", Name: "letters"}, {Kind: "event", Name: "shop-bus"}, {Kind: "topic", Name: "confirmed"}, {Kind: "queue", Name: "to-do"}}, Operation: model.Operation{
			Memory: 512, LogRetention: 7, Env: []model.Variable{
				{Name: "API_KEY", Value: "stripe", IsSecret: true},
				{Name: "DB_PASSWORD", Value: "db", IsSecret: true},
				{Name: "GREETING", Value: "${name}, %{if true}\"hello\"\nworld%{endif} $${x}\\"},
				{Name: "OLD_API_KEY", Value: "stripe", IsSecret: true},
			}}},
		{Name: "daily", Trigger: model.Schedule{Cron: "30 4 * * 1-5", TimeZone: "Europe/Berlin"}, Timeout: 30 * time.Minute, Retries: retries(0), DeadLetter: "late"},
		{Name: "greet", Trigger: model.Event{Type: "google.cloud.pubsub.topic.v1.messagePublished"}},
		{Name: "home", Trigger: model.HTTP{Methods: []string{"GET"}, Path: "/{$}", Public: true}},
		{Name: "invoker", Trigger: model.Topic{Name: "news"}, DeadLetter: "none"},
		{Name: "often", Trigger: model.Schedule{Every: 5 * time.Minute}},
		{Name: "refund", Trigger: model.Queue{Name: "refunds", Visibility: 90 * time.Second}, DeadLetter: "given-up"},
		{Name: "retry", Trigger: model.Queue{Name: "given-up"}},
		{Name: "second", Trigger: model.Topic{Name: "news"}},
		{Name: "the-function-with-the-longest-name-that-there-is", Trigger: model.Object{Bucket: "pictures", Created: true, Prefix: "a/"}},
		{Name: "users", Trigger: model.Document{Collection: "members", Deleted: true}},
	}
	platform := model.Platform{GOOS: "linux", GOARCH: "amd64"}.With(model.Build{Tags: []string{"prod", "eu"},
		Values: []string{"example.com/shop.Version=v1.2.3", `example.com/shop.Motto=say "${free}" %{x`, `example.com/shop.Name=The Shop's`}})
	return model.App{Path: "example.com/shop", Platform: platform, Functions: functions}
}

// shop is the example, as it is scanned.
func shop(t *testing.T) model.App {
	t.Helper()
	dir, err := filepath.Abs("../../../../examples/shop")
	if err != nil {
		t.Fatal(err)
	}
	scan, err := discover.ScanDir(dir, []string{"aws", "gcp", "openwhisk"})
	if err != nil {
		t.Fatal(err)
	}
	app, diagnostics, err := scan.Resolve(t.Context(), model.Platform{GOOS: "linux", GOARCH: "amd64"})
	if err != nil || model.Failed(diagnostics) || len(app.Functions) == 0 {
		t.Fatal(diagnostics, err)
	}
	return app
}

// verified is an application whose program checks the callers' tokens.
func verifiedApp() model.App {
	return model.App{Path: "example.com/verified", Functions: []model.Function{
		{Name: "closed", Trigger: model.HTTP{Path: "/closed"}},
		{Name: "daily", Trigger: model.Schedule{Every: 24 * time.Hour}},
		{Name: "event", Trigger: model.Event{Type: "com.example.order.placed"}},
		{Name: "invoker", Trigger: model.Topic{Name: "news"}, DeadLetter: "none"},
		{Name: "open", Trigger: model.HTTP{Path: "/open", Public: true}},
		{Name: "picture", Trigger: model.Object{Bucket: "source", Created: true}},
	}}
}

const everySetting = `targets:
  gcp: {project: acme-shop, region: europe-west1, package: PACKAGE}
resources:
  uploads: {gcp: {name: acme-uploads, location: eu}}
  users: {gcp: {name: people, location: eur3, database: directory}}
  letters: {gcp: {name: all-letters}}
  crm: {gcp: {url: "https://crm.example/events"}}
  hooks: {gcp: {url: "secret:hooks-url"}}
`

// Each application, configuration and the main.tf that they make.
func TestInfrastructure(t *testing.T) {
	for name, tc := range map[string]struct {
		settings string
		app      model.App
	}{
		"everything_source": {replaced(everySetting, "source"), everything()},
		"everything_binary": {replaced(everySetting, "binary"), everything()},
		"shop_source":       {"", shop(t)},
		"shop_binary":       {"targets: {gcp: {package: binary}}\n", shop(t)},
		"verified_source":   {"targets: {gcp: {channel: bus, " + verified + "}}\n", verifiedApp()},
		"verified_binary":   {"targets: {gcp: {channel: bus, package: binary, " + verified + "}}\n", verifiedApp()},
		"uses_source":       {replaced(usingYAML, "source"), using()},
		"uses_binary":       {replaced(usingYAML, "binary"), using()},
		"operated_source":   {operatedSettings("source"), operatedApp()},
		"operated_binary":   {operatedSettings("binary"), operatedApp()},
		"minimal":           {"", model.App{Path: "example.com/hello/v2", Functions: []model.Function{{Name: "confirm", Trigger: model.Queue{Name: "orders"}}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := mainTF(t, tc.settings, tc.app)
			golden := filepath.Join("testdata", "terraform", name+".tf")
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("differs (-want +got):\n%s", diff)
			}
		})
	}
}

// Terraform's own formatter finds nothing to change in them.
func TestFormatted(t *testing.T) {
	out, err := exec.Command(tool.Path(t, "terraform"), "fmt", "-check", "-diff", "testdata/terraform").Output()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// Terraform itself reads every string as it was, whatever looks like its own
// language in it.
func TestTerraformReadsValues(t *testing.T) {
	program := tool.Path(t, "terraform")
	var env []model.Variable
	want := map[string]any{}
	for i, value := range []string{
		"", "plain", "${var.name}", "$${x}", "$$${x}", "%{ if true }", "%%{x}", "a$", "a%", "\"quoted\"", "back\\slash", "\\${x}", "line\nbreak\r\n\ttab",
		"<<EOT\nx\nEOT", "\u0001\u007f\u2028", "Zürich ☃ 🙂", "# no comment", "/* no */", "${\"${1}\"}", "$", "{", "$ {", "%",
	} {
		name := fmt.Sprintf("V%02d", i)
		env = append(env, model.Variable{Name: name, Value: value})
		want[name] = value
	}
	src := mainTF(t, "", model.App{Path: "example.com/shop", Functions: []model.Function{
		{Name: "confirm", Trigger: model.HTTP{Path: "/"}, Operation: model.Operation{Env: env}}}})
	args := find(t, tfschema.Parse(t, "main.tf", src), "google_cloudfunctions2_function", "confirm", "service_config").Attributes
	written := string(args["environment_variables"].Expr.Range().SliceBytes(src))
	written = strings.NewReplacer("var.project", "null", "var.region", "null").Replace(written)

	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte("output \"env\" {\n  value = "+written+"\n}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(program, "-chdir="+dir, "apply", "-auto-approve", "-no-color").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := exec.Command(program, "-chdir="+dir, "output", "-json", "env").Output()
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	delete(got, "GOOGLE_CLOUD_PROJECT")
	delete(got, "GOOGLE_CLOUD_REGION")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("values differ (-want +got):\n%s", diff)
	}
}

// What others want to know of an application has names that it has on every
// platform whose infrastructure has outputs, and is by the names of directives.
func TestOutputs(t *testing.T) {
	src := mainTF(t, replaced(everySetting, "binary"), everything())
	var names []string
	for _, b := range tfschema.Parse(t, "main.tf", src).Blocks {
		if b.Type != "output" {
			continue
		}
		names = append(names, b.Labels[0])
		if b.Labels[0] == "functions" && !strings.Contains(string(b.Body.Attributes["value"].Expr.Range().SliceBytes(src)), "often") {
			t.Error("the functions are not all there")
		}
	}
	if diff := cmp.Diff([]string{"urls", "functions", "service_accounts", "topics", "sinks", "queues", "dead_letters", "buckets", "channel"}, names); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// find returns the body of the block in the resource.
func find(t testing.TB, file *hclsyntax.Body, kind, label string, blocks ...string) *hclsyntax.Body {
	t.Helper()
	at := slices.IndexFunc(file.Blocks, func(b *hclsyntax.Block) bool {
		return b.Type == "resource" && b.Labels[0] == kind && b.Labels[1] == label
	})
	if at < 0 {
		t.Fatalf("there is no %s %s", kind, label)
	}
	body := file.Blocks[at].Body
	for _, name := range blocks {
		at := slices.IndexFunc(body.Blocks, func(b *hclsyntax.Block) bool { return b.Type == name })
		if at < 0 {
			t.Fatalf("%s %s has no block %s", kind, label, name)
		}
		body = body.Blocks[at].Body
	}
	return body
}

// Of a bucket that exists already, and may keep versions, a function for what is
// deleted also hears of what is archived, by a second trigger, whose name no other
// function's trigger has. A bucket that is created keeps no versions.
func TestArchived(t *testing.T) {
	functions := []model.Function{
		{Name: "gone", Trigger: model.Object{Bucket: "uploads", Deleted: true}},
		{Name: "gone-archived", Trigger: model.Object{Bucket: "uploads", Deleted: true}},
		{Name: "here", Trigger: model.Object{Bucket: "uploads", Created: true}},
		{Name: "own", Trigger: model.Object{Bucket: "own", Deleted: true}},
	}
	for _, pkg := range []string{"source", "binary"} {
		main := mainTF(t, "targets: {gcp: {package: "+pkg+"}}\nresources: {uploads: {gcp: {name: acme-uploads, location: eu}}}", model.App{Path: "example.com/shop", Functions: functions})
		file, diagnostics := hclsyntax.ParseConfig(main, "main.tf", hcl.InitialPos)
		if diagnostics.HasErrors() {
			t.Fatal(diagnostics)
		}
		types, names := map[string]string{}, map[string]bool{}
		for _, b := range file.Body.(*hclsyntax.Body).Blocks {
			if b.Type != "resource" || b.Labels[0] != "google_eventarc_trigger" {
				continue
			}
			name := string(b.Body.Attributes["name"].Expr.Range().SliceBytes(main))
			eventType := string(b.Body.Blocks[0].Body.Attributes["value"].Expr.Range().SliceBytes(main))
			if types[b.Labels[1]] != "" || names[name] {
				t.Errorf("%s: %s and the name %s are there twice", pkg, b.Labels[1], name)
			}
			types[b.Labels[1]], names[name] = eventType, true
		}
		want := map[string]string{
			"gone_archivedx":         `"google.cloud.storage.object.v1.archived"`,
			"gone_archived_archived": `"google.cloud.storage.object.v1.archived"`,
		}
		if pkg == "binary" {
			want["gone"], want["gone_archived"], want["own"] = `"google.cloud.storage.object.v1.deleted"`, `"google.cloud.storage.object.v1.deleted"`, `"google.cloud.storage.object.v1.deleted"`
			want["here"] = `"google.cloud.storage.object.v1.finalized"`
		}
		if diff := cmp.Diff(want, types); diff != "" {
			t.Errorf("%s: types by trigger (-want +got):\n%s", pkg, diff)
		}
	}
}
