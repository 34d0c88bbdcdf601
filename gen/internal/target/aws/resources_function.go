package aws

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
	"github.com/fngen/fngen/gen/internal/target/aws/stack"
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

// function adds the function, its role and its log, and after them what feeds it.
func (b *builder) function(f model.Function) {
	id, before := of(f, "Function"), len(b.Resources)
	fed := b.feed(f)
	feeding := slices.Clone(b.Resources[before:])
	b.Resources = b.Resources[:before]
	sends, addresses := b.sends(f)
	uses, places := b.rights(f)
	o, decided := f.Operation, b.operated(f)
	may := slices.Concat([]statement{{
		actions:   []string{"logs:CreateLogStream", "logs:PutLogEvents"},
		resources: []any{b.logs(f)},
	}}, fed, sends, decided.traces(), decided.network.attach())
	variables := environment(o.Env, slices.Concat(addresses, places))
	if variables != nil {
		may = b.withKey(may, "kms:Decrypt")
	} else {
		may = b.withKey(may)
	}
	b.add(id, "AWS::Lambda::Function", mapping(
		output.Member{Key: "Description", Value: output.Text(clipped(f.Source(), 256))},
		output.Member{Key: "Runtime", Value: customRuntime},
		output.Member{Key: "Handler", Value: "bootstrap"},
		output.Member{Key: "Architectures", Value: []string{map[string]string{"arm64": "arm64", "amd64": "x86_64"}[b.arch]}},
		output.Member{Key: "Code", Value: stack.Archive(f.Name)},
		output.Member{Key: "MemorySize", Value: cmp.Or(o.Memory, defaultMemory)},
		output.Member{Key: "Timeout", Value: seconds(timeout(f))},
		output.Member{Key: "ReservedConcurrentExecutions", Value: concurrency(f)},
		output.Member{Key: "EphemeralStorage", Value: nested(output.Member{Key: "Size", Value: decided.storage})},
		output.Member{Key: "Environment", Value: variables},
		output.Member{Key: "KmsKeyArn", Value: output.Text(b.key)},
		output.Member{Key: "TracingConfig", Value: nested(output.Member{Key: "Mode", Value: map[string]string{"active": "Active", "passthrough": "PassThrough"}[decided.tracing]})},
		output.Member{Key: "LoggingConfig", Value: b.logging(f)},
		output.Member{Key: "VpcConfig", Value: nested(output.Member{Key: "SubnetIds", Value: decided.network.subnets}, output.Member{Key: "SecurityGroupIds", Value: decided.network.groups})},
		output.Member{Key: "Role", Value: b.roleOf(f)},
	))
	b.Resources[len(b.Resources)-1].About = f.Name + ": " + f.Trigger.Kind() + " " + f.Trigger.Resource()
	b.functionRole(f, append([]output.Mapping{inline(ownPolicy, may...)}, uses...))
	if decided.logGroup == "" {
		b.add(of(f, "Logs"), "AWS::Logs::LogGroup", mapping(output.Member{Key: "RetentionInDays", Value: cmp.Or(o.LogRetention, defaultLogRetention)}, output.Member{Key: "KmsKeyId", Value: output.Text(b.key)}))
	}
	b.Resources = append(b.Resources, feeding...)
	b.output(id, "functions", "ARN of the function "+f.Name, stack.Arn(id), f.Name)
}

func clipped(s string, limit int) string { return strings.ToValidUTF8(s[:min(len(s), limit)], "") }

// traces is what Lambda needs to write traces, for which X-Ray knows no resources.
//
// https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
func (o operated) traces() []statement {
	if o.tracing != "active" {
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
	variables := slices.Clone(addresses)
	for _, v := range env {
		variables = append(variables, output.Member{Key: v.Name, Value: value(v)})
	}
	return nested(output.Member{Key: "Variables", Value: variables})
}

// value is the value of a variable.
func value(v model.Variable) any {
	if v.IsSecret {
		return stack.Secret{Name: v.Value, Member: v.Member}
	}
	return output.Text(v.Value)
}

// feed adds what feeds the function, and returns what its role may do to be fed.
func (b *builder) feed(f model.Function) []statement {
	if isAsynchronous(f) {
		b.asynchronous(f)
	}
	switch t := f.Trigger.(type) {
	case model.HTTP:
		b.http(f, t)
	case model.Queue:
		return b.queue(f, t)
	case model.Topic:
		b.subscribe(f, t)
	case model.Object:
		b.notify(f, t)
	case model.Event:
		b.rule(f, b.bus, eventPattern(t))
	case model.Schedule:
		b.schedule(f, t)
	case model.Stream:
		return b.stream(f, t)
	case model.Document:
		return b.document(f, t)
	}
	return nil
}

// permit lets the principal call the function for the source, nil for any.
func (b *builder) permit(f model.Function, principal, source any, further ...output.Member) {
	b.add(of(f, "Permission"), "AWS::Lambda::Permission", append(output.Mapping{
		{Key: "Action", Value: "lambda:InvokeFunction"},
		{Key: "FunctionName", Value: stack.Ref(of(f, "Function"))},
		{Key: "Principal", Value: principal},
		{Key: "SourceArn", Value: source},
	}, further...))
}
