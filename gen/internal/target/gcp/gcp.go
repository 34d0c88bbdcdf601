// Package gcp generates functions for Google Cloud Functions, or Cloud Run,
// and the Terraform module that deploys them.
//
// The module creates what feeds the functions unless fngen.yaml names it, but
// for three things that are there already: the project with its APIs, the
// secrets, and the Firestore database. Its variable name begins all names, so
// that an application can be in one project several times, and project and
// region have to be given unless fngen.yaml has them.
//
// Queues, topics and streams are Pub/Sub topics, with a subscription for each
// function that pushes to it, and a topic for what it gives up. Events of a
// type of one's own come through an Eventarc channel, to which they are
// published with the Eventarc Publishing API, and from the topics that are the
// application's event sinks. Each function runs as an account that may read its
// secrets, publish to its sinks and the topic of its dead letters, and nothing
// else; one more account is that as which Pub/Sub, Eventarc and Cloud Scheduler
// call.
package gcp

import (
	"github.com/dave/jennifer/jen"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
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
// through then. See gcp.Verify for where that works. project and region are
// the defaults of main.tf's variables, runtime is what compiles a source, and
// channel an Eventarc channel that exists. Of a resource, name says that it
// exists, or what a collection is called, location where it is, database where
// the collection is, and url where an http sink is.
func New(s *config.Settings, resources map[string]*config.Settings) model.Target {
	binary := s.String(config.Key{Name: "package", Doc: "source, which Google's buildpack compiles, or binary, for Cloud Run without a build.",
		Default: "source", OneOf: []string{"source", "binary"}}) == "binary"
	t := target{
		arch:     s.String(config.Key{Name: "arch", Doc: "Architecture of the functions; arm64 only for a binary elsewhere.", Default: "amd64", OneOf: []string{"amd64", "arm64"}}),
		audience: s.String(audience),
		caller:   s.String(caller),
		project:  s.String(project),
		region:   s.String(region),
		runtime:  s.String(runtime),
		channel:  s.String(channel),

		resources: map[string]resource{},
	}
	for name, r := range resources {
		t.resources[name] = resource{
			name: r.String(resourceName), location: r.String(resourceLocation), database: r.String(resourceDatabase), url: r.String(resourceURL),
		}
	}
	if binary && s.Has("runtime") {
		s.Refuse("runtime", "does nothing with package: binary, which nobody compiles any more; remove it")
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
	project, region  string // "" for none
	runtime          string
	channel          string // "" for one that is created
	resources        map[string]resource
}

// Name is gcp.
func (target) Name() string { return "gcp" }

// Platform is Linux: that of the buildpack, or of the binary.
func (t target) Platform() model.Platform { return model.Platform{GOOS: "linux", GOARCH: t.arch} }

// handler returns the statements that come before it, if any, and the
// function's http.Handler.
func (t target) handler(e *output.Entry, f model.Function, s source) ([]jen.Code, jen.Code) {
	e.SendTo(literal)
	var before []jen.Code
	var handler jen.Code
	if trigger, ok := f.Trigger.(model.HTTP); ok {
		before = e.Routes(trigger)
		handler = jen.Qual(gcpPath, "HTTPHandler").Call(e.Mux(trigger), output.Literal(gcpPath, s.name))
	} else {
		fields := append(s.fields, deadLetters(e, f))
		handler = jen.Qual(gcpPath, "Handler").Call(e.Handler(), output.Literal(gcpPath, s.name, fields...))
	}
	if t.audience != "" && !public(f) {
		handler = jen.Qual(gcpPath, "Verify").Call(handler, jen.Lit(t.audience), jen.Lit(t.caller))
	}
	return before, handler
}

// public reports whether everybody may call the function.
func public(f model.Function) bool {
	trigger, ok := f.Trigger.(model.HTTP)
	return ok && trigger.Public
}

// A source is the type of what feeds a function, and its fields.
type source struct {
	name   string
	fields []output.Field
}

// feed says what feeds the function, in words and as its source.
func feed(f model.Function) (string, source) {
	switch t := f.Trigger.(type) {
	case model.HTTP:
		return "behind HTTP", source{"HTTP", nil}
	case model.Queue:
		return "fed by a Pub/Sub subscription", source{"PubSub", []output.Field{{Name: "Queue", Value: t.Name}, {Name: "Content", Value: t.Content}}}
	case model.Object:
		return "fed by a Cloud Storage bucket", source{"Storage", output.ObjectFields(t)}
	case model.Topic:
		return "fed by a Pub/Sub subscription", source{"PubSub", []output.Field{{Name: "Topic", Value: t.Name}, {Name: "Content", Value: t.Content}}}
	case model.Stream:
		return "fed by an ordered Pub/Sub subscription", source{"PubSub", []output.Field{{Name: "Stream", Value: t.Name}}}
	case model.Schedule:
		return "fired by Cloud Scheduler", source{"Scheduler", []output.Field{{Name: "Name", Value: f.Name}}}
	case model.Document:
		return "fed by a Firestore collection", source{"Firestore", append(output.DocumentFields(t), output.Field{Name: "Before", Value: t.Before})}
	case model.Event:
		return "fed by Eventarc", source{"Event", []output.Field{{Name: "Type", Value: t.Type}, {Name: "Source", Value: t.Source}}}
	}
	return "", source{}
}
