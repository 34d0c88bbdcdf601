package aws

import (
	"cmp"
	"encoding/json"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
	"github.com/fngen/fngen/gen/internal/target/aws/stack"
)

// eventSource adds the mapping that feeds the function with batches of records.
// Of a batch only what failed comes again, which the adapter names.
func (b *builder) eventSource(f model.Function, source any, further ...output.Member) {
	b.add(of(f, "Mapping"), "AWS::Lambda::EventSourceMapping", append(output.Mapping{
		{Key: "FunctionName", Value: stack.Ref(of(f, "Function"))},
		{Key: "EventSourceArn", Value: source},
		{Key: "FunctionResponseTypes", Value: []string{"ReportBatchItemFailures"}},
	}, further...))
}

// queue feeds the function by an SQS queue, whose own policy writes the dead
// letters.
func (b *builder) queue(f model.Function, t model.Queue) []statement {
	queue := b.queueArn(t.Name, feedingID(t))
	b.eventSource(f, queue, mapping(
		output.Member{Key: "BatchSize", Value: batchSize(t)},
		output.Member{Key: "MaximumBatchingWindowInSeconds", Value: seconds(t.Window)},
		output.Member{Key: "ScalingConfig", Value: nested(output.Member{Key: "MaximumConcurrency", Value: mappingConcurrency(f)})})...)
	return []statement{{actions: []string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}, resources: []any{queue}}}
}

// mappingConcurrency is how many instances a queue feeds at once, 0 for any
// number. Where instances are few, its pollers must not start more batches: what
// the function throttles counts as a receive, and lies among the dead letters
// after a few of them, unhandled.
//
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
func mappingConcurrency(f model.Function) int {
	n := cmp.Or(f.Operation.MaxInstances, f.Operation.Reserved)
	if n == 0 || f.Operation.MaxInstances == 0 && n > maxConcurrency {
		return 0
	}
	return max(n, minConcurrency)
}

// stream feeds the function by a Kinesis stream.
func (b *builder) stream(f model.Function, t model.Stream) []statement {
	source := b.arnOf(t.Name, "kinesis", "stream/", stack.Arn(logical(t.Name, "Stream")))
	start := map[bool]string{false: "TRIM_HORIZON", true: "LATEST"}[t.Latest]
	return b.records(f, source, statement{
		actions:   []string{"kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"},
		resources: []any{source},
	}, start,
		output.Member{Key: "BatchSize", Value: t.Batch},
		output.Member{Key: "ParallelizationFactor", Value: t.Concurrency})
}

// document feeds the function by the stream of a DynamoDB table.
func (b *builder) document(f model.Function, t model.Document) []statement {
	id := logical(t.Collection, "Table")
	var source, all any = stack.Attribute{ID: id, Name: "StreamArn"}, stack.Join{stack.Arn(id), "/stream/*"}
	if name := b.names[t.Collection]; name != "" {
		source, all = output.Text(b.streams[t.Collection]), regional("dynamodb", "table/"+name+"/stream/*")
	}
	may := b.records(f, source, statement{
		actions:   []string{"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"},
		resources: []any{source},
	}, "TRIM_HORIZON", output.Member{Key: "FilterCriteria", Value: changeFilter(t)})
	return append(may, statement{actions: []string{"dynamodb:ListStreams"}, resources: []any{all}})
}

// changeFilter is the filter for the kinds of change; nil for all.
func changeFilter(t model.Document) any {
	var kinds []string
	for i, asked := range []bool{t.Created, t.Updated, t.Deleted} {
		if asked {
			kinds = append(kinds, []string{"INSERT", "MODIFY", "REMOVE"}[i])
		}
	}
	if len(kinds) == 3 {
		return nil
	}
	pattern, _ := json.Marshal(map[string][]string{"eventName": kinds})
	return output.Mapping{{Key: "Filters", Value: []output.Mapping{{{Key: "Pattern", Value: output.Text(pattern)}}}}}
}

// records feeds the function by a stream: five retries from the first record that
// failed, half of a batch at a time, within six hours. What is given up then
// goes to a bucket whole, where a queue would get its position alone.
func (b *builder) records(f model.Function, source any, read statement, start string, further ...output.Member) []statement {
	may := []statement{read}
	var letters, counted any
	if f.DeadLetter != "none" {
		bucket := of(f, "DeadLetters")
		letters = stack.Arn(bucket)
		if b.alarms != "" { // which are about what is counted
			counted = output.Mapping{{Key: "Metrics", Value: []string{"EventCount"}}}
		}
		// Lambda's keys: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
		may = append(may,
			statement{actions: []string{"s3:PutObject"}, resources: []any{stack.Join{stack.Arn(bucket), "/aws/lambda/*"}}},
			statement{actions: []string{"s3:ListBucket"}, resources: []any{stack.Arn(bucket)}})
		b.keep(stack.RetainedOnceThere, bucket, "AWS::S3::Bucket", b.privateBucket())
	}
	b.eventSource(f, source, append(mapping(further...),
		output.Member{Key: "StartingPosition", Value: start},
		output.Member{Key: "MaximumRetryAttempts", Value: recordRetries(f)},
		output.Member{Key: "BisectBatchOnFunctionError", Value: true},
		output.Member{Key: "MaximumRecordAgeInSeconds", Value: seconds(maxEventAge)},
		output.Member{Key: "DestinationConfig", Value: onFailure(letters)},
		output.Member{Key: "MetricsConfig", Value: counted})...)
	return may
}

// onFailure is where Lambda sends what it gives up; nil for nowhere.
func onFailure(to any) any {
	return nested(output.Member{Key: "OnFailure", Value: nested(output.Member{Key: "Destination", Value: to})})
}

// privateBucket are the properties of every bucket: nothing in it is public, and
// S3 encrypts it.
func (b *builder) privateBucket() output.Mapping {
	algorithm := "AES256"
	if b.key != "" {
		algorithm = "aws:kms"
	}
	return output.Mapping{
		{Key: "PublicAccessBlockConfiguration", Value: output.Mapping{
			{Key: "BlockPublicAcls", Value: true}, {Key: "BlockPublicPolicy", Value: true},
			{Key: "IgnorePublicAcls", Value: true}, {Key: "RestrictPublicBuckets", Value: true},
		}},
		{Key: "BucketEncryption", Value: output.Mapping{{Key: "ServerSideEncryptionConfiguration", Value: []output.Mapping{mapping(
			output.Member{Key: "ServerSideEncryptionByDefault", Value: output.Mapping{{Key: "SSEAlgorithm", Value: algorithm}, {Key: "KMSMasterKeyID", Value: optional(b.key)}}},
			output.Member{Key: "BucketKeyEnabled", Value: b.key != ""},
		)}}}},
	}
}

// isAsynchronous reports whether Lambda itself calls the function again.
func isAsynchronous(f model.Function) bool {
	switch f.Trigger.(type) {
	case model.Topic, model.Object, model.Event, model.Schedule:
		return true
	}
	return false
}

// asynchronous has Lambda call the function again at most twice, within six hours,
// and then the event goes to a queue.
func (b *builder) asynchronous(f model.Function) {
	b.add(of(f, "Retries"), "AWS::Lambda::EventInvokeConfig", output.Mapping{
		{Key: "FunctionName", Value: stack.Ref(of(f, "Function"))},
		{Key: "Qualifier", Value: "$LATEST"},
		{Key: "MaximumRetryAttempts", Value: retries(f)},
		{Key: "MaximumEventAgeInSeconds", Value: seconds(maxEventAge)},
		{Key: "DestinationConfig", Value: onFailure(b.deadLetterQueue(f))},
	})
}

// subscribe subscribes the function to the topic.
func (b *builder) subscribe(f model.Function, t model.Topic) {
	topic := b.arnOf(t.Name, "sns", "", stack.Ref(logical(t.Name, "Topic")))
	b.permit(f, "sns.amazonaws.com", topic)
	b.permitDeadLetters(f, "sns.amazonaws.com", topic)
	b.add(of(f, "Subscription"), "AWS::SNS::Subscription", output.Mapping{
		{Key: "TopicArn", Value: topic},
		{Key: "Protocol", Value: "lambda"},
		{Key: "Endpoint", Value: stack.Arn(of(f, "Function"))},
		{Key: "RedrivePolicy", Value: nested(output.Member{Key: "deadLetterTargetArn", Value: b.deadLetterQueue(f)})},
	})
}

// notify has the bucket tell the function of its objects: by the bucket's own
// notifications, which are its properties, or by a rule of EventBridge for one
// that exists already. Such a bucket must send its events to EventBridge.
func (b *builder) notify(f model.Function, t model.Object) {
	if name := b.names[t.Bucket]; name != "" {
		b.rule(f, "", objectPattern(t, name))
		return
	}
	b.permit(f, "s3.amazonaws.com", arnOfBucket(bucketName(t.Bucket)), output.Member{Key: "SourceAccount", Value: stack.AccountID})
}

// rule adds a rule of the EventBridge bus that has the function as its target;
// the account's default bus if the name is "".
func (b *builder) rule(f model.Function, bus string, pattern output.Mapping) {
	id := of(f, "Rule")
	b.permitDeadLetters(f, "events.amazonaws.com", stack.Arn(id))
	b.add(id, "AWS::Events::Rule", mapping(
		output.Member{Key: "EventBusName", Value: bus},
		output.Member{Key: "EventPattern", Value: pattern},
		output.Member{Key: "Targets", Value: []output.Mapping{b.target(f, output.Member{Key: "Id", Value: "function"}, output.Member{Key: "Arn", Value: stack.Arn(of(f, "Function"))})}},
	))
	b.permit(f, "events.amazonaws.com", stack.Arn(id))
}

// target is the function as the target of a rule or a schedule.
func (b *builder) target(f model.Function, members ...output.Member) output.Mapping {
	return append(members,
		output.Member{Key: "RetryPolicy", Value: output.Mapping{{Key: "MaximumEventAgeInSeconds", Value: seconds(maxEventAge)}, {Key: "MaximumRetryAttempts", Value: retries(f)}}},
		output.Member{Key: "DeadLetterConfig", Value: nested(output.Member{Key: "Arn", Value: b.deadLetterQueue(f)})})
}

// eventPattern matches the type, and the source if the directive names one.
func eventPattern(t model.Event) output.Mapping {
	pattern := output.Mapping{{Key: "detail-type", Value: []output.Text{output.Text(t.Type)}}}
	if t.Source != "" {
		pattern = append(output.Mapping{{Key: "source", Value: []output.Text{output.Text(t.Source)}}}, pattern...)
	}
	return pattern
}

// objectPattern matches the changes of a bucket. Of prefix and suffix it has
// one, since several matches of a field are alternatives; the adapter looks at
// both again.
func objectPattern(t model.Object, bucket string) output.Mapping {
	detail := output.Mapping{{Key: "bucket", Value: output.Mapping{{Key: "name", Value: []output.Text{output.Text(bucket)}}}}}
	how, text := "prefix", t.Prefix
	if text == "" {
		how, text = "suffix", t.Suffix
	}
	if text != "" {
		key := []output.Mapping{{{Key: how, Value: output.Text(text)}}}
		detail = append(detail, output.Member{Key: "object", Value: output.Mapping{{Key: "key", Value: key}}})
	}
	return output.Mapping{{Key: "source", Value: []string{"aws.s3"}}, {Key: "detail-type", Value: changes(t, []string{"Object Created"}, []string{"Object Deleted"})}, {Key: "detail", Value: detail}}
}

// schedule adds a schedule of EventBridge Scheduler, with a role of its own to
// call the function, which the service takes on for the group of the schedule: no
// condition names one schedule. Its input is what the adapter reads.
//
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
func (b *builder) schedule(f model.Function, t model.Schedule) {
	when, _ := expression(t) // Check has refused what has none
	input, _ := json.Marshal(f.Name)
	target := b.target(f,
		output.Member{Key: "Arn", Value: stack.Arn(of(f, "Function"))},
		output.Member{Key: "RoleArn", Value: stack.Arn(of(f, "ScheduleCaller"))},
		output.Member{Key: "Input", Value: output.Text(`{"name":` + string(input) + `,"scheduled":"<aws.scheduler.scheduled-time>",` +
			`"schedule":"<aws.scheduler.schedule-arn>","attempt":"<aws.scheduler.attempt-number>"}`)})
	may := []statement{{actions: []string{"lambda:InvokeFunction"}, resources: []any{stack.Arn(of(f, "Function"))}}}
	if letters := b.deadLetterQueue(f); letters != nil {
		may = append(may, statement{actions: []string{"sqs:SendMessage"}, resources: []any{letters}})
	}
	b.add(of(f, "Schedule"), "AWS::Scheduler::Schedule", output.Mapping{
		{Key: "ScheduleExpression", Value: output.Text(when)},
		{Key: "ScheduleExpressionTimezone", Value: output.Text(cmp.Or(t.TimeZone, "UTC"))},
		{Key: "FlexibleTimeWindow", Value: output.Mapping{{Key: "Mode", Value: output.Text("OFF")}}},
		{Key: "Target", Value: target},
	})
	b.role(f, of(f, "ScheduleCaller"), "scheduler.amazonaws.com",
		output.Mapping{{Key: "StringEquals", Value: output.Mapping{
			{Key: "aws:SourceAccount", Value: stack.AccountID},
			{Key: "aws:SourceArn", Value: regional("scheduler", "schedule-group/default")},
		}}}, nil, inline(ownPolicy, b.withKey(may)...))
}
