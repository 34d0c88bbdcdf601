package acceptance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// mainText is the main package that Google's buildpack adds to a function that
// registers itself; %s is the function's module path.
const mainText = `package main

import (
	"log"
	"net/http"
	"os"

	"github.com/GoogleCloudPlatform/functions-framework-go/funcframework"

	_ "%s"
)

func main() {
	for _, path := range []string{"/robots.txt", "/favicon.ico"} {
		http.HandleFunc(path, http.NotFound)
	}
	if err := funcframework.Start(os.Getenv("PORT")); err != nil {
		log.Fatal(err)
	}
}
`

// services holds what buildService made, by function.
var services sync.Map

// service returns the program that Google would run for the function.
func service(t *testing.T, function string) string {
	t.Helper()
	archive := app(t).archive(t, "gcp/"+function)
	made, _ := services.LoadOrStore(function, sync.OnceValues(func() (string, error) {
		return buildService(t, archive, filepath.Join(scratch, "services", function))
	}))
	program, err := made.(func() (string, error))()
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// buildService does what Google's buildpack does with a vendored function since
// Go 1.23: it adds a main below functions.local and compiles that with the
// build variables of main.tf, here without a network and without this machine's
// modules.
func buildService(t *testing.T, archive, program string) (string, error) {
	dir := filepath.Join(unpack(t, archive), "serverless_function_source_code")
	if err := moveAll(filepath.Dir(dir), dir); err != nil {
		return "", err
	}
	variables, err := buildVariables(filepath.Join(filepath.Dir(archive), "main.tf"))
	if err != nil {
		return "", err
	}
	// Its image has gcc, and so Go's default would be cgo.
	env := []string{"CGO_ENABLED=1", "GOENV=off", "GOFLAGS=", "GOMODCACHE=" + t.TempDir(), "GOPROXY=off", "GOTOOLCHAIN=local"}
	args := []string{"build", "-trimpath"} // trimmed paths let the build cache serve every function and every run
	for name, value := range variables {
		env = append(env, name+"="+value)
		if name == "GOOGLE_GOLDFLAGS" {
			args = append(args, "-ldflags", value)
		}
	}
	path, err := output(command(dir, env, "go", "list", "-m"))
	if err != nil {
		return "", err
	}
	main := filepath.Join(dir, "functions.local", "app")
	if err := os.MkdirAll(main, 0o755); err != nil {
		return "", err
	}
	text := fmt.Sprintf(mainText, bytes.TrimSpace(path))
	if err := os.WriteFile(filepath.Join(main, "main.go"), []byte(text), 0o644); err != nil {
		return "", err
	}
	_, err = output(command(dir, env, "go", append(args, "-o", program, "./functions.local/app")...))
	return program, err
}

var (
	variablesOfBuild = regexp.MustCompile(`(?s)\n  build_config {\n.*?environment_variables = {\n(.*?)\n    }\n`)
	variableOfBuild  = regexp.MustCompile(`^ *([A-Z_]+) += (".*")$`)
)

// buildVariables returns what main.tf tells the buildpack of a function: the
// first, as of all.
func buildVariables(name string) (map[string]string, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	block := variablesOfBuild.FindSubmatch(text)
	if block == nil {
		return nil, fmt.Errorf("%s has no build variables", name)
	}
	variables := map[string]string{}
	for line := range strings.SplitSeq(string(block[1]), "\n") {
		m := variableOfBuild.FindStringSubmatch(line)
		if m == nil {
			return nil, fmt.Errorf("%s: %q is no variable", name, line)
		}
		value, err := strconv.Unquote(m[2])
		if err != nil {
			return nil, fmt.Errorf("%s: %q: %w", name, line, err)
		}
		variables[m[1]] = strings.NewReplacer("$${", "${", "%%{", "%{").Replace(value)
	}
	return variables, nil
}

// moveAll moves what is in the folder from into the new folder to inside of it.
func moveAll(from, to string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	if err := os.Mkdir(to, 0o755); err != nil {
		return err
	}
	for _, e := range entries {
		if err := os.Rename(filepath.Join(from, e.Name()), filepath.Join(to, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// A server is a started function behind HTTP.
type server struct {
	*process
	url string
}

// startServer starts the function as Cloud Run does and waits until it listens.
// The target is the name under which the function registers.
func startServer(t *testing.T, function, target string, env ...string) *server {
	t.Helper()
	program := service(t, function)
	for range 3 {
		port := freePort(t)
		s := &server{process: start(t, serverCommand(program, target, port, env)), url: "http://127.0.0.1:" + port}
		if s.listens(port) {
			return s
		}
		if !strings.Contains(s.log.String(), "address already in use") {
			t.Fatalf("the function does not listen:\n%s", s.log.String())
		}
	}
	t.Fatal("each free port was taken before the function could listen on it")
	return nil
}

func serverCommand(program, target, port string, env []string) *exec.Cmd {
	cmd := exec.Command(program)
	cmd.Dir = filepath.Dir(program)
	cmd.Env = append([]string{"PORT=" + port, "FUNCTION_TARGET=" + target, "K_SERVICE=cafe", "GOOGLE_CLOUD_PROJECT=acme", "GOOGLE_CLOUD_REGION=europe-west1"}, env...)
	return cmd
}

// freePort returns a port that nothing listened on a moment ago: the functions
// framework takes a number and does not say which one it got.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// listens waits until the process accepts connections, or false if it ends.
func (s *server) listens(port string) bool {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for retry := time.NewTicker(5 * time.Millisecond); ; {
		if conn, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
			conn.Close()
			select {
			case <-s.ended: // somebody else listens
				return false
			default:
				return true
			}
		}
		select {
		case <-s.ended:
			return false
		case <-ctx.Done():
			s.t.Fatal("the function does not listen in time")
		case <-retry.C:
		}
	}
}

// A reply is an HTTP response whose body is read.
type reply struct {
	status int
	header http.Header
	body   string
}

// send sends the function a request.
func (s *server) send(method, path string, header http.Header, body string) reply {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if header != nil {
		r.Header = header
	}
	response, err := s.client().Do(r)
	if err != nil {
		s.t.Fatal(errors.Join(err, ctx.Err()))
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatalf("read response: %v", err)
	}
	return reply{response.StatusCode, response.Header, string(answer)}
}

// client goes to the function directly, whatever proxy the environment names.
func (s *server) client() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
}

// post posts an event, or a push of Pub/Sub, which have one content type.
func (s *server) post(body string, headers ...string) reply {
	s.t.Helper()
	h := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i+1 < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	return s.send(http.MethodPost, "/", h, body)
}
