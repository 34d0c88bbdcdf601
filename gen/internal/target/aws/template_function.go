package aws

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
)

// What the platform would choose otherwise, or leave open.
const (
	defaultMemory       = 256 // MiB
	defaultTimeout      = 30 * time.Second
	defaultLogRetention = 30            // days
	maxEventAge         = 6 * time.Hour // until an event is given up
	deadLetterRetention = 14 * 24 * time.Hour
)

func timeout(f model.Function) time.Duration { return cmp.Or(f.Timeout, defaultTimeout) }

func seconds(d time.Duration) int { return int(d / time.Second) }

// function adds the function, its role and its log, and what feeds it.
func (s *stack) function(f model.Function) {
	id := of(f, "Function")
	fed := s.feed(f)
	sends, addresses := s.sends(f)
	uses, places := s.rights(f)
	may := slices.Concat([]statement{{
		actions:   []string{"logs:CreateLogStream", "logs:PutLogEvents"},
		resources: []any{arn(of(f, "Logs"))},
	}}, fed.may, sends, traces(f))
	o := f.Operation
	s.add(id, "AWS::Lambda::Function", mapping(
		output.Member{Key: "Description", Value: output.Text(clipped(f.Source(), 256))},
		output.Member{Key: "Runtime", Value: customRuntime},
		output.Member{Key: "Handler", Value: "bootstrap"},
		output.Member{Key: "Architectures", Value: []string{map[string]string{"arm64": "arm64", "amd64": "x86_64"}[s.arch]}},
		output.Member{Key: "Code", Value: "./" + f.Name + ".zip"},
		output.Member{Key: "MemorySize", Value: cmp.Or(o.Memory, defaultMemory)},
		output.Member{Key: "Timeout", Value: seconds(timeout(f))},
		output.Member{Key: "ReservedConcurrentExecutions", Value: concurrency(f)},
		output.Member{Key: "Environment", Value: environment(o.Env, slices.Concat(addresses, places))},
		output.Member{Key: "TracingConfig", Value: tracingConfig(f)},
		output.Member{Key: "LoggingConfig", Value: output.Mapping{{Key: "LogGroup", Value: ref(of(f, "Logs"))}}},
		output.Member{Key: "Role", Value: arn(of(f, "Role"))},
	))
	s.role(of(f, "Role"), "lambda.amazonaws.com", nil, append([]output.Mapping{inline(ownPolicy, may...)}, uses...)...)
	s.add(of(f, "Logs"), "AWS::Logs::LogGroup", output.Mapping{{Key: "RetentionInDays", Value: cmp.Or(o.LogRetention, defaultLogRetention)}})
	for _, add := range fed.add {
		add()
	}
	s.output(id, "ARN of the function "+f.Name, arn(id))
}

func clipped(s string, limit int) string { return strings.ToValidUTF8(s[:min(len(s), limit)], "") }

// tracingConfig is how X-Ray traces the function; nil for Lambda's default, which
// is to pass on what a caller traces.
func tracingConfig(f model.Function) any {
	mode := map[string]string{"active": "Active", "passthrough": "PassThrough"}[f.Operation.Tracing]
	if mode == "" {
		return nil
	}
	return output.Mapping{{Key: "Mode", Value: mode}}
}

// traces is what Lambda needs to write traces, for which X-Ray knows no resources.
//
// https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
func traces(f model.Function) []statement {
	if f.Operation.Tracing != "active" {
		return nil
	}
	return []statement{{actions: []string{"xray:PutTraceSegments", "xray:PutTelemetryRecords"}, resources: []any{output.Text("*")}}}
}

// concurrency is the reserved concurrency, which is a limit too; 0 for none. A
// queue has a limit of its own, by which messages stay in it.
func concurrency(f model.Function) int {
	if _, ok := f.Trigger.(model.Queue); ok && f.Operation.MaxInstances > 1 {
		return f.Operation.Reserved
	}
	return cmp.Or(f.Operation.Reserved, f.Operation.MaxInstances)
}

// environment returns the variables, those with the addresses of sinks and of
// what is used first; nil if there are none.
func environment(env []model.Variable, addresses output.Mapping) any {
	if len(env)+len(addresses) == 0 {
		return nil
	}
	variables := slices.Clone(addresses)
	for _, v := range env {
		variables = append(variables, output.Member{Key: v.Name, Value: value(v)})
	}
	return output.Mapping{{Key: "Variables", Value: variables}}
}

// value is the value of a variable. A secret is a dynamic reference:
// CloudFormation reads it from Secrets Manager when the stack is deployed, with
// the rights of who deploys it, so that the value is in no template and the
// function itself needs no right to read it.
//
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html
func value(v model.Variable) any {
	switch {
	case v.Member != "":
		return output.Text("{{resolve:secretsmanager:" + v.Value + ":SecretString:" + v.Member + "}}")
	case v.IsSecret:
		return output.Text("{{resolve:secretsmanager:" + v.Value + "}}")
	}
	return verbatim(v.Value)
}

// verbatim is text as it stands. What looks like a substitution is put together
// from parts, so that neither a reader nor a linter takes it for one.
func verbatim(s string) any {
	if !strings.Contains(s, "${") {
		return output.Text(s)
	}
	var parts []output.Text
	n := strings.Count(s, "${")
	for i, part := range strings.Split(s, "${") {
		if i > 0 {
			part = "{" + part
		}
		if i < n {
			part += "$"
		}
		parts = append(parts, output.Text(part))
	}
	return output.Tagged{Tag: "!Join", Value: []any{"", parts}}
}

// A feeding is what a function needs to be fed.
type feeding struct {
	may []statement // of its role
	add []func()    // its own resources, which stand after it
}

func (s *stack) feed(f model.Function) feeding {
	switch t := f.Trigger.(type) {
	case model.HTTP:
		return s.http(f, t)
	case model.Queue:
		return s.queue(f, t)
	case model.Topic:
		return s.asynchronous(f, func() { s.subscribe(f, t) })
	case model.Object:
		return s.asynchronous(f, func() { s.notify(f, t) })
	case model.Event:
		return s.asynchronous(f, func() { s.rule(f, s.bus, eventPattern(t)) })
	case model.Schedule:
		return s.asynchronous(f, func() { s.schedule(f, t) })
	case model.Stream:
		return s.stream(f, t)
	case model.Document:
		return s.document(f, t)
	}
	return feeding{}
}

// permit lets the service call the function for the source.
func (s *stack) permit(f model.Function, id, principal string, source any, further ...output.Member) {
	s.add(id, "AWS::Lambda::Permission", append(output.Mapping{
		{Key: "Action", Value: "lambda:InvokeFunction"},
		{Key: "FunctionName", Value: ref(of(f, "Function"))},
		{Key: "Principal", Value: principal},
		{Key: "SourceArn", Value: source},
	}, further...))
}
