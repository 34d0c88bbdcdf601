package gcp

import (
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
)

// Buildpack generates for Google Cloud Functions: a module that the platform's
// buildpack compiles without the network.
type Buildpack struct{ target }

var (
	_ model.Target      = Buildpack{}
	_ model.LocalRunner = Buildpack{}
	_ model.RuntimeUser = Buildpack{}
)

// Runtimes is the one that compiles the functions, too.
func (t Buildpack) Runtimes() (ids []string, key string) { return []string{t.runtime}, runtimeKey.Name }

// Check has the limits of Google Cloud Functions, of what feeds them, and of
// the buildpack.
func (t Buildpack) Check(f model.Function) []model.Diagnostic {
	report := t.check(f)
	if first, _, _ := strings.Cut(f.Handler.PkgPath, "/"); !strings.Contains(first, ".") {
		report.Errorf("module-path", "the module path begins with %q, and the buildpack takes only paths with a dot there; rename the module, example.com/%[1]s for instance", first)
	}
	if t.ChecksCaller(f) {
		report.Warnf("audience-signature", "Cloud Run's own check takes the signature off the tokens that targets.gcp.audience verifies; let everybody invoke the service, or remove audience and caller")
	}
	return report.Diagnostics
}

// Entrypoint returns function.go, whose init registers the function: the
// buildpack compiles a main that imports it.
func (t Buildpack) Entrypoint(f model.Function) ([]model.File, error) {
	fed, source := feed(f)
	e := output.NewEntry(f, "function", "Package function registers "+f.Callee()+" with Google Cloud Functions, "+fed+".", imports, sinkLiteral, open)
	e.Anon(frameworkPath + "/funcframework") // the buildpack's main needs it among the vendored packages
	start, handler := t.handler(e, f, source)
	start = append(start, jen.Qual(frameworkPath+"/functions", "HTTP").Call(jen.Lit(model.Camel(f.Name)), jen.Add(handler).Dot("ServeHTTP")))
	e.Begin(jen.Qual(gcpPath, "Init").Call())
	return e.Write("function.go", "init", gcpPath, start...)
}

// Binary generates for Cloud Run and for whatever else runs a program that
// listens on $PORT: a static binary that needs nothing around it.
//
// The archive holds it as main, the name that Google's own documentation gives
// a Go binary. Unpacked in a folder, it is deployed without a build by
//
//	gcloud beta run deploy SERVICE --source=FOLDER --no-build --base-image=osonly24 --command=./main
//
// (https://cloud.google.com/docs/buildpacks/osonly), or is the one file of an
// image FROM scratch that has the certificates a client of TLS needs. Cloud Run
// runs amd64 alone.
type Binary struct{ target }

var (
	_ model.Target         = Binary{}
	_ model.BinaryPackager = Binary{}
)

// Check has the limits of Cloud Run and of what feeds it.
func (t Binary) Check(f model.Function) []model.Diagnostic {
	report := t.check(f)
	if t.audience == "" && !public(f) {
		report.Warnf("callers-unchecked", "without targets.gcp.audience and caller whoever reaches the binary is trusted, so that it is safe only behind Cloud Run's own check; set them to run it elsewhere")
	}
	return report.Diagnostics
}

// Entrypoint returns main.go.
func (t Binary) Entrypoint(f model.Function) ([]model.File, error) {
	fed, source := feed(f)
	e := output.NewEntry(f, "main", "Command "+f.Name+" runs "+f.Callee()+" on Cloud Run, "+fed+".", imports, sinkLiteral, open)
	start, handler := t.handler(e, f, source)
	e.SetLogger(gcpPath)
	return e.Write("main.go", "main", gcpPath, append(start, jen.Qual(gcpPath, "Serve").Call(handler))...)
}

// PackageBinary returns the program.
func (Binary) PackageBinary(f model.Function, binary []byte) ([]model.Archive, error) {
	return []model.Archive{{Path: f.Name + ".zip", Files: []model.File{{Path: "main", Data: binary, Executable: true}}}}, nil
}

// LocalTarget returns a [Binary] that checks no caller.
func (t target) LocalTarget() model.Target {
	t.binary, t.audience, t.caller = true, "", ""
	return Binary{t}
}
