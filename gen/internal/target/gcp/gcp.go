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
// function that pushes to it, and a topic for what it gives up. Those of a queue
// are called after it, and what else is the function's after its identity, so that
// neither a rename nor another function loses what they hold. Events of a
// type of one's own come through an Eventarc channel, to which they are
// published with the Eventarc Publishing API, and from the topics that are the
// application's event sinks. Each function runs as an account that may read its
// secrets, publish to its sinks and the topic of its dead letters, use what its
// setup does, what fngen.yaml adds, and nothing else; one more account is that as
// which Pub/Sub, Eventarc and Cloud Scheduler call.
package gcp

import (
	"go/token"
	"regexp"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
)

const (
	gcpPath       = "github.com/fngen/fngen/providers/gcp"
	frameworkPath = "github.com/GoogleCloudPlatform/functions-framework-go"
	pubsubPath    = gcpPath + "/sink/pubsub"
	firestorePath = gcpPath + "/resource/firestore"
	storagePath   = gcpPath + "/resource/cloudstorage"
)

// New returns the target as fngen.yaml has it. package is source, the default,
// for a [Buildpack], or binary, for a [Binary]. arch is amd64, the default and the
// only one that Google runs, or arm64, for a binary elsewhere. audience and
// caller, an ID token's audience and the e-mail of the service account that
// pushes the events, come together: what is not public lets nobody else
// through then. See gcp.Verify for where that works. project and region are
// the defaults of main.tf's variables, runtime is what compiles a source, and
// channel an Eventarc channel that exists. Of a resource, name says that it
// exists, or what a collection is called, location where it is, database where
// the collection is, and url where an http sink is. What operators decide of
// functions is in operators.go.
func New(says config.Sections) model.Target {
	s := says.Target
	binary := s.String(config.Key{Name: "package", Doc: "source, which Google's buildpack compiles, or binary, for Cloud Run without a build.",
		Default: "source", OneOf: []string{"source", "binary"}}) == "binary"
	t := target{
		binary:   binary,
		arch:     s.String(config.Key{Name: "arch", Doc: "Architecture of the functions; arm64 only for a binary elsewhere.", Default: "amd64", OneOf: []string{"amd64", "arm64"}}),
		audience: s.String(audienceKey),
		caller:   s.String(callerKey),
		project:  s.String(projectKey),
		region:   s.String(regionKey),
		runtime:  s.String(runtimeKey),
		channel:  s.String(channelKey),
		state:    s.String(stateKey),
		kms:      s.String(kmsKey),
		notified: s.String(notifyKey),
		all:      readOperated(s, binary),

		functions: map[string]operated{},
		resources: map[string]resource{},
	}
	for name, f := range says.Functions {
		o := readOperated(f, binary)
		if o.rights = readRights(f); o.rights != nil {
			o.pos = f.Position(rightsKey.Name)
		}
		t.functions[name] = o
	}
	for name, r := range says.Resources {
		known := resource{
			name: r.String(nameKey), location: r.String(locationKey), database: r.String(databaseKey), url: r.Address(urlKey), roles: r.Strings(rolesKey),
		}
		if r.Has(nameKey.Name) {
			known.pos = r.Position(nameKey.Name)
		}
		t.resources[name] = known
	}
	if binary && s.Has("runtime") {
		s.Refuse("config-value", "runtime", "does nothing with package: binary, which nobody compiles any more; remove it")
	}
	if !binary && t.arch != "amd64" {
		s.Refuse("config-value", "arch", "is %q, and Google's buildpack compiles for amd64; remove it, or write package: binary", t.arch)
	}
	if t.region != "" && t.kms != "" && !strings.Contains(t.kms, "/locations/"+t.region+"/") {
		s.Refuse("config-value", "kms-key", "is a key of another region than %s, and Google takes one of the same; give that", t.region)
	}
	for key, other := range map[string]string{"audience": "caller", "caller": "audience"} {
		if s.Has(key) && !s.Has(other) {
			s.Refuse("config-value", key, "does nothing alone; add %s, or remove it", other)
		}
	}
	if binary {
		return Binary{t}
	}
	return Buildpack{t}
}

// target is what both packages have in common.
type target struct {
	binary           bool // instead of a source
	arch             string
	audience, caller string // both or none
	project, region  string // "" for none
	runtime          string
	channel          string // "" for one that is created
	state            string // "" for nowhere
	kms              string // "" for keys of Google's
	notified         string // "" for nobody
	all              operated
	functions        map[string]operated // by the name
	resources        map[string]resource
}

// Name is gcp.
func (target) Name() string { return "gcp" }

// Platform is Linux: that of the buildpack, or of the binary.
func (t target) Platform() model.Platform { return model.Platform{GOOS: "linux", GOARCH: t.arch} }

// imports are the names of the packages that entrypoints import.
var imports = map[string]string{
	gcpPath: "gcp", pubsubPath: "pubsub", firestorePath: "firestore", storagePath: "cloudstorage", frameworkPath + "/functions": "functions",
}

// sinkLiteral is the literal of a sink.
func sinkLiteral(s model.Sink) jen.Code { return output.SinkLiteral(pubsubPath, "Topic", s) }

// open is the call that opens a use. The platform has put the value of a secret
// where the name of another resource stands.
func open(u model.Use) jen.Code {
	switch {
	case u.AsName || u.Kind == model.UseSecret:
		return output.OpenUse(gcpPath, "Use", u)
	case u.Kind == model.UseObject:
		return output.OpenUse(storagePath, "Bucket", u, jen.Lit(u.Prefix))
	default:
		return output.OpenUse(firestorePath, "Collection", u)
	}
}

// handler returns the statements that come before it, if any, and the
// function's http.Handler.
func (t target) handler(e *output.Entry, f model.Function, s source) ([]jen.Code, jen.Code) {
	var before []jen.Code
	var handler jen.Code
	if trigger, ok := f.Trigger.(model.HTTP); ok {
		before = e.Routes(trigger)
		handler = jen.Qual(gcpPath, "HTTPHandler").Call(e.Mux(trigger), output.Literal(gcpPath, s.name, s.fields...))
	} else {
		fields := append(s.fields, e.DeadLetterField())
		handler = jen.Qual(gcpPath, "Handler").Call(e.Handler(), output.Literal(gcpPath, s.name, fields...))
	}
	if t.ChecksCaller(f) {
		handler = jen.Qual(gcpPath, "Verify").Call(handler, jen.Lit(t.audience), jen.Lit(t.caller))
	}
	return before, handler
}

// ChecksCaller reports whether the function verifies the tokens of callers.
func (t target) ChecksCaller(f model.Function) bool { return t.audience != "" && !public(f) }

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
		return "behind HTTP", source{"HTTP", []output.Field{{Name: "Keep", Value: t.Keep}}}
	case model.Queue:
		return "fed by a Pub/Sub subscription", source{"PubSub", []output.Field{{Name: "Queue", Value: t.Name}, {Name: "Content", Value: t.Content}, {Name: "Letters", Value: t.Letters}}}
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

var (
	audienceKey = config.Key{Name: "audience", Doc: "The audience of the ID tokens that callers bring, where Cloud Run does not check them itself.",
		Grammar: regexp.MustCompile(`^[!-~]{1,512}$`),
		Want:    "the audience of the tokens, which is often the URL of the function, in 1 to 512 ASCII characters without spaces"}
	callerKey = config.Key{Name: "caller", Doc: "The e-mail of the service account that calls with such a token.",
		Grammar: regexp.MustCompile(`^[a-z0-9.-]{1,64}@([a-z0-9-]{1,63}\.){0,8}gserviceaccount\.com$`),
		Want:    "the e-mail of a service account, NAME@PROJECT.iam.gserviceaccount.com"}

	// https://cloud.google.com/resource-manager/docs/creating-managing-projects
	projectKey = config.Key{Name: "project", Doc: "The default of the variable project in main.tf; without one it has to be given.",
		Grammar: regexp.MustCompile(`^[a-z][a-z0-9-]{4,28}[a-z0-9]$`), Want: "a project's ID such as acme-shop"}
	regionKey = config.Key{Name: "region", Doc: "The default of the variable region in main.tf; without one it has to be given.",
		Grammar: regexp.MustCompile(`^[a-z]+-[a-z]+[0-9]{1,2}$`), Want: "a region such as europe-west1"}
	// https://cloud.google.com/run/docs/runtimes/go
	runtimeKey = config.Key{Name: "runtime", Doc: "The runtime that compiles the functions.", Default: "go126", OneOf: []string{"go126", "go127"}}
	channelKey = config.Key{Name: "channel", Doc: "An Eventarc channel in the region that exists already and carries the events of event triggers; without one it is created.",
		Grammar: regexp.MustCompile(`^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`), Want: "the name of a channel, a-z, 0-9 and -"}

	// https://cloud.google.com/iam/docs/roles-overview
	rolesKey = config.Key{Name: "roles", Doc: "IAM's roles on a bucket, or on the project of a collection's database, that functions with a use of it have besides, for an SDK of their own.",
		Grammar: regexp.MustCompile(`^((projects/[a-z][a-z0-9-]{4,28}[a-z0-9]|organizations/[0-9]{1,19})/)?roles/[A-Za-z][A-Za-z0-9._]{1,63}$`), Want: "the name of a role, roles/datastore.user for instance"}
	urlKey  = config.Key{Name: "url", Doc: "The URL of an http sink."}
	nameKey = config.Key{Name: "name", Doc: "The topic or bucket in the project that exists already and stands for it, or the collection's name in Firestore.",
		Grammar: regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._~%+-]{0,254}$`), Want: "a name in the project, of letters, digits and ._~%+-"}
	topicName  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._~%+-]{2,254}$`)
	bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$`)
	// https://cloud.google.com/eventarc/docs/locations
	locationKey = config.Key{Name: "location", Doc: "Where the bucket that exists, or the collection's database, is; the region by default.",
		Grammar: regexp.MustCompile(`^[a-z]+[0-9]{0,2}(-[a-z]+[0-9]{1,2})?$`), Want: "a location such as europe-west1, eu or eur3"}
	// https://cloud.google.com/firestore/docs/manage-databases
	databaseKey = config.Key{Name: "database", Doc: "The collection's database.", Default: "(default)",
		Grammar: regexp.MustCompile(`^(\(default\)|[a-z][a-z0-9-]{2,61}[a-z0-9])$`), Want: "the ID of a Firestore database"}
)

// A resource is what fngen.yaml says of one that exists.
type resource struct {
	name     string // "" for one that is created
	location string // "" for the region
	database string
	url      model.Variable
	roles    []string // that functions with a use of it have besides those of the use

	pos token.Position // of the name
}

// named returns the resource of the logical name.
func (t target) named(name string) resource {
	if r, ok := t.resources[name]; ok {
		return r
	}
	return resource{database: databaseKey.Default}
}
