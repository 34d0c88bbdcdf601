package aws

import (
	"github.com/dave/jennifer/jen"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
)

const (
	awsPath      = "github.com/fngen/fngen/providers/aws"
	sqsPath      = awsPath + "/sink/sqs"
	snsPath      = awsPath + "/sink/sns"
	busPath      = awsPath + "/sink/eventbridge"
	dynamodbPath = awsPath + "/resource/dynamodb"
	s3Path       = awsPath + "/resource/s3"
	secretsPath  = awsPath + "/resource/secretsmanager"
	httpsinkPath = "github.com/fngen/fngen/fn/emit/httpsink"
)

var imports = map[string]string{
	awsPath: "aws", sqsPath: "sqs", snsPath: "sns", busPath: "eventbridge", httpsinkPath: "httpsink",
	dynamodbPath: "dynamodb", s3Path: "s3", secretsPath: "secretsmanager",
}

// Entrypoint returns main.go.
func (t Target) Entrypoint(f model.Function) ([]model.File, error) {
	fed, source, fields := t.source(f)
	e := output.NewEntry(f, "main", "Command "+f.Name+" runs "+f.Callee()+" on AWS Lambda, "+fed+".", imports, sinkLiteral, open)
	var start []jen.Code
	if trigger, ok := f.Trigger.(model.HTTP); ok {
		start = append(e.Routes(trigger), jen.Qual(awsPath, "Serve").Call(e.Mux(trigger), output.Literal(awsPath, source, fields...)))
	} else {
		fields = append(fields, e.DeadLetterField())
		start = []jen.Code{jen.Qual(awsPath, "Start").Call(e.Handler(), output.Literal(awsPath, source, fields...))}
	}
	e.SetLogger(awsPath)
	return e.Write("main.go", "main", awsPath, start...)
}

// sinks are the types of sinks by their kind, each with its package.
var sinks = map[string][2]string{"queue": {sqsPath, "Queue"}, "topic": {snsPath, "Topic"}, "event": {busPath, "Bus"}, "http": {httpsinkPath, "HTTP"}}

// sinkLiteral is the literal of a sink.
func sinkLiteral(s model.Sink) jen.Code {
	return output.Literal(sinks[s.Kind][0], sinks[s.Kind][1], output.Field{Name: "Name", Value: s.Name}, output.Field{Name: "Type", Value: s.Type})
}

// open is the call that opens a use.
func open(u model.Use) jen.Code {
	switch {
	case u.AsName:
		return output.OpenUse(awsPath, "Use", u)
	case u.Kind == model.UseDocument:
		return output.OpenUse(dynamodbPath, "Collection", u)
	case u.Kind == model.UseObject:
		return output.OpenUse(s3Path, "Bucket", u, jen.Lit(u.Prefix))
	default:
		return output.OpenUse(secretsPath, "Value", u)
	}
}

// source says what feeds the function: in words, as the name of the source's
// type, and as its fields.
func (target Target) source(f model.Function) (words, name string, fields []output.Field) {
	switch t := f.Trigger.(type) {
	case model.HTTP:
		return "behind HTTP", "HTTP", []output.Field{{Name: "Stream", Value: t.Stream}, {Name: "Keep", Value: t.Keep}, {Name: "BasePath", Value: target.base}}
	case model.Queue:
		fields := []output.Field{
			{Name: "Queue", Value: t.Name}, {Name: "Content", Value: t.Content},
			{Name: "Concurrency", Value: t.Concurrency}, {Name: "Envelope", Value: target.envelopes[t.Name]}, {Name: "Letters", Value: t.Letters},
		}
		if t.FIFO && f.DeadLetterSink() != "" && target.names[t.Name] == "" {
			fields = append(fields, output.Field{Name: "Receives", Value: receives(f)})
		}
		return "fed by an SQS queue", "SQS", fields
	case model.Object:
		return "fed by an S3 bucket", "S3", output.ObjectFields(t)
	case model.Topic:
		return "fed by an SNS topic", "SNS", []output.Field{{Name: "Topic", Value: t.Name}, {Name: "Content", Value: t.Content}}
	case model.Stream:
		return "fed by a Kinesis stream", "Kinesis", []output.Field{{Name: "Stream", Value: t.Name}}
	case model.Schedule:
		return "fired by EventBridge Scheduler", "Scheduler", []output.Field{{Name: "Name", Value: f.Name}}
	case model.Document:
		return "fed by a DynamoDB stream", "DynamoDB", append(output.DocumentFields(t),
			output.Field{Name: "Before", Value: t.Before}, output.Field{Name: "Keys", Value: target.keys[t.Collection]})
	case model.Event:
		return "fed by EventBridge", "EventBridge", []output.Field{{Name: "Type", Value: t.Type}, {Name: "Source", Value: t.Source}}
	}
	return "", "", nil
}
