// Package gcpgen generates functions for Google Cloud Functions.
package gcpgen

import (
	"time"

	"github.com/dave/jennifer/jen"

	"github.com/fngen/fngen/gen"
)

const (
	gcpPath       = "github.com/fngen/fngen/providers/gcp"
	frameworkPath = "github.com/GoogleCloudPlatform/functions-framework-go"
)

// New returns the target as fngen.yaml has it. package is source, the default,
// for a [Source], or binary, for a [Binary]. arch is amd64, the default and the
// only one that Google runs, or arm64, for a binary elsewhere. audience and
// caller, an ID token's audience and the e-mail of the service account that
// pushes the events, come together: what is not public lets nobody else
// through then. See gcp.Verify for where that works.
func New(s *gen.Settings, _ map[string]*gen.Settings) gen.Target {
	binary := s.String(gen.Key{Name: "package", Doc: "source, which Google's buildpack compiles, or binary, for Cloud Run without a build.",
		Default: "source", OneOf: []string{"source", "binary"}}) == "binary"
	t := target{
		arch:     s.String(gen.Key{Name: "arch", Doc: "Architecture of the functions; arm64 only for a binary elsewhere.", Default: "amd64", OneOf: []string{"amd64", "arm64"}}),
		audience: s.String(audience),
		caller:   s.String(caller),
	}
	if !binary && t.arch != "amd64" {
		s.Refuse("arch", "is %q, and Google's buildpack compiles for amd64; remove it, or write package: binary", t.arch)
	}
	together(s, "audience", "caller")
	if binary {
		return Binary{t}
	}
	return Source{t}
}

// target is what both packages have in common.
type target struct {
	arch             string
	audience, caller string // both or none
}

// Name is gcp.
func (target) Name() string { return "gcp" }

// Platform is Linux: that of the buildpack, or of the binary.
func (t target) Platform() gen.Platform { return gen.Platform{GOOS: "linux", GOARCH: t.arch} }

// check has the limits of Google Cloud Functions and what feeds them.
func (t target) check(f gen.Function) *gen.Gate {
	g := gen.NewGate(t.Name(), f)
	g.Sinks()
	g.DeadLetter()
	if trigger, ok := f.Trigger.(gen.HTTP); ok {
		g.Timeout(3600*time.Second, "an HTTP function")
		g.HTTP(trigger)
		return g
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
	return g
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

// handler returns the statements that come before it, if any, and the
// function's http.Handler.
func (t target) handler(e *gen.Entry, f gen.Function, source jen.Code) ([]jen.Code, jen.Code) {
	var before []jen.Code
	var handler jen.Code
	if trigger, ok := f.Trigger.(gen.HTTP); ok {
		before = e.Routes(trigger)
		handler = jen.Qual(gcpPath, "HTTPHandler").Call(e.Mux(trigger), source)
	} else {
		handler = jen.Qual(gcpPath, "Handler").Call(e.Handler(), source)
	}
	if t.audience != "" && !public(f) {
		handler = jen.Qual(gcpPath, "Verify").Call(handler, jen.Lit(t.audience), jen.Lit(t.caller))
	}
	return before, handler
}

// public reports whether everybody may call the function.
func public(f gen.Function) bool {
	trigger, ok := f.Trigger.(gen.HTTP)
	return ok && trigger.Public
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
		return "fed by a Cloud Storage bucket", gen.Literal(gcpPath, "Storage", append(gen.ObjectFields(t), drop)...)
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

// Infrastructure returns nothing.
func (target) Infrastructure(gen.App) ([]gen.File, error) { return nil, nil }
