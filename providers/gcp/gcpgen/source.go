package gcpgen

import (
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/fngen/fngen/gen"
)

// Source generates for Google Cloud Functions: a module that the platform's
// buildpack compiles without the network.
type Source struct{ target }

var (
	_ gen.Target         = Source{}
	_ gen.SourcePackager = Source{}
)

// Check has the limits of Google Cloud Functions, of what feeds them, and of
// the buildpack.
func (t Source) Check(f gen.Function) []gen.Diagnostic {
	report := t.check(f)
	if first, _, _ := strings.Cut(f.Handler.PkgPath, "/"); !strings.Contains(first, ".") {
		report.Errorf("the module path begins with %q, and the buildpack takes only paths with a dot there; rename the module, example.com/%[1]s for instance", first)
	}
	if t.audience != "" && !public(f) {
		report.Warnf("Cloud Run's own check takes the signature off the tokens that targets.gcp.audience verifies; let everybody invoke the service, or remove audience and caller")
	}
	return report.Diagnostics
}

// Entrypoint returns function.go, whose init registers the function: the
// buildpack compiles a main that imports it.
func (t Source) Entrypoint(f gen.Function) ([]gen.File, error) {
	fed, source := feed(f)
	e := gen.NewEntry(f, "function", "Package function registers "+f.Callee()+" with Google Cloud Functions, "+fed+".", imports)
	e.Anon(frameworkPath + "/funcframework") // the buildpack's main needs it among the vendored packages
	start, handler := t.handler(e, f, source)
	start = append(start, jen.Qual(frameworkPath+"/functions", "HTTP").Call(jen.Lit(gen.Camel(f.Name)), jen.Add(handler).Dot("ServeHTTP")))
	e.Func().Id("init").Params().Block(e.Body(jen.Qual(gcpPath, "Fail"), start...)...)
	data, err := e.Bytes()
	return []gen.File{{Path: "function.go", Data: data}}, err
}

// PackageSource returns the module as it is: the root of the archive is the
// function's package.
func (Source) PackageSource(_ gen.Function, module []gen.File) ([]gen.File, error) {
	return module, nil
}

// Infrastructure returns main.tf: a Cloud Function for each, and what feeds them.
func (t Source) Infrastructure(app gen.App) ([]gen.File, error) { return t.infrastructure(app, false) }
