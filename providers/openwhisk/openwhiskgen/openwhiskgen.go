// Package openwhiskgen generates actions for Apache OpenWhisk.
package openwhiskgen

import (
	"cmp"
	"regexp"
	"strings"
	"time"

	"github.com/dave/jennifer/jen"

	"github.com/fngen/fngen/gen"
)

const (
	openwhiskPath = "github.com/fngen/fngen/providers/openwhisk"
	webPath       = openwhiskPath + "/web"
)

// defaultRetries is how often an event is tried again in the action if no
// directive says: the platform itself tries nothing again.
const defaultRetries = 2

// Target generates for Apache OpenWhisk: a binary that speaks the ActionLoop
// protocol of the official Go images.
type Target struct{ arch, kind string }

var (
	_ gen.Target         = Target{}
	_ gen.AppChecker     = Target{}
	_ gen.BinaryPackager = Target{}
)

var goKind = regexp.MustCompile(`^go:1\.[1-9][0-9]?$`)

// New returns the target as fngen.yaml has it: arch is amd64, the default, or
// arm64, and kind the runtime kind, go:1.24 by default.
func New(s *gen.Settings, _ map[string]*gen.Settings) Target {
	return Target{
		arch: s.String(gen.Key{Name: "arch", Doc: "Architecture of the actions.", Default: "amd64", OneOf: []string{"amd64", "arm64"}}),
		kind: s.String(gen.Key{Name: "kind", Doc: "The runtime kind whose image runs the actions.", Default: "go:1.24",
			Grammar: goKind, Want: "a kind with its version, go:1.24 for instance"}),
	}
}

// Name is openwhisk.
func (Target) Name() string { return "openwhisk" }

// Platform is Linux.
func (t Target) Platform() gen.Platform { return gen.Platform{GOOS: "linux", GOARCH: t.arch} }

// Check has the limits of Apache OpenWhisk and its feeds.
func (t Target) Check(f gen.Function) []gen.Problem {
	g := gen.NewGate(t.Name(), f)
	g.Timeout(300*time.Second, "an action")
	g.Sinks()
	g.DeadLetter()
	switch trigger := f.Trigger.(type) {
	case gen.HTTP:
		if trigger.Stream {
			g.Errorf("a web action answers in one piece and cannot stream; remove stream, or leave the target out with //fn:targets aws,gcp")
		}
	case gen.Queue:
		queue(g, trigger)
	case gen.Topic:
		topic(g, trigger)
	case gen.Schedule:
		checkSchedule(g, trigger)
	case gen.Document:
		document(g, trigger)
	case gen.Stream:
		stream(g, trigger)
	case gen.Object:
		g.Errorf("there is no object trigger; leave the target out with //fn:targets aws,gcp")
	case gen.Event:
		if trigger.Source != "" {
			g.Warnf("source= is checked in the action, so that events of other sources are paid for")
		}
	}
	return g.Problems
}

// CheckApp refuses functions that would share a trigger: triggers belong to
// the namespace, that of a topic has the topic's name, and that of a schedule
// the function's.
func (t Target) CheckApp(functions []gen.Function) []gen.Problem {
	var problems []gen.Problem
	for _, f := range functions {
		if _, ok := f.Trigger.(gen.Schedule); !ok {
			continue
		}
		for _, other := range functions {
			if topic, ok := other.Trigger.(gen.Topic); ok && topic.Name == f.Name {
				g := gen.NewGate(t.Name(), f)
				g.Errorf("its schedule and the topic %s of %s at %s would be one trigger; give the function another name with //fn:name",
					topic.Name, other.Name, gen.Position(other.Pos))
				problems = append(problems, g.Problems...)
			}
		}
	}
	return problems
}

func queue(g *gen.Gate, t gen.Queue) {
	if t.FIFO {
		g.Warnf("order is kept among messages of one Kafka partition, which the publisher's key chooses")
	}
	if t.Batch > 0 || t.Window > 0 {
		g.Warnf("the Kafka feed decides how many messages come at once; batch and window are ignored")
	}
	if t.Visibility > 0 {
		g.Errorf("the Kafka feed has no visibility timeout; remove visibility=, or leave the target out with //fn:targets")
	}
	kafka(g)
}

// kafka warns of what every function behind the Kafka feed lives with.
func kafka(g *gen.Gate) {
	g.Warnf("the Kafka feed damages values that are not UTF-8; send text, JSON or base64")
}

func topic(g *gen.Gate, t gen.Topic) {
	if t.Content != "" && !strings.Contains(t.Content, "json") {
		g.Warnf("content=%s never fits: the body of a trigger is a JSON object; fire other content as a CloudEvent", t.Content)
		return
	}
	g.Warnf("a message is the JSON object that the trigger is fired with, its members sorted; fire other content as a CloudEvent")
}

func document(g *gen.Gate, t gen.Document) {
	if t.Before {
		g.Warnf("the CouchDB feed tells no documents: before and after are null")
	}
	if !t.Created || !t.Updated || !t.Deleted {
		g.Warnf("the kind of change is checked in the action, so that other changes are paid for")
	}
}

func stream(g *gen.Gate, t gen.Stream) {
	g.Warnf("the Kafka feed always starts at the latest record")
	if t.Batch > 0 {
		g.Warnf("the Kafka feed decides how many records come at once; batch is ignored")
	}
	if t.Concurrency > 0 {
		g.Warnf("an action handles one activation at a time; concurrency is ignored")
	}
	kafka(g)
}

// Entrypoint returns main.go.
func (t Target) Entrypoint(f gen.Function) ([]gen.File, error) {
	fed, source := feed(f)
	e := gen.NewEntry(f, "main", "Command "+f.Name+" runs "+f.Callee()+" on Apache OpenWhisk, "+fed+".",
		map[string]string{openwhiskPath: "openwhisk", webPath: "web"})
	var start []jen.Code
	if trigger, ok := f.Trigger.(gen.HTTP); ok {
		start = append(e.Routes(trigger), jen.Qual(webPath, "Serve").Call(e.Mux(trigger), source))
	} else {
		start = []jen.Code{jen.Qual(openwhiskPath, "Start").Call(e.Handler(), source)}
	}
	e.Func().Id("main").Params().Block(e.Body(jen.Qual(openwhiskPath, "Fail"), start...)...)
	data, err := e.Bytes()
	return []gen.File{{Path: "main.go", Data: data}}, err
}

// feed says what feeds the function, in words and as the source's literal.
func feed(f gen.Function) (string, jen.Code) {
	retries := gen.Field{Name: "Retries", Value: tries(f)}
	drop := gen.Field{Name: "NoDeadLetter", Value: f.DeadLetter == "none"}
	switch t := f.Trigger.(type) {
	case gen.HTTP:
		return "as a raw web action", gen.Literal(webPath, "HTTP")
	case gen.Queue:
		return "fed by Kafka", gen.Literal(openwhiskPath, "Kafka",
			gen.Field{Name: "Queue", Value: t.Name}, gen.Field{Name: "Content", Value: t.Content}, retries, drop)
	case gen.Topic:
		return "fired by a trigger", gen.Literal(openwhiskPath, "Trigger",
			gen.Field{Name: "Topic", Value: t.Name}, gen.Field{Name: "Content", Value: t.Content}, retries, drop)
	case gen.Stream:
		return "fed by Kafka", gen.Literal(openwhiskPath, "Kafka", gen.Field{Name: "Stream", Value: t.Name}, retries, drop)
	case gen.Schedule:
		return "fired by an alarm", gen.Literal(openwhiskPath, "Alarm", gen.Field{Name: "Name", Value: f.Name}, retries, drop)
	case gen.Document:
		return "fed by CouchDB", gen.Literal(openwhiskPath, "CouchDB", append(gen.DocumentFields(t), retries, drop)...)
	case gen.Event:
		return "fired by a trigger", gen.Literal(openwhiskPath, "Trigger",
			gen.Field{Name: "Type", Value: t.Type}, gen.Field{Name: "Source", Value: t.Source}, retries, drop)
	}
	return "", nil
}

// PackageBinary returns the action with the name of the image that it is for,
// without which the image refuses to start it.
func (t Target) PackageBinary(_ gen.Function, binary []byte) ([]gen.File, error) {
	version := strings.TrimPrefix(cmp.Or(t.kind, "go:1.24"), "go:")
	return []gen.File{
		{Path: "exec", Data: binary, Executable: true},
		{Path: "exec.env", Data: []byte("openwhisk/action-golang-v" + version)},
	}, nil
}

// Infrastructure returns nothing.
func (Target) Infrastructure(gen.App) ([]gen.File, error) { return nil, nil }
