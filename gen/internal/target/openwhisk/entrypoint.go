package openwhisk

import (
	"github.com/dave/jennifer/jen"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
)

const (
	openwhiskPath = "github.com/fngen/fngen/providers/openwhisk"
	webPath       = openwhiskPath + "/web"
	triggerPath   = openwhiskPath + "/sink/trigger"
	couchdbPath   = openwhiskPath + "/resource/couchdb"
)

var imports = map[string]string{openwhiskPath: "openwhisk", webPath: "web", triggerPath: "trigger", couchdbPath: "couchdb"}

// Entrypoint returns main.go.
func (t Target) Entrypoint(f model.Function) ([]model.File, error) {
	fed, name, fields := source(f)
	e := output.NewEntry(f, "main", "Command "+f.Name+" runs "+f.Callee()+" on Apache OpenWhisk, "+fed+".", imports, sinkLiteral, open)
	var start []jen.Code
	if trigger, ok := f.Trigger.(model.HTTP); ok {
		start = append(e.Routes(trigger), jen.Qual(webPath, "Serve").Call(e.Mux(trigger), output.Literal(webPath, name, fields...)))
	} else {
		fields = append(fields, output.Field{Name: "Retries", Value: tries(f)}, output.Field{Name: "NoDeadLetter", Value: f.DeadLetter == "none"})
		if s, ok := deadLetterSink(f); ok {
			fields = append(fields, output.Field{Name: "DeadLetter", Value: e.DeadLetters(s)})
		}
		start = []jen.Code{jen.Qual(openwhiskPath, "Start").Call(e.Handler(), output.Literal(openwhiskPath, name, fields...))}
	}
	e.SetLogger(openwhiskPath)
	return e.Write("main.go", "main", openwhiskPath, start...)
}

// sinkLiteral is the literal of a sink.
func sinkLiteral(s model.Sink) jen.Code { return output.SinkLiteral(triggerPath, "Trigger", s) }

// open is the call that opens a use, of a document.
func open(u model.Use) jen.Code {
	if u.AsName {
		return output.OpenUse(openwhiskPath, "Use", u)
	}
	return output.OpenUse(couchdbPath, "Collection", u)
}

// reads returns the use by which the function may read the documents whose changes
// feed it.
func reads(f model.Function, t model.Document) (model.Use, bool) {
	for _, u := range f.Uses {
		if u.Kind == model.UseDocument && u.Name == t.Collection && u.Read && !u.AsName {
			return u, true
		}
	}
	return model.Use{}, false
}

// source says what feeds the function: in words, as the name of the source's
// type, and as the fields that it has besides those of every source.
func source(f model.Function) (words, name string, fields []output.Field) {
	switch t := f.Trigger.(type) {
	case model.HTTP:
		return "as a raw web action", "HTTP", []output.Field{{Name: "Keep", Value: t.Keep}}
	case model.Queue:
		if t.Letters {
			return "fired by a trigger", "Trigger", []output.Field{{Name: "Letters", Value: t.Name}, {Name: "Content", Value: t.Content}}
		}
		return "fed by Kafka", "Kafka", []output.Field{{Name: "Queue", Value: t.Name}, {Name: "Content", Value: t.Content}}
	case model.Topic:
		return "fired by a trigger", "Trigger", []output.Field{{Name: "Topic", Value: t.Name}, {Name: "Content", Value: t.Content}}
	case model.Stream:
		return "fed by Kafka", "Kafka", []output.Field{{Name: "Stream", Value: t.Name}}
	case model.Schedule:
		return "fired by an alarm", "Alarm", []output.Field{{Name: "Name", Value: f.Name}}
	case model.Document:
		fields := output.DocumentFields(t)
		if u, ok := reads(f, t); ok {
			fields = append(fields, output.Field{Name: "Read", Value: output.OpenUse(couchdbPath, "Revision", u)})
		}
		return "fed by CouchDB", "CouchDB", fields
	case model.Event:
		return "fired by a trigger", "Trigger", []output.Field{{Name: "Type", Value: t.Type}, {Name: "Source", Value: t.Source}}
	}
	return "", "", nil
}
