// Package awsgen generates functions for AWS Lambda.
package awsgen

import (
	"time"

	"github.com/dave/jennifer/jen"

	"github.com/fngen/fngen/gen"
)

const awsPath = "github.com/fngen/fngen/providers/aws"

// Target generates for AWS Lambda: a binary for the runtime provided.al2023.
type Target struct {
	arch string
	api  bool   // HTTP functions are behind one HTTP API
	bus  string // "" for the account's default

	// By the name in directives.
	envelopes map[string]string   // of queues
	keys      map[string][]string // of collections
	names     map[string]string   // of what exists already
	streams   map[string]string   // the ARNs of tables' streams
}

var (
	_ gen.Target         = Target{}
	_ gen.AppChecker     = Target{}
	_ gen.BinaryPackager = Target{}
)

// Name is aws.
func (Target) Name() string { return "aws" }

// Platform is Linux. The tag leaves out the runtime of go1.x, which ended.
func (t Target) Platform() gen.Platform {
	return gen.Platform{GOOS: "linux", GOARCH: t.arch, Tags: []string{"lambda.norpc"}}
}

// Check has the limits of AWS Lambda and its event sources.
func (t Target) Check(f gen.Function) []gen.Problem {
	g := gen.NewGate(t.Name(), f)
	g.Timeout(900*time.Second, "a function")
	g.Sinks()
	operation(g, f)
	t.existing(g, f)
	asynchronous := true
	switch trigger := f.Trigger.(type) {
	case gen.HTTP:
		asynchronous = false
		g.HTTP(trigger)
		noDeadLetter(g, f, "an HTTP function answers for what fails")
		if t.api {
			behindAPI(g, f, trigger)
		}
	case gen.Queue:
		asynchronous = false
		queue(g, f, trigger)
	case gen.Schedule:
		if _, err := expression(trigger); err != nil {
			g.Errorf("%s", err)
		}
		if trigger.Every >= 24*time.Hour {
			g.Warnf("every=%s counts from the moment the schedule is created; write a cron expression for a time of day", trigger.Every)
		}
	case gen.Stream:
		asynchronous = false
		stream(g, trigger)
		noDeadLetter(g, f, "the dead letters of a stream go to a bucket of its own, since a queue would get positions alone")
	case gen.Document:
		asynchronous = false
		noDeadLetter(g, f, "the dead letters of a table go to a bucket of its own, since a queue would get positions alone")
	}
	if f.Retries != nil && *f.Retries > 2 && asynchronous {
		g.ErrorAt("retries", "%d retries are above 2, the limit of asynchronous functions; lower the number", *f.Retries)
	}
	return g.Problems
}

// noDeadLetter refuses a dead letter with a name where no queue takes them.
func noDeadLetter(g *gen.Gate, f gen.Function, reason string) {
	if f.DeadLetter != "" && f.DeadLetter != "none" {
		g.ErrorAt("deadletter", "%s; remove the directive", reason)
	}
}

func queue(g *gen.Gate, f gen.Function, t gen.Queue) {
	if t.FIFO && t.Batch > 10 {
		g.Errorf("batch=%d is above 10, the limit of FIFO queues; lower it", t.Batch)
	}
	if t.FIFO && t.Window > 0 {
		g.Errorf("FIFO queues have no window; remove window=")
	}
	if t.Window > 300*time.Second {
		g.Errorf("window=%s is above 5m0s, the limit of Lambda; lower it", t.Window)
	}
	if t.Batch > 10 && t.Window == 0 {
		g.Errorf("batch=%d needs a window, as Lambda has it above 10; add window=1s", t.Batch)
	}
	if timeout := timeout(f); t.Visibility > 0 && t.Visibility < 6*timeout {
		g.Errorf("visibility=%s is below %s, six times the timeout, so messages would come again while they are handled; raise it", t.Visibility, 6*timeout)
	}
	if t.Visibility > 12*time.Hour {
		g.Errorf("visibility=%s is above 12h0m0s, the limit of SQS; lower it", t.Visibility)
	}
	if f.Retries != nil {
		switch n := *f.Retries; {
		case n+1 < 2:
			g.ErrorAt("retries", "%d retries would move a message to the dead letters at the first throttling; give 1 at least", n)
		case n+1 < 4:
			g.WarnAt("retries", "%d retries are few: a throttled delivery counts as one too", n)
		}
	}
}

func stream(g *gen.Gate, t gen.Stream) {
	if t.Concurrency > 10 {
		g.Errorf("concurrency=%d is above 10, the limit of a Kinesis mapping's parallelization factor; lower it", t.Concurrency)
	}
	if t.Latest {
		g.Warnf("start=latest misses the records that arrive while the mapping is created")
	}
}

// Entrypoint returns main.go.
func (t Target) Entrypoint(f gen.Function) ([]gen.File, error) {
	fed, source := t.feed(f)
	e := gen.NewEntry(f, "main", "Command "+f.Name+" runs "+f.Callee()+" on AWS Lambda, "+fed+".", map[string]string{awsPath: "aws"})
	var start []jen.Code
	if trigger, ok := f.Trigger.(gen.HTTP); ok {
		start = append(e.Routes(trigger), jen.Qual(awsPath, "Serve").Call(e.Mux(trigger), source))
	} else {
		start = []jen.Code{jen.Qual(awsPath, "Start").Call(e.Handler(), source)}
	}
	e.Func().Id("main").Params().Block(e.Body(jen.Qual(awsPath, "Fail"), start...)...)
	data, err := e.Bytes()
	return []gen.File{{Path: "main.go", Data: data}}, err
}

// feed says what feeds the function, in words and as the source's literal.
func (target Target) feed(f gen.Function) (string, jen.Code) {
	drop := gen.Field{Name: "NoDeadLetter", Value: f.DeadLetter == "none"}
	switch t := f.Trigger.(type) {
	case gen.HTTP:
		return "behind HTTP", gen.Literal(awsPath, "HTTP", gen.Field{Name: "Stream", Value: t.Stream})
	case gen.Queue:
		return "fed by an SQS queue", gen.Literal(awsPath, "SQS",
			gen.Field{Name: "Queue", Value: t.Name}, gen.Field{Name: "Content", Value: t.Content},
			gen.Field{Name: "Concurrency", Value: t.Concurrency}, gen.Field{Name: "Envelope", Value: target.envelopes[t.Name]}, drop)
	case gen.Object:
		return "fed by an S3 bucket", gen.Literal(awsPath, "S3", append(gen.ObjectFields(t), drop)...)
	case gen.Topic:
		return "fed by an SNS topic", gen.Literal(awsPath, "SNS",
			gen.Field{Name: "Topic", Value: t.Name}, gen.Field{Name: "Content", Value: t.Content}, drop)
	case gen.Stream:
		return "fed by a Kinesis stream", gen.Literal(awsPath, "Kinesis", gen.Field{Name: "Stream", Value: t.Name}, drop)
	case gen.Schedule:
		return "fired by EventBridge Scheduler", gen.Literal(awsPath, "Scheduler", gen.Field{Name: "Name", Value: f.Name}, drop)
	case gen.Document:
		return "fed by a DynamoDB stream", gen.Literal(awsPath, "DynamoDB",
			append(gen.DocumentFields(t), gen.Field{Name: "Before", Value: t.Before}, gen.Field{Name: "Keys", Value: target.keys[t.Collection]}, drop)...)
	case gen.Event:
		return "fed by EventBridge", gen.Literal(awsPath, "EventBridge",
			gen.Field{Name: "Type", Value: t.Type}, gen.Field{Name: "Source", Value: t.Source}, drop)
	}
	return "", nil
}

// PackageBinary returns the bootstrap of a custom runtime.
func (Target) PackageBinary(f gen.Function, binary []byte) ([]gen.Archive, error) {
	return []gen.Archive{{Path: f.Name + ".zip", Files: []gen.File{{Path: "bootstrap", Data: binary, Executable: true}}}}, nil
}
