package docs

import (
	"encoding/json"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/fngen/fngen/internal/testkit/tool"
)

// pages are those for who operates what is deployed.
var pages = []string{"docs/operations-google-cloud.md", "docs/operations-openwhisk.md"}

// The outputs of the example, as the pages speak of it.
const (
	shopTerraform = "gen/internal/target/gcp/testdata/terraform/shop_source.tf"
	shopManifest  = "gen/internal/target/openwhisk/testdata/shop.txtar"
)

// What the pages show is what it says that it is: Go parses, Terraform's formatter
// leaves its own alone, a shell reads the commands, and links lead somewhere.
func TestOperations(t *testing.T) {
	terraform, shell := tool.Path(t, "terraform"), tool.Path(t, "sh")
	for _, name := range pages {
		for _, b := range blocks(t, name) {
			var err error
			switch b.language {
			case "go":
				_, err = parser.ParseFile(token.NewFileSet(), name, "package p\n"+b.text, parser.ParseComments)
			case "hcl":
				cmd := exec.Command(terraform, "fmt", "-check", "-")
				cmd.Stdin = strings.NewReader(b.text)
				err = cmd.Run()
			case "sh":
				cmd := exec.Command(shell, "-n")
				cmd.Stdin = strings.NewReader(b.text)
				err = cmd.Run()
			default:
				t.Errorf("%s: a block in %q", name, b.language)
			}
			if err != nil {
				t.Errorf("%s: %v\n%s", name, err, b.text)
			}
		}
		for _, m := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(read(t, repo(t), name), -1) {
			if _, err := os.Stat(filepath.Join(repo(t), "docs", m[1])); err != nil {
				t.Error(err)
			}
		}
	}
}

// What the pages name of the example is there: resources, subscriptions, triggers
// and variables.
func TestOperationsNames(t *testing.T) {
	main, manifest := read(t, repo(t), shopTerraform), read(t, repo(t), shopManifest)
	google, openwhisk := read(t, repo(t), pages[0]), read(t, repo(t), pages[1])
	for _, m := range regexp.MustCompile(`module\.shop\.(\w+)\.(\w+)`).FindAllStringSubmatch(google, -1) {
		if !strings.Contains(main, `resource "`+m[1]+`" "`+m[2]+`"`) {
			t.Errorf("there is no %s %s", m[1], m[2])
		}
	}
	for _, name := range []string{`"${var.name}-orders-dlq"`, `"${var.project}-${var.name}-pictures"`, "prevent_destroy", `variable "build_service_account"`, `output "dead_letters"`} {
		if !strings.Contains(main, name) {
			t.Errorf("main.tf has no %s", name)
		}
	}
	for _, name := range []string{"shop.queue.orders", "shop.event.com.example.order.placed", "ORDERS_BROKERS", "go:1.20", "wskdeploy sync"} {
		if !strings.Contains(manifest, name) || !strings.Contains(openwhisk, name) {
			t.Errorf("the manifest or the page has no %s", name)
		}
	}
}

// What the page of operators shows of a main.tf is what is written there, but for what
// it says is the reader's own.
func TestOperatorsPage(t *testing.T) {
	page := read(t, repo(t), "docs/operations.md")
	for section, c := range map[string]struct {
		written []string
		own     *regexp.Regexp
		shown   int
	}{
		"Google Cloud":     {[]string{"gcp/testdata/terraform/operated_source.tf", "gcp/testdata/terraform/operated_binary.tf"}, regexp.MustCompile(`^$`), 4},
		"Terraform on AWS": {[]string{"aws/testdata/terraform/small.txtar"}, regexp.MustCompile(`^(terraform|removed) `), 1},
	} {
		var written string
		for _, name := range c.written {
			written += read(t, repo(t), "gen/internal/target/"+name)
		}
		_, text, _ := strings.Cut(page, "\n## "+section+"\n")
		text, _, _ = strings.Cut(text, "\n## ")
		shown := 0
		for _, b := range blocks(t, "docs/operations.md") {
			if b.language != "hcl" || !strings.Contains(text, b.text) || c.own.MatchString(b.text) {
				continue
			}
			if shown++; !strings.Contains(written, b.text) {
				t.Errorf("main.tf has no\n%s", b.text)
			}
		}
		if shown < c.shown {
			t.Errorf("%s: %d blocks are shown", section, shown)
		}
	}
}

// The keys of the page's tables are those of the schema: each that one function can have
// is there, under the platforms that have it.
func TestOperatorsKeys(t *testing.T) {
	type properties map[string]struct{ Properties map[string]any }
	var schema struct {
		Properties struct {
			Targets   struct{ Properties properties }
			Functions struct {
				PatternProperties map[string]struct{ Properties properties }
			}
		}
	}
	if err := json.Unmarshal([]byte(sh(t, repo(t), []string{installed(t)}, "fngen schema")), &schema); err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(read(t, repo(t), "docs/operations.md"), "\n## On all platforms\n")
	section, _, _ = strings.Cut(section, "\n## ")
	tables := strings.Split(section, "\n\n|")[1:]
	if len(tables) != 2 {
		t.Fatalf("%d tables", len(tables))
	}
	word := regexp.MustCompile("`([a-z-]+)`")
	for i, target := range []string{"aws", "gcp", "openwhisk"} {
		shown := map[string]bool{}
		for row := range strings.Lines(tables[0]) {
			for _, m := range word.FindAllStringSubmatch(strings.Split(row+"||", "|")[1], -1) {
				shown[m[1]] = true
			}
		}
		general := maps.Clone(shown)
		for row := range strings.Lines(tables[1]) {
			if cells := strings.Split(strings.TrimPrefix(row, "|"), "|"); len(cells) > 4 {
				for _, m := range word.FindAllStringSubmatch(cells[1+i], -1) {
					shown[m[1]] = true
				}
			}
		}
		for _, f := range schema.Properties.Functions.PatternProperties {
			all := f.Properties[target].Properties
			for key := range all {
				if !shown[key] {
					t.Errorf("no table has the key %s of a function on %s", key, target)
				}
			}
			for key := range shown {
				if all[key] == nil && (general[key] || schema.Properties.Targets.Properties[target].Properties[key] == nil) {
					t.Errorf("%s has no key %s", target, key)
				}
			}
		}
	}
}

// The example has what the page shows of it under a boundary, a network, a key and a
// patch together, as a template and as a module.
func TestOperatorsTogether(t *testing.T) {
	page := read(t, repo(t), "docs/operations.md")
	_, section, _ := strings.Cut(page, "\n## All together\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var shown []block
	for _, m := range fence.FindAllStringSubmatch(section, -1) {
		shown = append(shown, block{m[1], m[2]})
	}
	templates, consoles := of(shown, "yaml"), of(shown, "console")
	if len(templates) != 6 || len(consoles) != 1 {
		t.Fatalf("%d and %d blocks are shown", len(templates), len(consoles))
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(repo(t), "examples"))); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "go.mod", strings.Replace(read(t, dir, "go.mod"), "=> ../", "=> "+repo(t), 1))
	app, env := filepath.Join(dir, "shop"), []string{installed(t)}
	if err := os.Mkdir(filepath.Join(app, "deploy"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, app, "fngen.yaml", templates[0])
	write(t, app, "deploy/patch.yaml", templates[1])
	command, said, _ := strings.Cut(strings.TrimPrefix(consoles[0], "$ "), "\n")
	if out := sh(t, app, env, command+" 2>&1"); !strings.Contains(out, said) {
		t.Errorf("the page shows\n%sand it is\n%s", said, out)
	}
	for _, text := range templates[2:] {
		if !strings.Contains(read(t, app, "dist/aws/template.yaml"), text) {
			t.Errorf("the template has not\n%s", text)
		}
	}
	before, _, _ := strings.Cut(templates[0], "    patch:")
	write(t, app, "fngen.yaml", before+"    infrastructure: terraform\n")
	sh(t, app, env, command)
	main := read(t, app, "dist/aws/main.tf")
	for _, text := range []string{`permissions_boundary = "arn:aws:iam::123456789012:policy/teams/boundary"`, `security_group_ids = ["sg-0a1b2c3d4e5f60718"]`, "= \"arn:aws:kms:eu-west-1:"} {
		if !strings.Contains(main, text) {
			t.Errorf("main.tf has not %s", text)
		}
	}
}

// What a platform has no key for, and a patch that would be lost, is refused as the page
// shows.
func TestOperatorsRefused(t *testing.T) {
	consoles := of(blocks(t, "docs/operations.md"), "console")
	app := t.TempDir()
	write(t, app, "go.mod", "module example.com/hello\n\ngo 1.26\n")
	write(t, app, "hello.go", "package hello\n\nimport \"net/http\"\n\n//fn:http /hello auth=public\nfunc Hello(http.ResponseWriter, *http.Request) {}\n")
	if err := os.Mkdir(filepath.Join(app, "deploy"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, app, "deploy/patch.yaml", "# Of all routes.\nResources:\n  ApiStge: {Properties: {AutoDeploy: false}}\n")
	for i, settings := range []string{"  openwhisk: {kms-key: a}\n", "  aws: {http: api, patch: deploy/patch.yaml}\n"} {
		write(t, app, "fngen.yaml", "targets:\n"+settings)
		said := strings.TrimPrefix(consoles[i], "$ fngen build --target=aws\n")
		if out := sh(t, app, []string{installed(t)}, "fngen build 2>&1 || true"); !strings.Contains(out, said) {
			t.Errorf("the page shows\n%sand it is\n%s", said, out)
		}
	}
}

// Links into the page, and within it, lead to headings that it has.
func TestOperatorsHeadings(t *testing.T) {
	there := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^##+ (.*)$").FindAllStringSubmatch(read(t, repo(t), "docs/operations.md"), -1) {
		there[strings.ReplaceAll(regexp.MustCompile("[^a-z0-9 _-]").ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-")] = true
	}
	names, err := fs.Glob(os.DirFS(repo(t)), "docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(names, "README.md") {
		link := `operations\.md#([^)]+)\)`
		if name == "docs/operations.md" {
			link = `\(#([^)]+)\)`
		}
		for _, m := range regexp.MustCompile(link).FindAllStringSubmatch(read(t, repo(t), name), -1) {
			if !there[m[1]] {
				t.Errorf("%s leads to #%s, which is no heading", name, m[1])
			}
		}
	}
}

// command puts a program of the name first in the path that notes how it is called,
// with the variable, and returns what it has noted.
func command(t *testing.T, name, variable string) (env []string, called func() string) {
	t.Helper()
	bin := t.TempDir()
	log := filepath.Join(bin, "log")
	program := "#!/bin/sh\necho \"" + name + " $* ${" + variable + "}\" >> " + log + "\n"
	if err := os.WriteFile(filepath.Join(bin, name), []byte(program), 0o755); err != nil {
		t.Fatal(err)
	}
	return []string{"PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH")}, func() string { return read(t, bin, "log") }
}

// The commands in the head of main.tf are taken from it as the page says, and run.
func TestPrepareProject(t *testing.T) {
	app := t.TempDir()
	if err := os.MkdirAll(filepath.Join(app, "dist/gcp"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, app, "dist/gcp/main.tf", read(t, repo(t), shopTerraform))
	env, called := command(t, "gcloud", "PROJECT")
	sh(t, app, append(env, "PROJECT=acme-shop"), of(blocks(t, pages[0]), "sh")[0])
	for _, want := range []string{
		"gcloud services enable --project=acme-shop artifactregistry.googleapis.com ", " cloudresourcemanager.googleapis.com ",
		"gcloud beta services identity create --project=acme-shop --service=pubsub.googleapis.com",
		"gcloud storage service-agent --project=acme-shop", "gcloud projects add-iam-policy-binding acme-shop --condition=None --role=roles/pubsub.publisher --member=serviceAccount:",
	} {
		if !strings.Contains(called(), want) {
			t.Errorf("%q is not called, but\n%s", want, called())
		}
	}
}

// The first deployment syncs, with all that the manifest needs in the environment.
func TestFirstSync(t *testing.T) {
	env, called := command(t, "wskdeploy", "ORDERS_BROKERS")
	sh(t, t.TempDir(), env, of(blocks(t, pages[1]), "sh")[0])
	if got := called(); got != "wskdeploy sync --manifest dist/openwhisk/manifest.yaml kafka-1.example:9092\n" {
		t.Errorf("called is %q", got)
	}
}
