package acceptance

import (
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// binaryApp returns a copy of the application with package: binary and more
// settings of the target, and with the package parts.
func binaryApp(name, settings string) (string, error) {
	dir, err := copyApp(name)
	if err != nil {
		return "", err
	}
	if err := os.CopyFS(filepath.Join(dir, "parts"), os.DirFS("testdata/parts")); err != nil {
		return "", err
	}
	config := fmt.Sprintf("targets:\n  gcp: {package: binary, arch: %s%s}\n", runtime.GOARCH, settings)
	return dir, os.WriteFile(filepath.Join(dir, "fngen.yaml"), []byte(config), 0o644)
}

// builtBinaries has the archives of the application that is built for Google
// with package: binary.
var builtBinaries = sync.OnceValues(func() (*application, error) {
	dir, err := binaryApp("binary", "")
	if err != nil {
		return nil, err
	}
	name, err := fngen()
	if err != nil {
		return nil, err
	}
	out, err := output(command(dir, nil, name, "build", "--target=gcp", "-o", "json"))
	if err != nil {
		return nil, err
	}
	var list []artifact
	if err := json.Unmarshal(out, &list); err != nil {
		return nil, fmt.Errorf("decode what fngen build printed: %w", err)
	}
	a := &application{dir: dir, archives: map[string]string{}}
	for _, artifact := range list {
		a.archives[artifact.Function] = filepath.Join(dir, artifact.Artifact)
	}
	return a, nil
})

// unpackBinary returns the function's archive, unpacked as for gcloud run deploy.
func unpackBinary(t *testing.T, function string) (folder string) {
	t.Helper()
	requireLinux(t)
	a, err := builtBinaries()
	if err != nil {
		t.Fatal(err)
	}
	return unpack(t, a.archive(t, function))
}

// startBinary starts the program as a container does and waits until it
// listens.
func startBinary(t *testing.T, program string, env ...string) *server {
	t.Helper()
	for range 3 {
		port := freePort(t)
		s := &server{process: start(t, serverCommand(program, "", port, env)), url: "http://127.0.0.1:" + port}
		if s.listens(port) {
			return s
		}
		if !strings.Contains(s.log.String(), "address already in use") {
			t.Fatalf("the binary does not listen:\n%s", s.log.String())
		}
	}
	t.Fatal("each free port was taken before the binary could listen on it")
	return nil
}

// The archive holds a program named main and nothing else, and that links
// nothing of the functions framework.
func TestGoogleBinaryArchive(t *testing.T) {
	dir := unpackBinary(t, "receive")
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 || entries[0].Name() != "main" {
		t.Fatalf("the archive holds %v, want main", entries)
	}
	info, err := entries[0].Info()
	if err != nil || info.Mode() != 0o755 {
		t.Errorf("main has the mode %v, %v", info.Mode(), err)
	}
	build, err := buildinfo.ReadFile(filepath.Join(dir, "main"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, module := range build.Deps {
		got = append(got, module.Path)
	}
	want := []string{"cloud.google.com/go/compute/metadata", "github.com/cloudevents/sdk-go/v2", "github.com/fngen/fngen",
		"github.com/json-iterator/go", "github.com/modern-go/concurrent", "github.com/modern-go/reflect2"}
	if !slices.Equal(got, want) {
		t.Errorf("modules %q, want %q", got, want)
	}
}

// What a function does as a binary is what it does under the functions
// framework: events, requests, panics, slow handlers.
func TestGoogleBinary(t *testing.T) {
	f := startBinary(t, filepath.Join(unpackBinary(t, "receive"), "main"), "CLOUD_RUN_TIMEOUT_SECONDS=2")
	if got := f.post(pubsubPush(t, "m1", "two cups", map[string]string{"content-type": "text/plain"})); got.status != 204 {
		t.Errorf("push: got %+v", got)
	}
	f.saw(seen{
		Type: "dev.fngen.message.received.v1", Source: "//pubsub.googleapis.com/projects/acme/subscriptions/orders-receive", Subject: "orders",
		ID: "m1", Time: "2026-01-02T03:04:05.678Z", DataContentType: "text/plain", Data: "two cups",
	})
	for _, test := range []struct {
		body   string
		status int
	}{
		{pubsubPush(t, "m2", `{"do":"panic"}`, nil), 500},
		{pubsubPush(t, "m3", `{"do":"hang"}`, nil), 500},
		{"{", 400},
		{pubsubPush(t, "m4", `{}`, nil), 204},
	} {
		if got := f.post(test.body); got.status != test.status {
			t.Errorf("%s: got %+v, want %d", test.body, got, test.status)
		}
	}

	menu := startBinary(t, filepath.Join(unpackBinary(t, "menu"), "main"))
	for path, want := range map[string]string{"/menu/Ada": "200 Good morning, Ada!\ncoffee 2.50\ncake 3.10\n", "/menu/panic": "500 Internal Server Error\n"} {
		if got := menu.send("GET", path, nil, ""); fmt.Sprint(got.status, " ", got.body) != want {
			t.Errorf("%s: got %+v, want %q", path, got, want)
		}
	}
}

// openAndClosed returns two folders of programs as plain go build makes them of
// the entrypoints that fngen generate writes, and with them their symbols: one
// without and one with an audience.
var openAndClosed = sync.OnceValues(func() ([2]string, error) {
	var folders [2]string
	for i, settings := range []string{"", `, audience: "https://cafe.example.com", caller: events@acme.iam.gserviceaccount.com`} {
		dir, err := binaryApp([]string{"open", "closed"}[i], settings)
		if err != nil {
			return folders, err
		}
		name, err := fngen()
		if err != nil {
			return folders, err
		}
		if _, err := output(command(dir, nil, name, "generate", "--target=gcp")); err != nil {
			return folders, err
		}
		folders[i] = filepath.Join(dir, "bin")
		build := command(dir, []string{"CGO_ENABLED=0"}, "go", "build", "-trimpath", "-o", "bin/", "./entrypoints/gcp/receive-gcp", "./entrypoints/gcp/menu-gcp")
		if _, err := output(build); err != nil {
			return folders, err
		}
	}
	return folders, nil
})

// With an audience a binary refuses events without a token, and answers public
// requests all the same; what a function does not use is not linked.
func TestGoogleBinaryTrust(t *testing.T) {
	const verifier = "github.com/fngen/fngen/providers/gcp.(*verifier)"
	requireLinux(t)
	folders, err := openAndClosed()
	if err != nil {
		t.Fatal(err)
	}
	open, closed := folders[0], folders[1]

	if strings.Contains(symbols(t, filepath.Join(open, "receive-gcp")), verifier) {
		t.Error("a binary without an audience holds the verifier")
	}
	if strings.Contains(symbols(t, filepath.Join(closed, "menu-gcp")), verifier) {
		t.Error("a public function holds the verifier")
	}
	if strings.Contains(symbols(t, service(t, "receive")), "github.com/fngen/fngen/providers/gcp.serve") {
		t.Error("a function behind the functions framework holds the server of binaries")
	}
	program := filepath.Join(closed, "receive-gcp")
	if !strings.Contains(symbols(t, program), verifier) {
		t.Error("a binary with an audience does not hold the verifier")
	}
	f := startBinary(t, program)
	push := pubsubPush(t, "m1", "{}", nil)
	if got := f.post(push); got.status != 401 || got.body != "Unauthorized\n" {
		t.Errorf("without a token: got %+v", got)
	}
	if got := f.post(push, "Authorization", "Bearer a.b.c"); got.status != 401 {
		t.Errorf("with no good token: got %+v", got)
	}
	menu := startBinary(t, filepath.Join(closed, "menu-gcp"))
	if got := menu.send("GET", "/menu/Ada", nil, ""); got.status != 200 {
		t.Errorf("public: got %+v", got)
	}
}
