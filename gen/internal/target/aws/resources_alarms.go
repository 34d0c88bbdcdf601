package aws

import (
	"slices"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
	"github.com/fngen/fngen/gen/internal/target/aws/stack"
)

// addAlarms adds what tells the operators' topic of each function that fails and of
// what is given up.
//
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
func (b *builder) addAlarms() {
	if b.alarms == "" {
		return
	}
	for _, f := range b.app.Functions {
		b.cause = cause{function: f}
		b.alarm(of(f, "Errors"), "The function "+f.Name+" has failed.", "AWS/Lambda", "Errors", "Sum", "FunctionName", stack.Ref(of(f, "Function")))
		if f.DeadLetterSink() == "" {
			continue
		}
		switch f.Trigger.(type) {
		case model.Stream, model.Document: // whose batches fail in part, which is no error of the function
			mapping := of(f, "Mapping")
			b.alarm(mapping+"Alarm", "Records that "+f.Name+" could not handle lie in a bucket.", "AWS/Lambda", "OnFailureDestinationDeliveredEventCount", "Sum", "EventSourceMappingUUID", stack.Ref(mapping))
		}
		if id := deadLetterID(f); b.names[f.DeadLetter] == "" && !b.works(f.DeadLetter) {
			b.once(id+"Alarm", func() {
				b.cause = cause{f, "deadletter"}
				b.alarm(id+"Alarm", "Dead letters lie in the queue "+f.DeadLetterSink()+".", "AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", "QueueName", stack.Attribute{ID: id, Name: "QueueName"})
			})
		}
	}
}

// works reports whether the queue feeds a function with more than dead letters.
func (b *builder) works(queue string) bool {
	return slices.ContainsFunc(b.fed[queue], func(f model.Function) bool {
		q, ok := f.Trigger.(model.Queue)
		return ok && !q.Letters
	})
}

// alarm adds one that is on for five minutes in which the metric is above zero.
func (b *builder) alarm(id, description, namespace, metric, statistic, dimension string, of any) {
	b.add(id, "AWS::CloudWatch::Alarm", output.Mapping{
		{Key: "AlarmDescription", Value: output.Text(description)},
		{Key: "Namespace", Value: namespace},
		{Key: "MetricName", Value: metric},
		{Key: "Dimensions", Value: []output.Mapping{{{Key: "Name", Value: dimension}, {Key: "Value", Value: of}}}},
		{Key: "Statistic", Value: statistic},
		{Key: "Period", Value: 300},
		{Key: "EvaluationPeriods", Value: 1},
		{Key: "Threshold", Value: 0},
		{Key: "ComparisonOperator", Value: "GreaterThanThreshold"},
		{Key: "TreatMissingData", Value: "notBreaching"},
		{Key: "AlarmActions", Value: []any{output.Text(b.alarms)}},
	})
}
