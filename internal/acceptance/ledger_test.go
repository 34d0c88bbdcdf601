//go:build unix

package acceptance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/internal/native"
)

// copyExample copies an example and the go.mod that is for it, which lies in the
// folder of the module, into scratch/to, and returns the copy. Its programs are for
// this machine, on Google Cloud as binaries.
func copyExample(name, module, to string) (string, error) {
	repo, err := fngenModule()
	if err != nil {
		return "", err
	}
	if _, err := fngen(); err != nil { // downloads the modules
		return "", err
	}
	from, root := filepath.Join(repo, "examples", name), filepath.Join(scratch, to)
	dir := filepath.Join(root, name)
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		return "", err
	}
	for _, file := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(repo, "examples", module, file))
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(root, module, file), text, 0o644); err != nil {
			return "", err
		}
	}
	path, err := filepath.Rel(filepath.Join(root, module), repo)
	if err != nil {
		return "", err
	}
	if _, err := output(command(filepath.Join(root, module), nil, "go", "mod", "edit", "-replace=github.com/fngen/fngen="+filepath.ToSlash(path))); err != nil {
		return "", err
	}
	config, err := os.ReadFile(filepath.Join(dir, "fngen.yaml"))
	if err != nil && !os.IsNotExist(err) {
		return "", err
	}
	config = fmt.Appendf(config, "\ntargets:\n  aws: {arch: %s}\n  gcp: {package: binary, arch: %[1]s}\n  openwhisk: {arch: %[1]s}\n", runtime.GOARCH)
	if err := os.WriteFile(filepath.Join(dir, "fngen.yaml"), config, 0o644); err != nil {
		return "", err
	}
	program, err := fngen()
	if err != nil {
		return "", err
	}
	_, err = output(command(dir, nil, program, "generate"))
	return dir, err
}

// builtLedger is examples/ledger, built for all targets.
var builtLedger = sync.OnceValues(func() (*application, error) {
	dir, err := copyExample("ledger", ".", "examples")
	if err != nil {
		return nil, err
	}
	return buildApp(dir, "all")
})

func ledgerApp(t *testing.T) *application {
	t.Helper()
	requireLinux(t)
	a, err := builtLedger()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// An entry is the ledger's.
type ledgerEntry struct {
	ID       string `json:"id"`
	From     string `json:"from"`
	To       string `json:"to"`
	Cents    int64  `json:"cents"`
	Reversed bool   `json:"reversed,omitempty"`
}

// requested is the request to an HTTP function of the platform, as it sends it.
func requested(t *testing.T, p native.Platform, target, body string) native.Payload {
	t.Helper()
	payloads, err := p.Encode(native.Trigger{Kind: "http", Path: "/"}, native.Invocation{}, native.Delivery{Number: 1, Time: time.Now(), Occurrence: native.Request{
		Method: http.MethodPost, Target: target, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body),
	}})
	if err != nil {
		t.Fatal(err)
	}
	return payloads[0]
}

// A ledger is the example under one platform, with a store of its own.
type ledger struct {
	book    func(body string) (status int, answer string)
	reverse [2]func(id string) (status int) // two processes
	stored  func(id string) string          // the document, as JSON without the store's fields
}

// run books, books again, in conflict, and has two processes reverse the same
// entries at once. It leaves the entries e-1 to e-5, all reversed, and nothing else.
func (l ledger) run(t *testing.T) {
	t.Helper()
	var all []string
	for i := range 5 {
		entry := ledgerEntry{ID: fmt.Sprintf("e-%d", i+1), From: "alice", To: "bob", Cents: 9007199254740000 + int64(i)}
		all = append(all, entry.ID)
		body := encode(t, entry)
		for range 2 {
			if status, answer := l.book(body); status != http.StatusOK || strings.TrimSpace(answer) != body {
				t.Fatalf("booking %s: %d %s", body, status, answer)
			}
		}
		entry.Cents++
		if status, answer := l.book(encode(t, entry)); status != http.StatusBadRequest {
			t.Errorf("another entry %s: %d %s", entry.ID, status, answer)
		}
		if got := l.stored(entry.ID); !sameJSON(t, got, body) {
			t.Errorf("stored %s, want %s", got, body)
		}
	}
	if status := l.reverse[0]("none"); status != http.StatusNotFound {
		t.Errorf("an entry that is not there is reversed: %d", status)
	}
	var both sync.WaitGroup
	for _, reverse := range l.reverse {
		both.Go(func() {
			for _, id := range all {
				if status := reverse(id); status != http.StatusNoContent {
					t.Errorf("reverse %s: %d", id, status)
				}
			}
		})
	}
	both.Wait()
	for i, id := range all {
		want := encode(t, ledgerEntry{id, "alice", "bob", 9007199254740000 + int64(i), true})
		if got := l.stored(id); !sameJSON(t, got, want) {
			t.Errorf("stored %s, want %s", got, want)
		}
	}
}

// sameJSON compares to the digit: no number is read as a double.
func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	var values [2]any
	for i, text := range []string{a, b} {
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&values[i]); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
	}
	return cmp.Equal(values[0], values[1])
}

// announced checks the entries on the topic, in any order.
func announced(t *testing.T, got []json.RawMessage, want ...ledgerEntry) {
	t.Helper()
	times := map[ledgerEntry]int{}
	for _, data := range got {
		var entry ledgerEntry
		if err := json.Unmarshal(data, &entry); err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		times[entry]++
	}
	wanted := map[ledgerEntry]int{}
	for _, entry := range want {
		wanted[entry]++
	}
	if diff := cmp.Diff(wanted, times); diff != "" {
		t.Errorf("announced: want -, got +\n%s", diff)
	}
}

// ledgerEntries are the entries e-1 to e-5 as they were booked, or as run leaves
// them.
func ledgerEntries(reversed bool) (all []ledgerEntry) {
	for i := range int64(5) {
		all = append(all, ledgerEntry{fmt.Sprintf("e-%d", i+1), "alice", "bob", 9007199254740000 + i, reversed})
	}
	return all
}

// What the setup's parameter stands for is missing in the environment: the start
// fails and names the variable, in each platform's own way.
func TestUseIsMissing(t *testing.T) {
	const want = "FNGEN_USE_ENTRIES is not set"
	a := ledgerApp(t)
	t.Run("aws", func(t *testing.T) {
		f := startBootstrap(t, a, "book")
		if code := f.exit(); code != 1 {
			t.Errorf("exit code %d, want 1", code)
		}
		select {
		case answer := <-f.api.answers:
			if e := decodeError(t, answer.body); answer.path != "init/error" || !strings.Contains(e.Message, want) || e.Type == "" {
				t.Errorf("posted %+v", answer)
			}
		default:
			t.Error("nothing was posted")
		}
		if !strings.Contains(f.log.String(), want) {
			t.Error("the log does not say why")
		}
	})
	t.Run("gcp", func(t *testing.T) {
		program := filepath.Join(unpack(t, a.archive(t, "gcp/book")), "main")
		f := start(t, serverCommand(program, "", freePort(t), nil))
		if code := f.exit(); code != 1 || !strings.Contains(f.log.String(), want) {
			t.Errorf("exit code %d, want 1 and a log that says why", code)
		}
	})
	t.Run("openwhisk", func(t *testing.T) {
		f := startUnpacked(t, ledgerAt(t, a, "book", ""), "/guest/ledger/book", "__OW_WAIT_FOR_ACK=true")
		if rest, code := f.end(); code != 1 || len(rest) > 0 || !strings.Contains(f.log.String(), want) {
			t.Errorf("exit code %d after %q, want 1 after nothing and a log that says why", code, rest)
		}
	})
}

// A function without uses holds nothing of what others of its application use:
// of the ledger's journal and its clerk.
func TestUsesAreLinkedOnDemand(t *testing.T) {
	a := ledgerApp(t)
	const module = "github.com/fngen/fngen/"
	for platform, driver := range map[string]string{"aws": "dynamodb", "gcp": "firestore", "openwhisk": "couchdb"} {
		without, with := functionsIn(t, a.archive(t, platform+"/journal")), functionsIn(t, a.archive(t, platform+"/book"))
		for _, part := range []string{
			module + "fn/document.(*Collection)", module + "internal/documents.Encode", module + "internal/uses.",
			module + "providers/" + platform + "/resource/" + driver + ".",
		} {
			if strings.Contains(without, part) {
				t.Errorf("%s: journal, which uses nothing, holds %s", platform, part)
			}
			if !strings.Contains(with, part) {
				t.Errorf("%s: book does not hold %s; what is looked for has another name", platform, part)
			}
		}
		if strings.Contains(without, module+"providers/"+platform+"/resource/") {
			t.Errorf("%s: journal, which uses nothing, holds a driver", platform)
		}
	}
}

// functionsIn returns what the archive holds: the names of its functions are among
// it, which Go needs to print a stack.
func functionsIn(t *testing.T, archive string) string {
	t.Helper()
	var all strings.Builder
	for _, f := range read(t, archive) {
		all.Write(f.data)
	}
	return all.String()
}

// clientGets returns what the client of an HTTP function gets for its answer.
func clientGets(t *testing.T, p native.Platform, payload native.Payload, answer native.Answer) (int, string) {
	t.Helper()
	response, err := p.Response(payload, answer)
	if err != nil {
		t.Fatal(err)
	}
	return response.Status, string(bytes.TrimSpace(response.Body))
}
