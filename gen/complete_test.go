package gen_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// Every text that a finding may have is shown by a golden file: a message that
// is added without one fails here.
func TestFindingsAreComplete(t *testing.T) {
	var shown strings.Builder
	names, err := filepath.Glob("testdata/errors/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		shown.Write(archive.Files[len(archive.Files)-1].Data)
	}
	var sources []string
	for _, dir := range []string{"model", "directive", "discover", "config", "target/aws", "target/aws/cloudformation", "target/gcp", "target/openwhisk"} {
		more, err := filepath.Glob("internal/" + dir + "/*.go")
		if err != nil || len(more) == 0 {
			t.Fatalf("no sources in %s (%v)", dir, err)
		}
		sources = append(sources, more...)
	}
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") || slices.Contains(withoutFindings, filepath.Base(name)) {
			continue
		}
		for _, text := range messages(t, name) {
			if !strings.Contains(shown.String(), text) {
				t.Errorf("%s: no golden file shows %q", name, text)
			}
		}
	}
}

// withoutFindings are the files whose texts are no findings.
var withoutFindings = []string{
	"module.go", "packages.go", // failures of commands and files
	"manifest.go", "resources.go", "resources_alarms.go", "resources_function.go", "resources_http.go", "resources_sources.go", "resources_shared.go", "resources_sinks.go", "entrypoint.go", // generated code
	"target.go", "trigger.go", // folders and resources
	"codes.go",                                    // what fngen help findings shows
	"cloudformation.go", "function.go", "text.go", // what stands in template.yaml
	"facts.go",                                                                                                                                                           // what list shows
	"hcl.go", "terraform.go", "terraform_head.go", "terraform_eventarc.go", "terraform_function.go", "terraform_operators.go", "terraform_sinks.go", "terraform_uses.go", // what stands in main.tf
}

// notFindings are texts in the sources that are no part of a finding.
var notFindings = []string{
	"read the application: ", "load packages: ", // the files cannot be read at all
	"#!/bin/sh\nexec /usr/bin/env \\\n",                                                     // a script
	"the environment ", "there is no ; write it with what is different in this environment", // the command's scripts
	"package p\n",                   // a source
	"could not import ", "too long", // compared with, and replaced by another
	"the package does not compile; run go vet there", " is in a package that the go command does not list; run go vet there", " is not in what the compiler exports of ; please report this, with the function", // in case that nothing says why
	"the application's template has  resources and  outputs, more than  and , the limits of CloudFormation; split the application",                                                                               // TestTooLarge
	"the application's template has up to  bytes once it is packaged, more than , the limit of CloudFormation; split the application",                                                                            // TestTemplateSize
	"the template has no outputs for the roles of functions, since it would have  with them, more than , the limit of CloudFormation; split the application, or see aws cloudformation describe-stack-resources", // TestRolesLeft
	"the module wants , but the go command is  and cannot fetch a newer one; install that version, set GOTOOLCHAIN=auto where the network allows it, or lower the line", "download go",                           // TestNewerGo
	"; go.work is not read, so that a build is the same everywhere: name the module in go.mod, with require and replace", // TestGoWork
}

var (
	formatVerb = regexp.MustCompile(`%(\[1\])?[a-zA-Z]|\$1`)
	words      = regexp.MustCompile(`[a-z]{2,} |[a-z] [a-z]`)
)

// messages returns the constant parts of what looks like English in the
// file's string literals.
func messages(t *testing.T, name string) []string {
	t.Helper()
	src, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, src, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.SelectorExpr); ok && (f.Sel.Name == "MustCompile" || f.Sel.Name == "Section") {
				return false // a grammar, or a text of the schema
			}
		case *ast.KeyValueExpr:
			if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Doc" { // of the schema
				return false
			}
		case *ast.FuncDecl: // these write generated code, and what fngen help shows
			return n.Name.Name != "Entrypoint" && n.Name.Name != "feed" && n.Name.Name != "Help"
		case *ast.BasicLit:
			text, err := strconv.Unquote(n.Value)
			if n.Kind != token.STRING || err != nil || !words.MatchString(text) || slices.Contains(notFindings, formatVerb.ReplaceAllString(text, "")) {
				return true
			}
			for _, part := range formatVerb.Split(text, -1) {
				if len(strings.TrimSpace(part)) > 3 {
					found = append(found, part)
				}
			}
		}
		return true
	})
	return found
}
