package openwhiskgen

import (
	"github.com/dave/jennifer/jen"

	"github.com/fngen/fngen/gen"
)

const (
	openwhiskPath = "github.com/fngen/fngen/providers/openwhisk"
	webPath       = openwhiskPath + "/web"
	triggerPath   = openwhiskPath + "/sink/trigger"
	httpsinkPath  = "github.com/fngen/fngen/fn/emit/httpsink"
)

var imports = map[string]string{openwhiskPath: "openwhisk", webPath: "web", triggerPath: "trigger", httpsinkPath: "httpsink"}

// Entrypoint returns main.go.
func (t Target) Entrypoint(f gen.Function) ([]gen.File, error) {
	fed, name, fields := source(f)
	e := gen.NewEntry(f, "main", "Command "+f.Name+" runs "+f.Callee()+" on Apache OpenWhisk, "+fed+".", imports)
	e.SendTo(sink)
	var start []jen.Code
	if trigger, ok := f.Trigger.(gen.HTTP); ok {
		start = append(e.Routes(trigger), jen.Qual(webPath, "Serve").Call(e.Mux(trigger), gen.Literal(webPath, name)))
	} else {
		fields = append(fields, gen.Field{Name: "Retries", Value: tries(f)}, gen.Field{Name: "NoDeadLetter", Value: f.DeadLetter == "none"})
		if s, ok := letters(f); ok {
			fields = append(fields, gen.Field{Name: "DeadLetter", Value: e.DeadLetters(sink(s))})
		}
		start = []jen.Code{jen.Qual(openwhiskPath, "Start").Call(e.Handler(), gen.Literal(openwhiskPath, name, fields...))}
	}
	e.Func().Id("main").Params().Block(e.Body(jen.Qual(openwhiskPath, "Fail"), start...)...)
	data, err := e.Bytes()
	return []gen.File{{Path: "main.go", Data: data}}, err
}

// sink is the literal of a sink.
func sink(s gen.Sink) jen.Code {
	path, name := triggerPath, "Trigger"
	if s.Kind == "http" {
		path, name = httpsinkPath, "HTTP"
	}
	return gen.Literal(path, name, gen.Field{Name: "Name", Value: s.Name}, gen.Field{Name: "Type", Value: s.Type})
}

// source says what feeds the function: in words, as the name of the source's
// type, and as the fields that it has besides those of every source.
func source(f gen.Function) (words, name string, fields []gen.Field) {
	switch t := f.Trigger.(type) {
	case gen.HTTP:
		return "as a raw web action", "HTTP", nil
	case gen.Queue:
		return "fed by Kafka", "Kafka", []gen.Field{{Name: "Queue", Value: t.Name}, {Name: "Content", Value: t.Content}}
	case gen.Topic:
		return "fired by a trigger", "Trigger", []gen.Field{{Name: "Topic", Value: t.Name}, {Name: "Content", Value: t.Content}}
	case gen.Stream:
		return "fed by Kafka", "Kafka", []gen.Field{{Name: "Stream", Value: t.Name}}
	case gen.Schedule:
		return "fired by an alarm", "Alarm", []gen.Field{{Name: "Name", Value: f.Name}}
	case gen.Document:
		return "fed by CouchDB", "CouchDB", gen.DocumentFields(t)
	case gen.Event:
		return "fired by a trigger", "Trigger", []gen.Field{{Name: "Type", Value: t.Type}, {Name: "Source", Value: t.Source}}
	}
	return "", "", nil
}
