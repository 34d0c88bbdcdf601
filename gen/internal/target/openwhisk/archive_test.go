package openwhisk_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/target/openwhisk"
)

// TestMain plays the action that a launcher starts: it tells its environment.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "action" {
		_ = json.NewEncoder(os.Stdout).Encode(os.Environ())
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// The image of a kind starts no archive whose exec.env names another, and takes
// no more than 48 MB of base64. Of several kinds, each has a folder.
func TestPackageBinary(t *testing.T) {
	for config, images := range map[string]map[string]string{
		"": {"confirm.zip": "openwhisk/action-golang-v1.20"},
		"targets: {openwhisk: {kind: \"go:1.22\"}}":                {"confirm.zip": "openwhisk/action-golang-v1.22"},
		"targets: {openwhisk: {kind: [\"go:1.23\"]}}":              {"confirm.zip": "openwhisk/action-golang-v1.23"},
		"targets: {openwhisk: {kind: [\"go:1.23\", \"go:1.24\"]}}": {"go1.23/confirm.zip": "openwhisk/action-golang-v1.23", "go1.24/confirm.zip": "openwhisk/action-golang-v1.24"},
	} {
		o, diagnostics := target(t, config)
		archives, err := o.PackageBinary(model.Function{Name: "confirm"}, []byte("binary"))
		if err != nil || len(diagnostics) > 0 {
			t.Fatalf("%q: %v, %v", config, err, diagnostics)
		}
		var want []model.Archive
		for path, image := range images {
			want = append(want, model.Archive{Path: path, Limit: 37748736, Files: []model.File{
				{Path: "exec", Data: []byte("binary"), Executable: true}, {Path: "exec.env", Data: []byte(image)},
			}})
		}
		slices.SortFunc(want, func(a, b model.Archive) int { return strings.Compare(a.Path, b.Path) })
		if diff := cmp.Diff(want, archives); diff != "" {
			t.Errorf("package of %q differs (-want +got):\n%s", config, diff)
		}
	}
}

// launch runs the action's archive as the image does and returns the
// environment that the program has.
func launch(t *testing.T, o openwhisk.Target, f model.Function) []string {
	t.Helper()
	if runtime.GOOS == "windows" {
		if os.Getenv("FNGEN_REQUIRE_TOOLS") == "1" {
			t.Fatal("the launcher needs /bin/sh")
		}
		t.Skip("the launcher needs /bin/sh")
	}
	archives, err := o.PackageBinary(f, []byte("binary"))
	if err != nil || len(archives) != 1 {
		t.Fatal(archives, err)
	}
	dir := filepath.Join(t.TempDir(), "a b")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, f := range archives[0].Files {
		name := filepath.Join(dir, f.Path)
		if f.Path == "action" {
			self, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(self, name); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.WriteFile(name, f.Data, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(filepath.Join(dir, "exec"))
	cmd.Env = []string{"__OW_WAIT_FOR_ACK=1"} // no PATH and no HOME
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%q: %v", out, err)
	}
	return got
}

// The variables of fngen.yaml reach the program as they are, whatever they are
// called, and those of the platform stay.
func TestLauncher(t *testing.T) {
	env := []model.Variable{
		{Name: "EMPTY", Value: ""}, {Name: "IFS", Value: "x"}, {Name: "OPTIND", Value: "no number"}, {Name: "PATH", Value: "/nowhere"},
		{Name: "PPID", Value: "1"}, {Name: "QUOTES", Value: `a'b"c\d` + "`e` $HOME ${X} $(id) !! *"}, {Name: "SPACE", Value: " two\nlines\t"}, {Name: "_", Value: "é日本"},
	}
	o, _ := target(t, "")
	got := launch(t, o, model.Function{Name: "confirm", Operation: model.Operation{Env: env}})
	for _, v := range env {
		if !slices.Contains(got, v.Name+"="+v.Value) {
			t.Errorf("%s=%q is missing from %q", v.Name, v.Value, got)
		}
	}
	if !slices.Contains(got, "__OW_WAIT_FOR_ACK=1") {
		t.Errorf("the platform's variable is missing from %q", got)
	}
}

// Whatever value an operator writes, the program sees it and nothing else runs.
func FuzzLauncher(f *testing.F) {
	for _, value := range []string{"info", "it's", "'; exit 3; '", "$(id)", "\\", "\n", "a\rb", "-n", "é\u2028"} {
		f.Add(value)
	}
	o := openwhisk.New(config.Sections{Target: &config.Settings{}})
	f.Fuzz(func(t *testing.T, value string) {
		if strings.ContainsRune(value, 0) || !utf8.ValidString(value) || len(value) > 4096 {
			t.Skip("no value of fngen.yaml")
		}
		env := []model.Variable{{Name: "VALUE", Value: value}}
		if got := launch(t, o, model.Function{Name: "confirm", Operation: model.Operation{Env: env}}); !slices.Contains(got, "VALUE="+value) {
			t.Errorf("VALUE=%q is missing from %q", value, got)
		}
	})
}

// How the API host is verified is set for the functions that call it, and for no
// others.
func TestAuthority(t *testing.T) {
	const certificate = `-----BEGIN CERTIFICATE-----
MIIBkDCCATWgAwIBAgIUVdVIU4yvZSTBq3Z7Kq1mJU2bIrwwCgYIKoZIzj0EAwIw
HDEaMBgGA1UEAwwRb3BlbndoaXNrLmV4YW1wbGUwIBcNMjYxMTMwMTUyNzM2WhgP
MjEyNjExMDYxNTI3MzZaMBwxGjAYBgNVBAMMEW9wZW53aGlzay5leGFtcGxlMFkw
EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAENP0YdzEgTa2+o42P0/XAI1ylflhtaXpN
MvWBZ6BZFQNHSNzIe+S0UK3xAbJJt+ji3SCkLrRcdEsicg6islZwd6NTMFEwHQYD
VR0OBBYEFEF3c4NeWwvqFVuWeiei+K0ZG/M8MB8GA1UdIwQYMBaAFEF3c4NeWwvq
FVuWeiei+K0ZG/M8MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIh
AP8+t9f2MwslBEMmilXhlTJTj5DqZPVbfSZvn7pwS/UEAiEAvi807VJEMrI89HJo
Vm21beGaTvL5SsWwd22xYdB2QrQ=
-----END CERTIFICATE-----
`
	fires := model.Function{Name: "confirm", Trigger: model.Topic{Name: "orders"}, Sinks: []model.Sink{{Kind: "topic", Name: "news"}}}
	keeps := model.Function{Name: "keep", Trigger: model.Topic{Name: "orders"}, Sinks: []model.Sink{{Kind: "http", Name: "crm"}}, Operation: model.Operation{Env: []model.Variable{{Name: "A", Value: "b"}}}}
	for settings, want := range map[string][2]string{ // the variable, and what is said
		"":                {"", ""},
		"insecure: false": {"", ""},
		"insecure: true":  {"FNGEN_OPENWHISK_INSECURE=true", "is not verified"},
		"ca: certs/a.pem": {"FNGEN_OPENWHISK_CA=" + certificate, ""},
	} {
		dir := t.TempDir()
		for name, text := range map[string]string{"fngen.yaml": "targets: {openwhisk: {" + settings + "}}", "certs/a.pem": certificate} {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		c, err := config.Read(root, "", []string{"openwhisk"})
		if err != nil {
			t.Fatal(err)
		}
		o := openwhisk.New(c.Sections("openwhisk"))
		if d := c.Diagnostics(); len(d) > 0 {
			t.Errorf("%s: %v", settings, d)
		}
		var verify []string
		for _, v := range launch(t, o, fires) {
			if strings.HasPrefix(v, "FNGEN_OPENWHISK_") {
				verify = append(verify, v)
			}
		}
		if got := strings.Join(verify, " "); got != want[0] {
			t.Errorf("%s: %q, want %q", settings, got, want[0])
		}
		if got := strings.Join(launch(t, o, keeps), " "); strings.Contains(got, "FNGEN_OPENWHISK_") {
			t.Errorf("%s: who fires nothing has %s", settings, got)
		}
		var said string
		for _, d := range o.Check(fires) {
			said += d.Message
		}
		if strings.Contains(said, "is not verified") != (want[1] != "") {
			t.Errorf("%s: %s", settings, said)
		}
	}
}
