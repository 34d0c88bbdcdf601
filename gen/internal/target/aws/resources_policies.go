package aws

import (
	"fmt"
	"slices"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
	"github.com/fngen/fngen/gen/internal/target/aws/stack"
)

// policies adds the policies of the stack's own queues, topics and buckets, one
// for each, since none has more: who may send, and that nobody may without TLS.
func (b *builder) policies() {
	for _, r := range slices.Clone(b.Resources) {
		id := r.ID
		b.cause = b.causes[id]
		add := func(key string, of any, statements ...statement) {
			b.add(id+"Policy", r.Kind+"Policy", output.Mapping{{Key: key, Value: of}, {Key: "PolicyDocument", Value: policy(statements...)}})
		}
		switch r.Kind {
		case "AWS::SQS::Queue":
			add("Queues", []any{stack.Ref(id)}, append(b.permitted(id), overTLS("sqs:*", stack.Arn(id)))...)
		case "AWS::SNS::Topic":
			add("Topics", []any{stack.Ref(id)}, overTLS("sns:Publish", stack.Ref(id)))
		case "AWS::S3::Bucket":
			add("Bucket", stack.Ref(id), overTLS("s3:*", stack.Arn(id), stack.Join{stack.Arn(id), "/*"}))
		}
	}
}

// permitted returns what services may do with the queue: a statement for each,
// with all sources, since SQS takes few statements.
func (b *builder) permitted(queue string) []statement {
	var principals []string
	sources := map[string][]any{}
	added := map[string]bool{}
	for _, one := range b.senders {
		key := fmt.Sprint(one.principal, one.source)
		if one.queue != queue || added[key] {
			continue
		}
		added[key] = true
		if sources[one.principal] == nil {
			principals = append(principals, one.principal)
		}
		sources[one.principal] = append(sources[one.principal], one.source)
		b.cause = cause{one.function, "deadletter"} // of what is too much for one queue, the last
	}
	var out []statement
	for _, principal := range principals {
		out = append(out, statement{
			principal: service(principal), actions: []string{"sqs:SendMessage"}, resources: []any{stack.Arn(queue)},
			condition: output.Mapping{{Key: "ArnEquals", Value: output.Mapping{{Key: "aws:SourceArn", Value: sources[principal]}}}},
		})
	}
	return out
}

// overTLS denies the actions to everybody who comes without it.
func overTLS(action string, resources ...any) statement {
	return statement{
		deny: true, principal: output.Text("*"), actions: []string{action}, resources: resources,
		condition: output.Mapping{{Key: "Bool", Value: output.Mapping{{Key: "aws:SecureTransport", Value: output.Text("false")}}}},
	}
}

// A statement allows actions on resources, or denies them.
type statement struct {
	deny                 bool
	actions              []string
	resources            []any
	principal, condition any // nil for none; a principal is of a resource's own policy
}

func (s statement) mapping() output.Mapping {
	return mapping(
		output.Member{Key: "Effect", Value: map[bool]string{false: "Allow", true: "Deny"}[s.deny]},
		output.Member{Key: "Principal", Value: s.principal},
		output.Member{Key: "Action", Value: s.actions},
		output.Member{Key: "Resource", Value: s.resources},
		output.Member{Key: "Condition", Value: s.condition},
	)
}

// policy is a policy document.
func policy(statements ...statement) output.Mapping {
	var list []output.Mapping
	for _, s := range statements {
		list = append(list, s.mapping())
	}
	return output.Mapping{{Key: "Version", Value: output.Text("2012-10-17")}, {Key: "Statement", Value: list}}
}

func service(name string) output.Mapping { return output.Mapping{{Key: "Service", Value: name}} }

// inline is a policy of a role, which knows it by the name.
func inline(name string, statements ...statement) output.Mapping {
	return output.Mapping{{Key: "PolicyName", Value: name}, {Key: "PolicyDocument", Value: policy(statements...)}}
}

// The policies with what every function needs, and with what operators give one.
const ownPolicy, operatorPolicy = "function", "operator"

// role adds a role of the function's that the service takes on, with what it may do.
func (b *builder) role(f model.Function, id, trusted string, trust any, managed []string, policies ...output.Mapping) {
	b.add(id, "AWS::IAM::Role", mapping(
		output.Member{Key: "AssumeRolePolicyDocument", Value: policy(statement{principal: service(trusted), actions: []string{"sts:AssumeRole"}, condition: trust})},
		output.Member{Key: "ManagedPolicyArns", Value: managed},
		output.Member{Key: "Path", Value: output.Text(b.rolePath)},
		output.Member{Key: "PermissionsBoundary", Value: output.Text(b.operated(f).boundary)},
		output.Member{Key: "Policies", Value: policies},
	))
}
