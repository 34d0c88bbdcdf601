package gocmd

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen/internal/model"
)

// write has go env -w have written the text, and the environment say nothing.
func write(t *testing.T, text string) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "env")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOENV", name)
	for _, name := range append([]string{"GOFLAGS", "GOPROXY", "GOPRIVATE"}, ours...) {
		t.Setenv(name, "")
	}
}

// What GOFLAGS decides of the code is read or refused, and what decides nothing
// of it passes, wherever GOFLAGS is from.
func TestReadFlags(t *testing.T) {
	const outOfIt = " is not done, since the platforms would not all compile the same; remove it, or run fngen with a GOFLAGS of its own"
	for flags, want := range map[string]struct {
		build model.Build
		kept  []string
		said  []string
	}{
		"":                 {},
		"-tags=a,b":        {build: model.Build{Tags: []string{"a", "b"}}},
		"-tags=a --tags=b": {build: model.Build{Tags: []string{"b"}}},
		"-ldflags=-X=example.com/a.Version=v9.8.7":                     {build: model.Build{Values: []string{"example.com/a.Version=v9.8.7"}}},
		`"-ldflags=-s -X 'example.com/a.V=b c' -X example.com/a.W=d"`:  {build: model.Build{Values: []string{"example.com/a.V=b c", "example.com/a.W=d"}}},
		"-buildvcs=false -trimpath -p=2 -modcacherw -v -x -mod=vendor": {kept: []string{"-p=2", "-modcacherw", "-v", "-x", "-mod=vendor"}},
		"-mod=readonly":               {kept: []string{"-mod=readonly"}},
		"-mod=mod -modfile=x.mod":     {said: []string{"GOFLAGS: -mod=mod of the environment" + outOfIt, "GOFLAGS: -modfile=x.mod of the environment" + outOfIt}},
		"-race":                       {said: []string{"GOFLAGS: -race of the environment" + outOfIt}},
		"-tags=a-b":                   {build: model.Build{Tags: []string{"a-b"}}, said: []string{`GOFLAGS: -tags of the environment holds "a-b"; give a build tag of letters, digits, _ and .`}},
		"-ldflags=-linkmode=external": {said: []string{"GOFLAGS: -ldflags of the environment holds -linkmode=external, and of the linker's flags functions take -X alone, so that they are the same on every platform; remove it"}},
		"'-p=1":                       {said: []string{`GOFLAGS: what is in the environment is "'-p=1", with a quote that does not end; end it`}},
	} {
		for _, file := range []bool{false, true} {
			if file {
				write(t, "GOFLAGS="+flags+"\n")
			} else {
				write(t, "GOFLAGS=-race\n")
				if flags == "" {
					write(t, "")
				}
				t.Setenv("GOFLAGS", flags)
			}
			got, diagnostics := Read()
			var said []string
			for _, d := range diagnostics {
				if d.Severity != model.Error {
					t.Errorf("%q: %s is no error", flags, d)
				}
				text := strings.Replace(d.Pos.Filename+": "+d.Message, " go env -w", " the environment", 1)
				said = append(said, strings.Replace(text, "remove it with go env -u GOFLAGS", "remove it", 1))
			}
			if diff := cmp.Diff(want.build, got); diff != "" {
				t.Errorf("%q (-want +got):\n%s", flags, diff)
			}
			if diff := cmp.Diff(want.said, said); diff != "" {
				t.Errorf("%q: said (-want +got):\n%s", flags, diff)
			}
			if kept := "GOFLAGS=" + strings.Join(want.kept, " "); !slices.Contains(Env(model.Platform{}), kept) {
				t.Errorf("%q: the go command does not get %s", flags, kept)
			}
		}
	}
}

// What go env -w wrote of where modules come from holds as the environment's
// does, under it; what it wrote of the code does not, and that is said.
func TestWrittenEnvironment(t *testing.T) {
	write(t, "GOPROXY=https://proxy.example.com\nGOPRIVATE=example.com\r\nGOPRIVATE=other.example.com\nGOEXPERIMENT=jsonv2\nGOAMD64=v3\nCGO_ENABLED=0\nGOARM64=v8.0\nCGO_CFLAGS=-O3\n# GOSUMDB=off\n")
	t.Setenv("GOPROXY", "off")
	t.Setenv("GOFIPS140", "latest")
	env := map[string]string{}
	for _, v := range Env(model.Platform{GOOS: "linux", GOARCH: "arm64"}) {
		name, value, _ := strings.Cut(v, "=")
		env[name] = value // the last one counts
	}
	for name, want := range map[string]string{
		"GOPROXY": "off", "GOPRIVATE": "other.example.com", "GOENV": "off", "GOEXPERIMENT": "", "GOAMD64": "v1", "CGO_ENABLED": "0", "CGO_CFLAGS": "", "GOSUMDB": os.Getenv("GOSUMDB"),
		"GOOS": "linux", "GOARCH": "arm64", "GOFIPS140": "off",
	} {
		if env[name] != want {
			t.Errorf("%s is %q for the go command, want %q", name, env[name], want)
		}
	}
	_, diagnostics := Read()
	var said []string
	for _, d := range diagnostics {
		if d.Severity != model.Warning {
			t.Errorf("%s is no warning", d)
		}
		said = append(said, d.Pos.Filename+": "+d.Message)
	}
	const ignored = " is ignored: functions are compiled without cgo, and the same wherever that is done; "
	want := []string{
		`CGO_CFLAGS: "-O3" of go env -w` + ignored + "remove it with go env -u CGO_CFLAGS",
		`GOAMD64: "v3" of go env -w` + ignored + "remove it with go env -u GOAMD64",
		`GOEXPERIMENT: "jsonv2" of go env -w` + ignored + "remove it with go env -u GOEXPERIMENT",
		`GOFIPS140: "latest" of the environment` + ignored + "remove it",
	}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Errorf("said (-want +got):\n%s", diff)
	}
	t.Setenv("GOENV", "off")
	if v := written(); v != nil {
		t.Errorf("with GOENV=off go env -w wrote %v", v)
	}
}

// What is compiled plainly shares its cache with go test: nothing decides what
// it is but what decides that of tests.
func TestPlain(t *testing.T) {
	plain := model.LocalPlatform()
	if flags := CompileFlags(plain); len(flags) > 0 {
		t.Errorf("flags %q", flags)
	}
	t.Setenv("CGO_ENABLED", "1")
	t.Setenv("GOAMD64", "v3")
	env := Env(plain)
	for _, want := range []string{"CGO_ENABLED=1", "GOAMD64=v3", "GOWORK=off"} {
		name, _, _ := strings.Cut(want, "=")
		if set := slices.DeleteFunc(slices.Clone(env), func(v string) bool { return !strings.HasPrefix(v, name+"=") }); set[len(set)-1] != want {
			t.Errorf("environment has %q, want %s", set, want)
		}
	}
	plain.Tags, plain.Values = []string{"fake"}, []string{"example.com/shop.version=1"}
	if got := strings.Join(append(CompileFlags(plain), LinkFlags(plain)...), " "); got != "-tags=fake -buildvcs=false -ldflags=-s -w -X example.com/shop.version=1" {
		t.Errorf("flags %q", got)
	}
}
