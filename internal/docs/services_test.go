package docs

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// spoken is what the page's snippets speak of and do not say themselves.
var spoken = map[string]string{
	"Account":   "type Account struct{ Balance int64 }",
	"Bank":      "type Bank struct{ accounts *document.Collection }",
	"Herald":    "type Herald struct{ accounts *document.Collection }",
	"Deposited": "type Deposited struct{}",
	"Studio":    "type Studio struct{ in, out *blob.Bucket }",
	"shrink":    "func shrink(picture []byte) []byte { return picture }",
	"accounts":  "var accounts *document.Collection",
	"handled":   "var handled *document.Collection",
	"deposit":   "var deposit struct{ Cents int64 }",
	"receipt":   "var receipt struct{}",
}

// The snippets of the page about services are an application that compiles and
// that fngen takes: each is a file's declarations, or statements of a handler. The
// settings that the page shows permit what they say.
func TestServicesPage(t *testing.T) {
	doc := blocks(t, "docs/services.md")
	snippets, settings := of(doc, "go"), of(doc, "yaml")
	if len(snippets)+len(settings) != len(doc) || len(snippets) < 7 || len(settings) != 1 {
		t.Fatalf("%d blocks of Go and %d of YAML among %d", len(snippets), len(settings), len(doc))
	}
	app, root := t.TempDir(), repo(t)
	const example = "examples/thumbnails" // which needs all that snippets may import
	write(t, app, "go.mod", strings.Replace(read(t, root, example+"/go.mod"), "=> ../..", "=> "+filepath.ToSlash(root), 1))
	write(t, app, "go.sum", read(t, root, example+"/go.sum"))
	write(t, app, "fngen.yaml", settings[0])
	var handlers []string
	for i, text := range snippets {
		folder := fmt.Sprintf("snippet%d", i)
		if err := os.Mkdir(filepath.Join(app, folder), 0o755); err != nil {
			t.Fatal(err)
		}
		text = whole(text)
		if strings.Contains(text, "(*Shop, error)") { // which is there for functions
			text += fmt.Sprintf("//fn:queue orders%d\nfunc (*Shop) Order%[1]d(context.Context, []byte) error { return nil }\n", i)
		}
		for _, m := range regexp.MustCompile(`(?m)^func \(.*\) (\w+)\(`).FindAllStringSubmatch(text, -1) {
			handlers = append(handlers, strings.ToLower(m[1]))
		}
		write(t, app, folder+"/snippet.go", text)
	}
	sh(t, app, []string{"GOFLAGS=-mod=mod"}, "go build ./...")
	out := sh(t, app, []string{installed(t)}, "fngen list --target=aws,gcp")
	for _, want := range append(handlers, "dynamodb:Query", "roles/datastore.indexAdmin") {
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
