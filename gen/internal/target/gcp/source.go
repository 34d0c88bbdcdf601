package gcp

import (
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
)

// Source generates for Google Cloud Functions: a module that the platform's
// buildpack compiles without the network.
type Source struct{ target }

var (
	_ model.Target         = Source{}
	_ model.SourcePackager = Source{}
)

// Check has the limits of Google Cloud Functions, of what feeds them, and of
// the buildpack.
func (t Source) Check(f model.Function) []model.Diagnostic {
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
func (t Source) Entrypoint(f model.Function) ([]model.File, error) {
	fed, source := feed(f)
	e := output.NewEntry(f, "function", "Package function registers "+f.Callee()+" with Google Cloud Functions, "+fed+".", imports)
	e.Anon(frameworkPath + "/funcframework") // the buildpack's main needs it among the vendored packages
	start, handler := t.handler(e, f, source)
	start = append(start, jen.Qual(frameworkPath+"/functions", "HTTP").Call(jen.Lit(model.Camel(f.Name)), jen.Add(handler).Dot("ServeHTTP")))
	e.Func().Id("init").Params().Block(e.Body(jen.Qual(gcpPath, "Fail"), start...)...)
	data, err := e.Bytes()
	return []model.File{{Path: "function.go", Data: data}}, err
}

// PackageSource returns the module as it is: the root of the archive is the
// function's package.
func (Source) PackageSource(_ model.Function, module []model.File) ([]model.File, error) {
	return module, nil
}

// Infrastructure returns main.tf: a Cloud Function for each, and what feeds them.
func (t Source) Infrastructure(app model.App) ([]model.File, []model.Diagnostic, error) {
	return t.infrastructure(app, false)
}
