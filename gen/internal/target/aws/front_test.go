package aws_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/target/aws"
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
