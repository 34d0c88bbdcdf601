package aws_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/target/aws"
	"github.com/fngen/fngen/internal/testkit/cfn"
)

// A base path stands in the entrypoints of HTTP functions and in what list shows,
// and nothing of it does without the key.
func TestBasePath(t *testing.T) {
	handler := model.Handler{PkgPath: "example.com/shop", PkgName: "shop", Name: "Handle"}
	request := model.Function{Name: "handle", Handler: handler, Trigger: model.HTTP{Path: "/orders/{id}", Stream: true}}
	for settings, want := range map[string]string{
		"{}":                    `aws.Serve(mux, aws.HTTP{Stream: true})`,
		"{base-path: /shop/v1}": `aws.Serve(mux, aws.HTTP{Stream: true, BasePath: "/shop/v1"})`,
	} {
		c := config.Parse([]byte("targets: {aws: "+settings+"}"), []string{"aws"})
		target := aws.New(c.Sections("aws"))
		files, err := target.Entrypoint(request)
		if err != nil || len(files) != 1 || len(c.Diagnostics()) > 0 {
			t.Fatalf("%s: %d files, %v, %v", settings, len(files), err, c.Diagnostics())
		}
		if text := string(files[0].Data); !strings.Contains(text, want) {
			t.Errorf("%s: want %s in\n%s", settings, want, text)
		}
		isShown := slices.Contains(target.Facts(request).Differs, "the base path /shop/v1 is taken off the path")
		if isShown != strings.Contains(want, "BasePath") {
			t.Errorf("%s: shown %t in %q", settings, isShown, target.Facts(request).Differs)
		}
		files, err = target.Entrypoint(model.Function{Name: "handle", Handler: handler, Trigger: model.Queue{Name: "orders"}})
		if err != nil || strings.Contains(string(files[0].Data), "shop/v1") {
			t.Errorf("%s: %v\n%s", settings, err, files[0].Data)
		}
	}
}

// The key takes what can be in front of a path: whole segments, as the keys of
// mappings are written.
func TestBasePathGrammar(t *testing.T) {
	for path, isPossible := range map[string]bool{
		"/v1": true, "/shop/v1.2": true, "/a-b_c$!*'(),+": true,
		"": false, "/": false, "v1": false, "/v1/": false, "//v1": false, "/a/../b": false, "/.a": false, "/a%20b": false, "/a b": false, "/{id}": false, "/a?b": false, "/é": false,
	} {
		c := config.Parse([]byte(`targets: {aws: {base-path: "`+path+`"}}`), []string{"aws"})
		aws.New(c.Sections("aws"))
		if got := len(c.Diagnostics()) == 0; got != isPossible {
			t.Errorf("%q: possible %t, want %t: %v", path, got, isPossible, c.Diagnostics())
		}
	}
}

// What the documentation shows of an HTTP API that exists already is what the example's
// template has for it.
func TestExistingAPIPage(t *testing.T) {
	page, err := os.ReadFile("../../../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(page), "\n**An existing HTTP API** ")
	shown := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(text, 2)
	resources, outputs, ok := strings.Cut(shown[1][1], "Outputs:\n")
	dir, err := filepath.Abs("../../../../examples/shop")
	if err != nil || !ok {
		t.Fatal(err, ok)
	}
	files, err := generate(t, dir, shown[0][1])
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{resources, "Outputs:\n" + outputs} {
		if !strings.Contains(string(files[0].Data), part) {
			t.Errorf("the template has not\n%s", part)
		}
	}
}

// An HTTP API that exists already gets the same routes, integrations and rights as
// the stack's own, and is none of the stack's resources.
func TestExistingAPI(t *testing.T) {
	app := model.App{Path: "example.com/shop", Functions: []model.Function{
		{Name: "read", Trigger: model.HTTP{Methods: []string{"GET"}, Path: "/orders/{id}", Public: true}},
		{Name: "files", Trigger: model.HTTP{Path: "/files/"}},
		{Name: "confirm", Trigger: model.Queue{Name: "orders"}},
	}}
	const id = "0123456789"
	resolved := func(settings string) (properties map[string]any, address any) {
		parsed := template(t, "targets: {aws: "+settings+"}", app)
		lookup := func(r cfn.Reference) (string, error) {
			if _, ok := parsed.Resources[r.ID]; !ok && !r.IsPseudo() {
				return "", fmt.Errorf("%s is no resource", r)
			}
			return map[string]string{"Api": id, "Api.ApiEndpoint": "https://" + id + ".execute-api.eu-west-1.amazonaws.com", "AWS::Region": "eu-west-1",
				"AWS::URLSuffix": "amazonaws.com"}[r.String()], nil
		}
		properties = map[string]any{}
		for name, r := range parsed.Resources {
			p, err := cfn.Resolve(r.Properties, lookup)
			if err != nil {
				t.Fatal(err)
			}
			properties[name] = []any{r.Type, p}
		}
		address, err := cfn.Resolve(parsed.Outputs["Api"], lookup)
		if err != nil {
			t.Fatal(err)
		}
		return properties, address
	}
	own, ownAddress := resolved("{http: api}")
	existing, address := resolved("{http: api, api-id: \"" + id + "\"}")
	if own["Api"] == nil || own["ApiStage"] == nil || existing["Api"] != nil || existing["ApiStage"] != nil {
		t.Errorf("the stack's own: %v, %v; beside an existing one: %v, %v", own["Api"], own["ApiStage"], existing["Api"], existing["ApiStage"])
	}
	delete(own, "Api")
	delete(own, "ApiStage")
	if diff := cmp.Diff(own, existing); diff != "" {
		t.Errorf("resources (-own +existing):\n%s", diff)
	}
	if diff := cmp.Diff(ownAddress, address); diff != "" || address == nil {
		t.Errorf("address (-own +existing):\n%s", diff)
	}
}
