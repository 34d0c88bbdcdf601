package docs

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// spoken is what the page's snippets speak of and do not say themselves.
var spoken = map[string]string{
	"Account":   "type Account struct{ Balance int64 }",
	"Bank":      "type Bank struct{}",
	"Deposited": "type Deposited struct{}",
	"Studio":    "type Studio struct{ in, out *blob.Bucket }",
	"shrink":    "func shrink(picture []byte) []byte { return picture }",
	"accounts":  "var accounts *document.Collection",
	"handled":   "var handled *document.Collection",
	"deposit":   "var deposit struct{ Cents int64 }",
	"receipt":   "var receipt struct{}",
}

// The snippets of the page about services compile: each is a file's declarations,
// or statements of a handler.
func TestServicesPage(t *testing.T) {
	doc := blocks(t, "docs/services.md")
	snippets := of(doc, "go")
	if n := len(snippets) + len(of(doc, "yaml")); n != len(doc) || len(snippets) < 7 {
		t.Errorf("%d blocks of Go and YAML among %d", n, len(doc))
	}
	dir, root := t.TempDir(), repo(t)
	overlay, args := map[string]string{}, []string{"build", "-overlay=" + filepath.Join(dir, "overlay.json")}
	for i, text := range snippets {
		name := fmt.Sprintf("snippet%d.go", i)
		write(t, dir, name, whole(text))
		folder := fmt.Sprintf("internal/docs/services/snippet%d", i)
		overlay[filepath.Join(root, folder, name)] = filepath.Join(dir, name)
		args = append(args, "./"+folder)
	}
	listed, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "overlay.json", string(listed))
	cmd := exec.Command("go", args...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// The settings that the page shows are fngen's, and permit what they say.
func TestServicesSettings(t *testing.T) {
	settings := of(blocks(t, "docs/services.md"), "yaml")
	if len(settings) != 1 {
		t.Fatalf("%d blocks of YAML, want 1", len(settings))
	}
	app := t.TempDir()
	write(t, app, "go.mod", "module example.com/shop\n\ngo 1.26\n")
	write(t, app, "fngen.yaml", settings[0])
	write(t, app, "shop.go", `package shop

import "context"

type Shop struct{}

//fn:setup
//fn:use table document:users read
func New(_ context.Context, table string) (*Shop, error) { return nil, nil }

//fn:queue orders
func (*Shop) Order(ctx context.Context, order []byte) error { return nil }
`)
	out := sh(t, app, []string{installed(t)}, "fngen list --target=aws,gcp")
	for _, want := range []string{"dynamodb:Query", "roles/datastore.indexAdmin"} {
		if !strings.Contains(out, want) {
			t.Errorf("%s is not in\n%s", want, out)
		}
	}
}

// whole makes a file of a snippet.
func whole(text string) string {
	text = strings.ReplaceAll(text, "…", `panic("left out")`)
	if !regexp.MustCompile(`(?m)^func `).MatchString(text) {
		text = "func handle(ctx context.Context, e fn.Event, key string) error {\n" + text + "\nreturn nil\n}\n"
	}
	mentions := func(text, name string) bool { return regexp.MustCompile(`\b` + name + `\b`).MatchString(text) }
	if strings.Contains(text, "*Shop") {
		text += "type Shop struct {\n\tusers *document.Collection\n\tkey, table string\n}\n"
	}
	var declared []string
	for name, declaration := range spoken {
		if mentions(text, name) {
			declared = append(declared, declaration)
		}
	}
	if all := strings.Join(declared, "\n"); all != "" {
		text += all + "\n"
	}
	imports := ""
	for name, path := range map[string]string{
		"context": "context", "errors": "errors", "strings": "strings", "http": "net/http", "fn": "github.com/fngen/fngen/fn",
		"document": "github.com/fngen/fngen/fn/document", "blob": "gocloud.dev/blob", "gcerrors": "gocloud.dev/gcerrors",
	} {
		if regexp.MustCompile(`(?m)^[^/\n]*\b` + name + `\.`).MatchString(text) {
			imports += fmt.Sprintf("import %q\n", path)
		}
	}
	return "package snippet\n" + imports + text
}
