// Package openwhiskgen generates actions for Apache OpenWhisk.
package openwhiskgen

import (
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
// protocol of the official Go images, and the manifest with which wskdeploy
// deploys it, for each kind of runtime.
type Target struct {
	arch      string
	kinds     []string // one at least
	pkg       string   // the package of the actions; "" for the application's name
	alarms    string   // the package of the feeds alarm and interval
	resources map[string]resource
}

var (
	_ gen.Target         = Target{}
	_ gen.AppChecker     = Target{}
	_ gen.BinaryPackager = Target{}
)

// Name is openwhisk.
func (Target) Name() string { return "openwhisk" }

// Platform is Linux.
func (t Target) Platform() gen.Platform { return gen.Platform{GOOS: "linux", GOARCH: t.arch} }

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
