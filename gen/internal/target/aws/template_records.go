package aws

import (
	"cmp"
	"encoding/json"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
)

// eventSource adds the mapping that feeds the function with batches of records.
// Of a batch only what failed comes again, which the adapter names.
func (s *stack) eventSource(f model.Function, source any, further ...output.Member) {
	s.add(logical(f.Name, "Mapping"), "AWS::Lambda::EventSourceMapping", append(output.Mapping{
		{Key: "FunctionName", Value: ref(logical(f.Name, "Function"))},
		{Key: "EventSourceArn", Value: source},
		{Key: "FunctionResponseTypes", Value: []string{"ReportBatchItemFailures"}},
	}, further...))
}

// queue is the feeding by an SQS queue, whose own policy writes the dead
// letters.
func (s *stack) queue(f model.Function, t model.Queue) feeding {
	queue := s.queueArn(t.Name, t.FIFO)
	concurrency := any(nil)
	if n := f.Operation.MaxInstances; n >= 2 {
		concurrency = output.Mapping{{Key: "MaximumConcurrency", Value: n}}
	}
	return feeding{
		may: []statement{{actions: []string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}, resources: []any{queue}}},
		add: []func(){func() {
			s.eventSource(f, queue, mapping(
				output.Member{Key: "BatchSize", Value: cmp.Or(t.Batch, 10)},
				output.Member{Key: "MaximumBatchingWindowInSeconds", Value: seconds(t.Window)},
				output.Member{Key: "ScalingConfig", Value: concurrency})...)
		}},
	}
}

// stream is the feeding by a Kinesis stream.
func (s *stack) stream(f model.Function, t model.Stream) feeding {
	source := s.arnOf(t.Name, "kinesis", "stream/", logical(t.Name, "Stream"), arn)
	start := "TRIM_HORIZON"
	if t.Latest {
		start = "LATEST"
	}
	return s.records(f, source, statement{
		actions:   []string{"kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"},
		resources: []any{source},
	}, start,
		output.Member{Key: "BatchSize", Value: t.Batch},
		output.Member{Key: "ParallelizationFactor", Value: t.Concurrency})
}

// document is the feeding by the stream of a DynamoDB table.
func (s *stack) document(f model.Function, t model.Document) feeding {
	id := logical(t.Collection, "Table")
	var source, all any = getAtt(id, "StreamArn"), sub("${" + id + ".Arn}/stream/*")
	if name := s.names[t.Collection]; name != "" {
		source, all = output.Text(s.streams[t.Collection]), regional("dynamodb", "table/"+name+"/stream/*")
	}
	fed := s.records(f, source, statement{
		actions:   []string{"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"},
		resources: []any{source},
	}, "TRIM_HORIZON", output.Member{Key: "FilterCriteria", Value: changeFilter(t)})
	fed.may = append(fed.may, statement{actions: []string{"dynamodb:ListStreams"}, resources: []any{all}})
	return fed
}

// changeFilter is the filter for the kinds of change; nil for all.
func changeFilter(t model.Document) any {
	var kinds []string
	for _, k := range []struct {
		asked bool
		name  string
	}{{t.Created, "INSERT"}, {t.Updated, "MODIFY"}, {t.Deleted, "REMOVE"}} {
		if k.asked {
			kinds = append(kinds, k.name)
		}
	}
	if len(kinds) == 3 {
		return nil
	}
	pattern, _ := json.Marshal(map[string][]string{"eventName": kinds})
	return output.Mapping{{Key: "Filters", Value: []output.Mapping{{{Key: "Pattern", Value: output.Text(pattern)}}}}}
}

// records is the feeding by a stream: five retries from the first record that
// failed, half of a batch at a time, within six hours. What is given up then
// goes to a bucket whole, where a queue would get its position alone.
func (s *stack) records(f model.Function, source any, read statement, start string, further ...output.Member) feeding {
	fed := feeding{may: []statement{read}}
	var onFailure any
	if f.DeadLetter != "none" {
		bucket := logical(f.Name, "DeadLetters")
		onFailure = output.Mapping{{Key: "OnFailure", Value: output.Mapping{{Key: "Destination", Value: arn(bucket)}}}}
		// Lambda's keys: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
		fed.may = append(fed.may,
			statement{actions: []string{"s3:PutObject"}, resources: []any{sub("${" + bucket + ".Arn}/aws/lambda/*")}},
			statement{actions: []string{"s3:ListBucket"}, resources: []any{arn(bucket)}})
		fed.add = append(fed.add, func() { s.add(bucket, "AWS::S3::Bucket", privateBucket(), retained...) })
	}
	fed.add = append(fed.add, func() {
		s.eventSource(f, source, append(mapping(further...),
			output.Member{Key: "StartingPosition", Value: start},
			output.Member{Key: "MaximumRetryAttempts", Value: f.RetriesOr(5)},
			output.Member{Key: "BisectBatchOnFunctionError", Value: true},
			output.Member{Key: "MaximumRecordAgeInSeconds", Value: seconds(maxEventAge)},
			output.Member{Key: "DestinationConfig", Value: onFailure})...)
	})
	return fed
}

func privateBucket() output.Mapping {
	return output.Mapping{{Key: "PublicAccessBlockConfiguration", Value: output.Mapping{
		{Key: "BlockPublicAcls", Value: true}, {Key: "BlockPublicPolicy", Value: true},
		{Key: "IgnorePublicAcls", Value: true}, {Key: "RestrictPublicBuckets", Value: true},
	}}}
}
