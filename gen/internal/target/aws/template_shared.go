package aws

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
)

// bucketName is the name of the stack's own bucket: no other stack has it, since
// the first two groups of digits in a stack's id are of the time of its creation,
// unlike the last, which is of the host that made the id.
//
// https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-1
func bucketName(pattern string) output.Tagged { return bucketText(pattern, "") }

// bucketText is text with the name of the stack's own bucket in it.
func bucketText(before, after string) output.Tagged {
	group := func(n int) output.Tagged {
		return output.Tagged{Tag: "!Select", Value: []any{n, output.Tagged{Tag: "!Split", Value: []any{"-",
			output.Tagged{Tag: "!Select", Value: []any{2, output.Tagged{Tag: "!Split", Value: []any{"/", ref("AWS::StackId")}}}}}}}}
	}
	return output.Tagged{Tag: "!Sub", Value: []any{before + "-${Low}${Mid}" + after, output.Mapping{{Key: "Low", Value: group(0)}, {Key: "Mid", Value: group(1)}}}}
}

// arnOf returns the ARN of the resource with the logical name: of one that
// exists already, or of the stack's own.
func (s *stack) arnOf(name, service, kind, id string, own func(id string) output.Tagged) any {
	if physical := s.names[name]; physical != "" {
		return regional(service, kind+physical)
	}
	return own(id)
}

// queueArn returns the ARN of a queue, with the logical id of the stack's own.
func (s *stack) queueArn(name, id string) any { return s.arnOf(name, "sqs", "", id, arn) }

// feedingID is the logical id of the queue that feeds a function.
func feedingID(t model.Queue) string {
	if t.Of != nil && deadLettersFIFO(*t.Of) == t.FIFO {
		return deadLetterID(*t.Of)
	}
	return queueID(t.Name, t.FIFO)
}

// queueID is the logical id of a queue; a FIFO queue is another one.
func queueID(name string, fifo bool) string {
	if fifo {
		return logical(name, "QueueFifo")
	}
	return logical(name, "Queue")
}

// shared adds what the functions' directives name and the stack creates, each
// once.
func (s *stack) shared() {
	for _, f := range s.app.Functions {
		s.cause = cause{f, "sink"}
		s.sinkResources(f)
		s.usedResources(f)
		s.cause = cause{function: f}
		name := f.Trigger.Resource()
		if s.names[name] != "" {
			continue
		}
		switch t := f.Trigger.(type) {
		case model.Queue:
			s.once(feedingID(t), func() { s.createQueue(f, t) })
		case model.Topic:
			s.once(logical(name, "Topic"), func() { s.add(logical(name, "Topic"), "AWS::SNS::Topic", output.Mapping{}) })
		case model.Object:
			s.once(logical(name, "Bucket"), func() { s.createBucket(name) })
		case model.Stream:
			s.once(logical(name, "Stream"), func() {
				s.createStream(name)
			})
		case model.Document:
			s.once(logical(name, "Table"), func() { s.createTable(name) })
		}
	}
	s.policies()
}

// once adds what is shared under the id, if nothing is.
func (s *stack) once(id string, add func()) {
	if !s.added[id] {
		s.added[id] = true
		add()
	}
}

// createQueue adds a queue whose messages stay invisible for six times the
// function's timeout and the time that a batch waits, as Lambda asks for.
//
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
func (s *stack) createQueue(f model.Function, t model.Queue) {
	visibility := t.Visibility
	if visibility == 0 {
		visibility = presetVisibility(f, t)
	}
	properties := queueProperties(
		output.Member{Key: "FifoQueue", Value: t.FIFO},
		output.Member{Key: "VisibilityTimeout", Value: seconds(visibility)},
		output.Member{Key: "MessageRetentionPeriod", Value: s.retention(t.Name, t.FIFO)},
	)
	if letters := s.deadLetterQueue(f); letters != nil {
		properties = append(properties, output.Member{Key: "RedrivePolicy", Value: output.Mapping{
			{Key: "deadLetterTargetArn", Value: letters}, {Key: "maxReceiveCount", Value: receives(f)},
		}})
	}
	id := feedingID(t)
	s.add(id, "AWS::SQS::Queue", properties, retained...)
	s.output(id, "URL of the queue "+t.Name, ref(id))
}

// queueProperties are the properties of a queue that are not zero. SQS encrypts
// what lies in it, which is its default, said so that nothing else is.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-sqs-sse-queue.html
func queueProperties(members ...output.Member) output.Mapping {
	return append(mapping(members...), output.Member{Key: "SqsManagedSseEnabled", Value: true})
}

// createStream adds a stream, which Kinesis encrypts with the account's own key
// for it: readers and writers need no right to the key.
//
// https://docs.aws.amazon.com/streams/latest/dev/server-side-encryption.html
func (s *stack) createStream(name string) {
	s.add(logical(name, "Stream"), "AWS::Kinesis::Stream", output.Mapping{
		{Key: "StreamModeDetails", Value: output.Mapping{{Key: "StreamMode", Value: "ON_DEMAND"}}},
		{Key: "StreamEncryption", Value: output.Mapping{{Key: "EncryptionType", Value: output.Text("KMS")}, {Key: "KeyId", Value: "alias/aws/kinesis"}}},
	}, retained...)
}

// createBucket adds a bucket with the notifications of its functions, which it
// checks when it is created: the permissions must be there.
func (s *stack) createBucket(name string) {
	var notifications []output.Mapping
	var permissions []string
	for _, f := range s.fed[name] {
		t, ok := f.Trigger.(model.Object)
		if !ok {
			continue
		}
		permissions = append(permissions, of(f, "Permission"))
		for _, event := range changes(t, []string{"s3:ObjectCreated:*"}, []string{"s3:ObjectRemoved:*", "s3:LifecycleExpiration:*"}) {
			notifications = append(notifications, output.Mapping{
				{Key: "Event", Value: event},
				{Key: "Function", Value: arn(of(f, "Function"))},
				{Key: "Filter", Value: keyFilter(t)},
			})
		}
	}
	id := logical(name, "Bucket")
	var notifies any
	further := retainedOnceThere
	if len(notifications) > 0 {
		notifies = output.Mapping{{Key: "LambdaConfigurations", Value: notifications}}
		further = append([]output.Member{{Key: "DependsOn", Value: permissions}}, further...)
	}
	properties := append(output.Mapping{
		{Key: "BucketName", Value: bucketName(name)},
		{Key: "NotificationConfiguration", Value: notifies},
	}, privateBucket()...)
	s.add(id, "AWS::S3::Bucket", properties, further...)
	s.output(id, "Name of the bucket "+name, ref(id))
}

// changes returns the names of the kinds of change that the trigger is for. What
// a lifecycle rule of the bucket deletes is deleted too: a rule of EventBridge is
// told of it under the same name, and a notification under another.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html
func changes(t model.Object, created, deleted []string) []string {
	switch {
	case t.Created && !t.Deleted:
		return created
	case t.Deleted && !t.Created:
		return deleted
	}
	return slices.Concat(created, deleted)
}

// keyFilter is the filter for the object's key; nil for all. S3 compares with
// keys as notifications have them, which are encoded.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
func keyFilter(t model.Object) any {
	var rules []output.Mapping
	for _, r := range []struct{ name, value string }{{"prefix", t.Prefix}, {"suffix", t.Suffix}} {
		if r.value != "" {
			rules = append(rules, output.Mapping{{Key: "Name", Value: r.name}, {Key: "Value", Value: output.Text(encodedKey(r.value))}})
		}
	}
	if rules == nil {
		return nil
	}
	return output.Mapping{{Key: "S3Key", Value: output.Mapping{{Key: "Rules", Value: rules}}}}
}

// encodedKey encodes a part of a key as forms are, but for its slashes: a space
// is a plus sign.
func encodedKey(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "%2F", "/") }

// createTable adds a table with the key attributes that the adapter knows, as
// strings, and a stream with the images that its functions ask for; none if it
// feeds no function.
func (s *stack) createTable(name string) {
	images := ""
	for _, f := range s.fed[name] {
		if t, ok := f.Trigger.(model.Document); ok && t.Before {
			images = "NEW_AND_OLD_IMAGES"
		} else if ok {
			images = cmp.Or(images, "NEW_IMAGE")
		}
	}
	var stream any
	if images != "" {
		stream = output.Mapping{{Key: "StreamViewType", Value: images}}
	}
	var attributes, schema []output.Mapping
	for i, key := range s.keysOf(name) {
		attributes = append(attributes, output.Mapping{{Key: "AttributeName", Value: verbatim(key)}, {Key: "AttributeType", Value: "S"}})
		schema = append(schema, output.Mapping{{Key: "AttributeName", Value: verbatim(key)}, {Key: "KeyType", Value: []string{"HASH", "RANGE"}[min(i, 1)]}})
	}
	id := logical(name, "Table")
	s.add(id, "AWS::DynamoDB::Table", output.Mapping{
		{Key: "BillingMode", Value: "PAY_PER_REQUEST"},
		{Key: "AttributeDefinitions", Value: attributes},
		{Key: "KeySchema", Value: schema},
		{Key: "StreamSpecification", Value: stream},
		{Key: "PointInTimeRecoverySpecification", Value: output.Mapping{{Key: "PointInTimeRecoveryEnabled", Value: true}}},
	}, retained...)
	s.output(id, "Name of the table "+name, ref(id))
}
