package awsgen

import (
	"github.com/dave/jennifer/jen"

	"github.com/fngen/fngen/gen"
)

const (
	awsPath      = "github.com/fngen/fngen/providers/aws"
	sqsPath      = awsPath + "/sink/sqs"
	snsPath      = awsPath + "/sink/sns"
	busPath      = awsPath + "/sink/eventbridge"
	httpsinkPath = "github.com/fngen/fngen/fn/emit/httpsink"
)

var imports = map[string]string{awsPath: "aws", sqsPath: "sqs", snsPath: "sns", busPath: "eventbridge", httpsinkPath: "httpsink"}

// Entrypoint returns main.go.
func (t Target) Entrypoint(f gen.Function) ([]gen.File, error) {
	fed, source, fields := t.source(f)
	e := gen.NewEntry(f, "main", "Command "+f.Name+" runs "+f.Callee()+" on AWS Lambda, "+fed+".", imports)
	e.SendTo(sink)
	var start []jen.Code
	if trigger, ok := f.Trigger.(gen.HTTP); ok {
		start = append(e.Routes(trigger), jen.Qual(awsPath, "Serve").Call(e.Mux(trigger), gen.Literal(awsPath, source, fields...)))
	} else {
		fields = append(fields, deadLetters(e, f)...)
		start = []jen.Code{jen.Qual(awsPath, "Start").Call(e.Handler(), gen.Literal(awsPath, source, fields...))}
	}
	e.Func().Id("main").Params().Block(e.Body(jen.Qual(awsPath, "Fail"), start...)...)
	data, err := e.Bytes()
	return []gen.File{{Path: "main.go", Data: data}}, err
}

// deadLetters are the fields of every source that say where what fails for good
// goes.
func deadLetters(e *gen.Entry, f gen.Function) []gen.Field {
	if f.Letters() == "" {
		return []gen.Field{{Name: "NoDeadLetter", Value: true}}
	}
	return []gen.Field{{Name: "DeadLetter", Value: e.DeadLetters(sink(gen.Sink{Kind: "queue", Name: f.Letters()}))}}
}

// sink is the literal of a sink.
func sink(s gen.Sink) jen.Code {
	path, name := sqsPath, "Queue"
	switch s.Kind {
	case "topic":
		path, name = snsPath, "Topic"
	case "event":
		path, name = busPath, "Bus"
	case "http":
		path, name = httpsinkPath, "HTTP"
	}
	return gen.Literal(path, name, gen.Field{Name: "Name", Value: s.Name}, gen.Field{Name: "Type", Value: s.Type})
}

// source says what feeds the function: in words, as the name of the source's
// type, and as its fields.
func (target Target) source(f gen.Function) (words, name string, fields []gen.Field) {
	switch t := f.Trigger.(type) {
	case gen.HTTP:
		return "behind HTTP", "HTTP", []gen.Field{{Name: "Stream", Value: t.Stream}}
	case gen.Queue:
		fields := []gen.Field{
			{Name: "Queue", Value: t.Name}, {Name: "Content", Value: t.Content},
			{Name: "Concurrency", Value: t.Concurrency}, {Name: "Envelope", Value: target.envelopes[t.Name]},
		}
		if t.FIFO && f.Letters() != "" && target.names[t.Name] == "" {
			fields = append(fields, gen.Field{Name: "Receives", Value: receives(f)})
		}
		return "fed by an SQS queue", "SQS", fields
	case gen.Object:
		return "fed by an S3 bucket", "S3", gen.ObjectFields(t)
	case gen.Topic:
		return "fed by an SNS topic", "SNS", []gen.Field{{Name: "Topic", Value: t.Name}, {Name: "Content", Value: t.Content}}
	case gen.Stream:
		return "fed by a Kinesis stream", "Kinesis", []gen.Field{{Name: "Stream", Value: t.Name}}
	case gen.Schedule:
		return "fired by EventBridge Scheduler", "Scheduler", []gen.Field{{Name: "Name", Value: f.Name}}
	case gen.Document:
		return "fed by a DynamoDB stream", "DynamoDB", append(gen.DocumentFields(t),
			gen.Field{Name: "Before", Value: t.Before}, gen.Field{Name: "Keys", Value: target.keys[t.Collection]})
	case gen.Event:
		return "fed by EventBridge", "EventBridge", []gen.Field{{Name: "Type", Value: t.Type}, {Name: "Source", Value: t.Source}}
	}
	return "", "", nil
}
