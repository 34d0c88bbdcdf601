package aws

import (
	"fmt"
	"slices"

	"github.com/fngen/fngen/gen/internal/output"
)

// policies adds the policies of the stack's own queues, topics and buckets, one
// for each, since none has more: who may send, and that nobody may without TLS.
func (s *stack) policies() {
	for _, r := range slices.Clone(s.resources) {
		id, kind := r.Key, kindOf(r)
		s.cause = s.causes[id]
		switch kind {
		case "AWS::SQS::Queue":
			s.add(id+"Policy", "AWS::SQS::QueuePolicy", output.Mapping{
				{Key: "Queues", Value: []any{ref(id)}},
				{Key: "PolicyDocument", Value: policy(append(s.permitted(id), overTLS("sqs:*", arn(id)))...)},
			})
		case "AWS::SNS::Topic":
			s.add(id+"Policy", "AWS::SNS::TopicPolicy", output.Mapping{
				{Key: "Topics", Value: []any{ref(id)}},
				{Key: "PolicyDocument", Value: policy(overTLS("sns:Publish", ref(id)))},
			})
		case "AWS::S3::Bucket":
			s.add(id+"Policy", "AWS::S3::BucketPolicy", output.Mapping{
				{Key: "Bucket", Value: ref(id)},
				{Key: "PolicyDocument", Value: policy(overTLS("s3:*", arn(id), sub("${"+id+".Arn}/*")))},
			})
		}
	}
}

// permitted returns what services may do with the queue: a statement for each,
// with all sources, since SQS takes few statements.
func (s *stack) permitted(queue string) []statement {
	var principals []string
	sources := map[string][]any{}
	added := map[string]bool{}
	for _, one := range s.senders {
		if key := fmt.Sprint(one.principal, one.source); one.queue != queue || added[key] {
			continue
		} else {
			added[key] = true
		}
		if sources[one.principal] == nil {
			principals = append(principals, one.principal)
		}
		sources[one.principal] = append(sources[one.principal], one.source)
		s.cause = cause{one.function, "deadletter"} // of what is too much for one queue, the last
	}
	var out []statement
	for _, principal := range principals {
		out = append(out, statement{
			principal: service(principal), actions: []string{"sqs:SendMessage"}, resources: []any{arn(queue)},
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
