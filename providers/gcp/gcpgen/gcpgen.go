// Package gcpgen generates functions for Google Cloud Functions.
package gcpgen

import (
	"strings"
	"time"

	"github.com/dave/jennifer/jen"

	"github.com/fngen/fngen/gen"
)

const (
	gcpPath       = "github.com/fngen/fngen/providers/gcp"
	frameworkPath = "github.com/GoogleCloudPlatform/functions-framework-go"
)

// Target generates for Google Cloud Functions: a module that the platform's
// buildpack compiles without the network.
type Target struct{ arch string }

var (
	_ gen.Target         = Target{}
	_ gen.SourcePackager = Target{}
)

// New returns the target as fngen.yaml has it: arch is amd64, the only one.
func New(s *gen.Settings) Target {
	return Target{arch: s.String("arch", "amd64", gen.OneOf("amd64"))}
}

// Name is gcp.
func (Target) Name() string { return "gcp" }

// Platform is that of the buildpack.
func (t Target) Platform() gen.Platform { return gen.Platform{GOOS: "linux", GOARCH: t.arch} }

// Check has the limits of Google Cloud Functions and what feeds them.
func (t Target) Check(f gen.Function) []gen.Problem {
	g := gen.NewGate(t.Name(), f)
	g.Sinks()
	if first, _, _ := strings.Cut(f.Handler.PkgPath, "/"); !strings.Contains(first, ".") {
		g.Errorf("the module path begins with %q, and the buildpack takes only paths with a dot there; rename the module, example.com/%[1]s for instance", first)
	}
	if trigger, ok := f.Trigger.(gen.HTTP); ok {
		g.Timeout(3600*time.Second, "an HTTP function")
		g.HTTP(trigger)
		return g.Problems
	}
	if _, ok := f.Trigger.(gen.Schedule); ok {
		g.Timeout(30*time.Minute, "a Cloud Scheduler job")
	} else {
		g.Timeout(540*time.Second, "an event function")
	}
	switch trigger := f.Trigger.(type) {
	case gen.Queue:
		queue(g, f, trigger)
	case gen.Topic:
		attempts(g, f)
	case gen.Stream:
		stream(g, trigger)
		attempts(g, f)
	case gen.Schedule:
		if _, err := expression(trigger); err != nil {
			g.Errorf("%s", err)
		}
	case gen.Document:
		if subset(trigger) {
			g.Warnf("Eventarc filters for one kind of change or for all: the other is checked in the function, so that it is paid for")
		}
		retries(g, f)
	case gen.Object:
		if trigger.Prefix != "" || trigger.Suffix != "" {
			g.Warnf("prefix and suffix are checked in the function, so that events of other objects are paid for")
		}
		if trigger.Deleted {
			g.Warnf("an overwrite deletes the old object, so that it fires too")
		}
		g.Warnf("the bucket must lie in the function's own project")
		retries(g, f)
	case gen.Event:
		retries(g, f)
	}
	return g.Problems
}

func queue(g *gen.Gate, f gen.Function, t gen.Queue) {
	if t.FIFO {
		g.Warnf("order is kept among messages of one ordering key, which the publisher must set")
	}
	if t.Batch > 1 || t.Window > 0 {
		g.Warnf("messages come one at a time; batch and window are ignored")
	}
	if t.Visibility > 600*time.Second {
		g.Errorf("visibility=%s is above 10m0s, the limit of an acknowledgement's deadline; lower it", t.Visibility)
	}
	attempts(g, f)
}

// attempts refuses a number of retries that a subscription's dead letter
// policy does not take.
func attempts(g *gen.Gate, f gen.Function) {
	if n := f.Retries; n != nil && (*n+1 < 5 || *n+1 > 100) {
		g.ErrorAt("retries", "%d is outside of 4 to 99 retries, the limits of Pub/Sub; change the number", *n)
	}
}

func stream(g *gen.Gate, t gen.Stream) {
	if t.Latest {
		g.Errorf("a subscription has no start=latest; remove it, since a new subscription holds what is published after it")
	}
	if t.Batch > 1 {
		g.Warnf("records come one at a time; batch is ignored")
	}
	if t.Concurrency > 0 {
		g.Warnf("records of one ordering key come one after another, and others as instances allow; concurrency is ignored")
	}
}

// retries refuses a number of retries where Eventarc has none to set.
func retries(g *gen.Gate, f gen.Function) {
	if f.Retries != nil {
		g.ErrorAt("retries", "Eventarc retries for 24 hours and has no number to set; remove the directive")
	}
}

// Entrypoint returns function.go, whose init registers the function: the
// buildpack compiles a main that imports it.
func (t Target) Entrypoint(f gen.Function) ([]gen.File, error) {
	fed, source := feed(f)
	e := gen.NewEntry(f, "function", "Package function registers "+f.Callee()+" with Google Cloud Functions, "+fed+".",
		map[string]string{gcpPath: "gcp", frameworkPath + "/functions": "functions"})
	e.Anon(frameworkPath + "/funcframework") // the buildpack's main needs it among the vendored packages
	var start []jen.Code
	var handler jen.Code
	if trigger, ok := f.Trigger.(gen.HTTP); ok {
		start = e.Routes(trigger)
		handler = jen.Qual(gcpPath, "HTTPHandler").Call(jen.Id("mux"), source)
	} else {
		handler = jen.Qual(gcpPath, "Handler").Call(e.Handler(), source)
	}
	start = append(start, jen.Qual(frameworkPath+"/functions", "HTTP").Call(jen.Lit(gen.Camel(f.Name)), jen.Add(handler).Dot("ServeHTTP")))
	e.Func().Id("init").Params().Block(e.Body(jen.Qual(gcpPath, "Fail"), start...)...)
	data, err := e.Bytes()
	return []gen.File{{Path: "function.go", Data: data}}, err
}

// feed says what feeds the function, in words and as the source's literal.
func feed(f gen.Function) (string, jen.Code) {
	drop := gen.Field{Name: "NoDeadLetter", Value: f.DeadLetter == "none"}
	switch t := f.Trigger.(type) {
	case gen.HTTP:
		return "behind HTTP", gen.Literal(gcpPath, "HTTP")
	case gen.Queue:
		return "fed by a Pub/Sub subscription", gen.Literal(gcpPath, "PubSub",
			gen.Field{Name: "Queue", Value: t.Name}, gen.Field{Name: "Content", Value: t.Content}, drop)
	case gen.Object:
		return "fed by a Cloud Storage bucket", gen.Literal(gcpPath, "Storage",
			gen.Field{Name: "Bucket", Value: t.Bucket}, gen.Field{Name: "Created", Value: t.Created}, gen.Field{Name: "Deleted", Value: t.Deleted},
			gen.Field{Name: "Prefix", Value: t.Prefix}, gen.Field{Name: "Suffix", Value: t.Suffix}, drop)
	case gen.Topic:
		return "fed by a Pub/Sub subscription", gen.Literal(gcpPath, "PubSub",
			gen.Field{Name: "Topic", Value: t.Name}, gen.Field{Name: "Content", Value: t.Content}, drop)
	case gen.Stream:
		return "fed by an ordered Pub/Sub subscription", gen.Literal(gcpPath, "PubSub", gen.Field{Name: "Stream", Value: t.Name}, drop)
	case gen.Schedule:
		return "fired by Cloud Scheduler", gen.Literal(gcpPath, "Scheduler", gen.Field{Name: "Name", Value: f.Name}, drop)
	case gen.Document:
		return "fed by a Firestore collection", gen.Literal(gcpPath, "Firestore", append(gen.DocumentFields(t), gen.Field{Name: "Before", Value: t.Before}, drop)...)
	case gen.Event:
		return "fed by Eventarc", gen.Literal(gcpPath, "Event",
			gen.Field{Name: "Type", Value: t.Type}, gen.Field{Name: "Source", Value: t.Source}, drop)
	}
	return "", nil
}

// PackageSource returns the module as it is: the root of the archive is the
// function's package.
func (Target) PackageSource(_ gen.Function, module []gen.File) ([]gen.File, error) {
	return module, nil
}
