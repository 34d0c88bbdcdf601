package gcp_test

import (
	"bytes"
	"flag"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/target/gcp"
	"github.com/fngen/fngen/internal/sinks"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// configured returns the target as fngen.yaml has it under targets.gcp, and
// what is wrong with that.
func configured(settings string) (model.Target, []model.Diagnostic) {
	config := config.Parse([]byte("targets:\n  gcp: "+settings+"\n"), []string{"gcp"})
	return gcp.New(config.Sections("gcp")), config.Diagnostics()
}

// target is configured for settings that are right.
func target(t *testing.T, settings string) model.Target {
	t.Helper()
	target, diagnostics := configured(settings)
	if len(diagnostics) > 0 {
		t.Fatal(diagnostics)
	}
	return target
}

// The functions of the golden files: closed and public, a method and a
// function, over HTTP and not.
func functions() []model.Function {
	handler := model.Handler{PkgPath: "example.com/shop", PkgName: "shop", Name: "Confirm", Shape: model.Shape{Input: "json"}}
	method := model.Handler{PkgPath: "example.com/shop", PkgName: "shop", Recv: "Shop", Name: "Orders", Setup: "New", Shape: model.Shape{HTTP: true}}
	return []model.Function{
		{Name: "confirm", Handler: handler, Trigger: model.Queue{Name: "orders"}},
		{Name: "confirm-http", Handler: handler, Trigger: model.HTTP{Path: "/confirm"}},
		{Name: "orders", Handler: method, Trigger: model.HTTP{Methods: []string{"GET"}, Path: "/orders/{id}"}},
		{Name: "orders-public", Handler: method, Trigger: model.HTTP{Methods: []string{"GET"}, Path: "/orders/{id}", Public: true}},
	}
}

// sending are functions that send to sinks of each kind, besides their dead
// letters.
func sending() []model.Function {
	value := model.Handler{PkgPath: "example.com/shop", PkgName: "shop", Name: "Confirm", Shape: model.Shape{Input: "json", Reply: true, Value: true}}
	requests := model.Handler{PkgPath: "example.com/shop", PkgName: "shop", Recv: "Shop", Name: "Orders", Setup: "New", Shape: model.Shape{HTTP: true}}
	return []model.Function{
		{Name: "daily", Handler: value, Trigger: model.Schedule{Every: time.Hour}, DeadLetter: "letters", Sinks: []model.Sink{{Kind: "event", Name: "shop", Type: "com.example.day"}}},
		{Name: "forward", Handler: value, Trigger: model.Topic{Name: "news"}, DeadLetter: "none", Sinks: []model.Sink{
			{Kind: "http", Name: "crm", Type: "com.example.news"}, {Kind: "queue", Name: "archive"}}},
		{Name: "place", Handler: requests, Trigger: model.HTTP{Path: "/place", Public: true}, Sinks: []model.Sink{{Kind: "topic", Name: "placed"}}},
	}
}

const verified = `audience: "https://shop.example.com", caller: events@acme.iam.gserviceaccount.com`

// What is emitted for each package, with and without an audience. A public
// function is never closed, and no other is left open where an audience is
// there.
func TestEntrypoints(t *testing.T) {
	for name, settings := range map[string]string{
		"binary":          "{package: binary}",
		"binary_verified": "{package: binary, " + verified + "}",
		"source_verified": "{package: source, " + verified + "}",
	} {
		golden := "testdata/" + name + ".txtar"
		var got txtar.Archive
		for _, f := range slices.Concat(functions(), sending()) {
			files, err := target(t, settings).Entrypoint(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range files {
				got.Files = append(got.Files, txtar.File{Name: path.Join(f.Name, file.Path), Data: file.Data})
			}
		}
		if *update {
			if err := os.WriteFile(golden, txtar.Format(&got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(txtar.Format(&got))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// The buildpack runs on linux/amd64 and compiles what it gets: there is no binary
// to package.
func TestPackageSource(t *testing.T) {
	source := target(t, "{}")
	if diff := cmp.Diff(model.Platform{GOOS: "linux", GOARCH: "amd64"}, source.Platform()); diff != "" {
		t.Errorf("platform differs (-want +got):\n%s", diff)
	}
	if _, binary := source.(model.BinaryPackager); binary {
		t.Error("the package source is a binary too")
	}
}

// A binary is a program that is called main, for either architecture.
func TestPackageBinary(t *testing.T) {
	for settings, arch := range map[string]string{"{package: binary}": "amd64", "{package: binary, arch: arm64}": "arm64"} {
		binary := target(t, settings)
		if diff := cmp.Diff(model.Platform{GOOS: "linux", GOARCH: arch}, binary.Platform()); diff != "" {
			t.Errorf("platform differs (-want +got):\n%s", diff)
		}
		archives, err := binary.(model.BinaryPackager).PackageBinary(model.Function{Name: "confirm"}, []byte("program"))
		if err != nil {
			t.Fatal(err)
		}
		want := []model.Archive{{Path: "confirm.zip", Files: []model.File{{Path: "main", Data: []byte("program"), Executable: true}}}}
		if diff := cmp.Diff(want, archives); diff != "" {
			t.Errorf("package differs (-want +got):\n%s", diff)
		}
	}
}

// The program reads its sinks' addresses where main.tf puts them.
func TestSinkVariable(t *testing.T) {
	for _, name := range []string{"news", "order-events", "a-1--b"} {
		if got := model.SinkVariable(name); got != sinks.Variable(name) {
			t.Errorf("%s: %s, and the program reads %s", name, got, sinks.Variable(name))
		}
	}
}

// What fngen.yaml cannot ask for is refused where it stands.
func TestSettings(t *testing.T) {
	for settings, want := range map[string]string{
		"{package: image}":                      `targets.gcp.package is "image"; give one of source, binary`,
		"{arch: arm64}":                         `targets.gcp.arch is "arm64", and Google's buildpack compiles for amd64; remove it, or write package: binary`,
		`{audience: "https://a.example"}`:       "targets.gcp.audience does nothing alone; add caller, or remove it",
		"{caller: e@p.iam.gserviceaccount.com}": "targets.gcp.caller does nothing alone; add audience, or remove it",
		"{audience: a b, caller: e@p.iam.gserviceaccount.com}": `targets.gcp.audience is "a b"; ` +
			"give the audience of the tokens, which is often the URL of the function, in 1 to 512 ASCII characters without spaces",
		"{audience: a, caller: me@example.com}": `targets.gcp.caller is "me@example.com"; ` +
			"give the e-mail of a service account, NAME@PROJECT.iam.gserviceaccount.com",
	} {
		_, diagnostics := configured(settings)
		if len(diagnostics) != 1 || diagnostics[0].Message != want || diagnostics[0].Pos.Line != 2 || diagnostics[0].Severity != model.Error {
			t.Errorf("%s: %v\nwant %s", settings, diagnostics, want)
		}
	}
}

// Who trusts whoever asks, and who would refuse everybody, is warned; a module
// path is the buildpack's concern alone.
func TestCheck(t *testing.T) {
	const open, closed = "without targets.gcp.audience", "takes the signature off"
	for _, tc := range []struct {
		settings string
		pkgPath  string
		want     map[string]string // by function
	}{
		{"{}", "example.com/shop", nil},
		{"{}", "shop", map[string]string{"confirm": "the module path begins", "confirm-http": "the module path begins",
			"orders": "the module path begins", "orders-public": "the module path begins"}},
		{"{" + verified + "}", "example.com/shop", map[string]string{"confirm": closed, "confirm-http": closed, "orders": closed}},
		{"{package: binary}", "shop", map[string]string{"confirm": open, "confirm-http": open, "orders": open}},
		{"{package: binary, " + verified + "}", "shop", nil},
	} {
		for _, f := range functions() {
			f.Handler.PkgPath = tc.pkgPath
			diagnostics := target(t, tc.settings).Check(f)
			want := tc.want[f.Name]
			if want == "" && len(diagnostics) > 0 || want != "" && (len(diagnostics) != 1 || !strings.Contains(diagnostics[0].Message, want)) {
				t.Errorf("%s: %s: %v, want %q", tc.settings, f.Name, diagnostics, want)
			}
		}
	}
}

// The buildpack compiles its own main around the package only if that imports
// the framework itself, and finds the server among the vendored packages only
// if it is imported too.
func TestEntrypointImportsTheFramework(t *testing.T) {
	files, err := target(t, "{}").Entrypoint(model.Function{
		Name:    "confirm-order",
		Handler: model.Handler{PkgPath: "example.com/shop", PkgName: "shop", Name: "ConfirmOrder", Shape: model.Shape{Input: "json"}},
		Trigger: model.Queue{Name: "orders"},
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
