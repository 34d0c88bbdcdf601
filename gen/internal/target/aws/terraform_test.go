package aws_test

import (
	"bytes"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/target/aws"
	"github.com/fngen/fngen/gen/internal/testkit/tfschema"
	"github.com/fngen/fngen/internal/testkit/tool"
)

const ofTerraform = "targets: {aws: {infrastructure: terraform}}"

// main is the application's main.tf, as fngen.yaml has it.
func mainTF(t *testing.T, yaml string, app model.App) []byte {
	t.Helper()
	files := infrastructure(t, yaml, app)
	if len(files) != 1 || files[0].Path != "main.tf" || files[0].Executable {
		t.Fatalf("generated %v, want main.tf alone", files)
	}
	return files[0].Data
}

// modules are the main.tf of the golden files' applications and of one with all that
// there is, in a region alone and with archives in a bucket that fngen.yaml names.
func modules(t *testing.T) map[string][]byte {
	t.Helper()
	out := map[string][]byte{
		"everything": mainTF(t, "targets: {aws: {infrastructure: terraform, region: eu-west-1, artifacts: acme-archives}}", model.App{Path: "example.com/everything", Functions: everything(same)}),
		"behind api": mainTF(t, "targets: {aws: {infrastructure: terraform, http: api}}", model.App{Path: "example.com/api", Functions: everything(same)}),
		"their api":  mainTF(t, "targets: {aws: {infrastructure: terraform, http: api, api-id: abc123}}", model.App{Path: "example.com/api", Functions: everything(same)}),
		"uses":       mainTF(t, usingYAML+ofTerraform, using()),
	}
	for g, src := range goldenModules(t) {
		out["golden "+g.name] = src
	}
	return out
}

// goldenModules are those of the golden files' applications that are files.
func goldenModules(t *testing.T) map[golden][]byte {
	t.Helper()
	out := map[golden][]byte{}
	for _, g := range goldens(t) {
		if g.name == "patch" || g.name == "uses" { // of a template alone, and of no files
			continue
		}
		files, err := generate(t, g.folder(t), ofTerraform)
		if err != nil {
			t.Fatalf("%s: %v", g.name, err)
		}
		out[g] = files[0].Data
	}
	return out
}

// Every resource, block and argument is one that the provider has in the oldest
// version that main.tf accepts, none that it demands is missing, and every reference is
// to what is there. Terraform's own formatter changes nothing.
func TestModules(t *testing.T) {
	terraform := tool.Path(t, "terraform")
	p := tfschema.Read(t, "aws")
	for name, src := range modules(t) {
		file := tfschema.Parse(t, name, src)
		for _, wrong := range append(p.Unknown(file), p.Dangling(file)...) {
			t.Errorf("%s: %s", name, wrong)
		}
		if want := `version = ">= ` + p.Version + `, < 7.0.0"`; !strings.Contains(string(src), want) {
			t.Errorf("%s has no %s", name, want)
		}
		fmt := exec.CommandContext(t.Context(), terraform, "fmt", "-check", "-diff", "-")
		fmt.Stdin = bytes.NewReader(src)
		if out, err := fmt.CombinedOutput(); err != nil {
			t.Errorf("%s: terraform fmt: %v\n%s", name, err, out)
		}
	}
}

// Nothing waits for itself, by references and by depends_on.
func TestNoCycle(t *testing.T) {
	for name, src := range modules(t) {
		needs := map[string][]string{}
		for _, b := range tfschema.Parse(t, name, src).Blocks {
			if b.Type != "resource" {
				continue
			}
			for _, steps := range tfschema.References(b.Body) {
				if len(steps) > 1 {
					needs[strings.Join(b.Labels, ".")] = append(needs[strings.Join(b.Labels, ".")], strings.Join(steps[:2], "."))
				}
			}
		}
		for start := range needs {
			if way := wayBack(needs, []string{start}); way != nil {
				t.Errorf("%s: %s", name, strings.Join(way, " -> "))
			}
		}
	}
}

// wayBack returns a way from its first element back to that.
func wayBack(needs map[string][]string, way []string) []string {
	for _, next := range needs[way[len(way)-1]] {
		if next == way[0] {
			return append(way, next)
		}
		if !slices.Contains(way, next) {
			if found := wayBack(needs, append(slices.Clone(way), next)); found != nil {
				return found
			}
		}
	}
	return nil
}

// A function is there once its role may do what it needs, a schedule as well, and a
// bucket tells its functions once it may call them.
func TestWaits(t *testing.T) {
	file := tfschema.Parse(t, "main.tf", mainTF(t, ofTerraform, model.App{Path: "example.com/shop", Functions: everything(same)}))
	got := map[string]string{}
	for _, b := range file.Blocks {
		if on := b.Body.Attributes["depends_on"]; on != nil {
			var names []string
			for _, steps := range tfschema.Names(on.Expr) {
				names = append(names, strings.Join(steps, "."))
			}
			got[strings.Join(b.Labels, ".")] = strings.Join(names, " ")
		}
	}
	want := map[string]string{
		"aws_s3_bucket_notification.uploads_bucket": "aws_lambda_permission.picture_permission",
		"aws_scheduler_schedule.nightly_schedule":   "aws_iam_role_policy.nightly_schedule_caller",
	}
	for _, f := range everything(same) {
		want["aws_lambda_function."+f.Name+"_function"] = "aws_iam_role_policy." + f.Name + "_role"
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("depends_on (-want +got):\n%s", diff)
	}
}

// What holds data is destroyed by no plan, and nothing else is kept.
func TestKept(t *testing.T) {
	kinds := map[string]bool{}
	for _, b := range tfschema.Parse(t, "main.tf", mainTF(t, ofTerraform, model.App{Path: "example.com/shop", Functions: everything(same)})).Blocks {
		kept := false
		for _, inner := range b.Body.Blocks {
			kept = kept || inner.Type == "lifecycle" && inner.Body.Attributes["prevent_destroy"] != nil
		}
		if b.Type == "resource" && kept {
			kinds[b.Labels[0]] = true
		}
		if b.Type == "resource" && kept != aws.Holds(b.Labels[0], b.Labels[1]) {
			t.Errorf("%s is kept: %t, and a removal keeps what it does not say", b.Labels, kept)
		}
	}
	if want := map[string]bool{"aws_sqs_queue": true, "aws_s3_bucket": true, "aws_kinesis_stream": true, "aws_dynamodb_table": true}; !gocmp.Equal(kinds, want) {
		t.Errorf("kept are %v", kinds)
	}
}

// A function that says how it was called has what it had, under the same addresses and
// names: nothing is moved.
func TestModuleRename(t *testing.T) {
	renamed := everything(func(name string) string { return "z-" + name })
	for i, f := range renamed {
		renamed[i].Was = strings.TrimPrefix(f.Name, "z-")
	}
	names := func(functions []model.Function) map[string]string {
		src, out := mainTF(t, ofTerraform, model.App{Path: "example.com/shop", Functions: functions}), map[string]string{}
		for _, b := range tfschema.Parse(t, "main.tf", src).Blocks {
			address := b.Type + "." + strings.Join(b.Labels, ".")
			out[address] = ""
			for _, name := range []string{"name", "function_name", "bucket"} {
				if a := b.Body.Attributes[name]; a != nil && b.Type == "resource" {
					out[address] += string(a.Expr.Range().SliceBytes(src))
				}
			}
		}
		return out
	}
	if diff := gocmp.Diff(names(everything(same)), names(renamed)); diff != "" {
		t.Errorf("addresses (-before +after):\n%s", diff)
	}
}

// A value of Secrets Manager is read when the module is applied, a member of it out of
// its JSON, and the first lines say where it is then.
func TestModuleSecrets(t *testing.T) {
	src := string(mainTF(t, ofTerraform, model.App{Path: "example.com/shop", Functions: []model.Function{{Name: "a", Trigger: model.HTTP{Path: "/"}, Operation: model.Operation{Env: []model.Variable{
		{Name: "DB", Value: "prod/db", IsSecret: true}, {Name: "KEY", Value: "prod/db", IsSecret: true, Member: "api-key"}, {Name: "OTHER", Value: "a", IsSecret: true},
	}}}}}))
	for _, want := range []string{
		"#   a, prod/db\n",
		"for_each  = toset([\"a\", \"prod/db\"])",
		"DB    = data.aws_secretsmanager_secret_version.secrets[\"prod/db\"].secret_string\n",
		"KEY   = jsondecode(data.aws_secretsmanager_secret_version.secrets[\"prod/db\"].secret_string)[\"api-key\"]\n",
	} {
		if !strings.Contains(src, want) {
			t.Errorf("there is no %s in\n%s", want, src)
		}
	}
}

// A small application's module, as it is read.
func TestModule(t *testing.T) {
	const name = "testdata/terraform/small.txtar"
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	sources := slices.DeleteFunc(slices.Clone(archive.Files), func(f txtar.File) bool { return f.Name == "want/main.tf" })
	files, err := generate(t, writeApp(t, sources), "")
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		archive.Files = append(sources, txtar.File{Name: "want/main.tf", Data: files[0].Data})
		if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want := archive.Files[len(archive.Files)-1]
	if diff := gocmp.Diff(strings.Split(string(want.Data), "\n"), strings.Split(string(files[0].Data), "\n")); diff != "" {
		t.Errorf("main.tf (-want +got):\n%s", diff)
	}
}
