package aws

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
	"github.com/fngen/fngen/gen/internal/target/aws/stack"
)

// bucketName is the name of the stack's own bucket, which no other stack has.
func bucketName(name string) stack.Join { return stack.Join{name + "-", stack.Unique} }

// arnOfBucket is the ARN of the bucket of that name, and of what is below it.
func arnOfBucket(name ...any) stack.Join {
	return append(stack.Join{"arn:", stack.Partition, ":s3:::"}, name...)
}

// arnOf returns the ARN of the resource with the logical name: of one that
// exists already, or of the stack's own.
func (b *builder) arnOf(name, service, kind string, own any) any {
	if physical := b.names[name]; physical != "" {
		return regional(service, kind+physical)
	}
	return own
}

// queueArn returns the ARN of a queue, with the logical id of the stack's own.
func (b *builder) queueArn(name, id string) any { return b.arnOf(name, "sqs", "", stack.Arn(id)) }

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
func (b *builder) shared() {
	for _, f := range b.app.Functions {
		b.cause = cause{f, "sink"}
		b.sinkResources(f)
		for _, u := range f.Uses {
			b.cause = cause{f, u.Key()}
			b.create(string(u.Kind), u.Name)
		}
		b.cause = cause{function: f}
		b.create(f.Trigger.Kind(), f.Trigger.Resource())
		if t, ok := f.Trigger.(model.Queue); ok && b.names[t.Name] == "" {
			b.once(feedingID(t), func() { b.createQueue(f, t) })
		}
	}
	b.policies()
}

// create adds the topic, bucket, stream or table of the name, unless it exists
// already. Of other kinds there is nothing to add.
func (b *builder) create(kind, name string) {
	creates := map[string]struct {
		suffix string
		add    func(id, name string)
	}{"topic": {"Topic", b.createTopic}, "object": {"Bucket", b.createBucket}, "stream": {"Stream", b.createStream}, "document": {"Table", b.createTable}}
	if c, ok := creates[kind]; ok && b.names[name] == "" {
		id := logical(name, c.suffix)
		b.once(id, func() { c.add(id, name) })
	}
}

// once adds what is shared under the id, if nothing is.
func (b *builder) once(id string, add func()) {
	if !b.added[id] {
		b.added[id] = true
		add()
	}
}

// createQueue adds a queue whose messages stay invisible for six times the
// function's timeout and the time that a batch waits, as Lambda asks for.
//
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
func (b *builder) createQueue(f model.Function, t model.Queue) {
	properties := b.queueProperties(
		output.Member{Key: "FifoQueue", Value: t.FIFO},
		output.Member{Key: "VisibilityTimeout", Value: seconds(cmp.Or(t.Visibility, presetVisibility(f, t)))},
		output.Member{Key: "MessageRetentionPeriod", Value: b.retention(t.Name, t.FIFO)},
	)
	if letters := b.deadLetterQueue(f); letters != nil {
		properties = append(properties, output.Member{Key: "RedrivePolicy", Value: output.Mapping{
			{Key: "deadLetterTargetArn", Value: letters}, {Key: "maxReceiveCount", Value: receives(f)},
		}})
	}
	id := feedingID(t)
	b.keep(stack.Retained, id, "AWS::SQS::Queue", properties)
	b.output(id, "queues", "URL of the queue "+t.Name, stack.Ref(id), t.Name)
}

func (b *builder) createTopic(id, name string) {
	b.add(id, "AWS::SNS::Topic", mapping(output.Member{Key: "KmsMasterKeyId", Value: output.Text(b.key)}))
	b.output(id, "topics", "ARN of the topic "+name, stack.Ref(id), name)
}

// queueProperties are the properties of a queue that are not zero. SQS encrypts
// what lies in it, which is its default, said so that nothing else is.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-sqs-sse-queue.html
func (b *builder) queueProperties(members ...output.Member) output.Mapping {
	return mapping(append(members, output.Member{Key: "KmsMasterKeyId", Value: output.Text(b.key)}, output.Member{Key: "SqsManagedSseEnabled", Value: b.key == ""})...)
}

// createStream adds a stream, which Kinesis encrypts with the account's own key
// for it: readers and writers need no right to the key.
//
// https://docs.aws.amazon.com/streams/latest/dev/server-side-encryption.html
func (b *builder) createStream(id, _ string) {
	b.keep(stack.Retained, id, "AWS::Kinesis::Stream", output.Mapping{
		{Key: "StreamModeDetails", Value: output.Mapping{{Key: "StreamMode", Value: "ON_DEMAND"}}},
		{Key: "StreamEncryption", Value: output.Mapping{{Key: "EncryptionType", Value: output.Text("KMS")}, {Key: "KeyId", Value: cmp.Or[any](optional(b.key), "alias/aws/kinesis")}}},
	})
}

// createBucket adds a bucket with the notifications of its functions, which it
// checks when it is created: the permissions must be there.
func (b *builder) createBucket(id, name string) {
	var notifications []output.Mapping
	var permissions []string
	for _, f := range b.fed[name] {
		t, ok := f.Trigger.(model.Object)
		if !ok {
			continue
		}
		permissions = append(permissions, of(f, "Permission"))
		for _, event := range changes(t, []string{"s3:ObjectCreated:*"}, []string{"s3:ObjectRemoved:*", "s3:LifecycleExpiration:*"}) {
			notifications = append(notifications, output.Mapping{
				{Key: "Event", Value: event},
				{Key: "Function", Value: stack.Arn(of(f, "Function"))},
				{Key: "Filter", Value: keyFilter(t)},
			})
		}
	}
	properties := append(output.Mapping{
		{Key: "BucketName", Value: bucketName(name)},
		{Key: "NotificationConfiguration", Value: nested(output.Member{Key: "LambdaConfigurations", Value: notifications})},
	}, b.privateBucket()...)
	b.keep(stack.RetainedOnceThere, id, "AWS::S3::Bucket", properties, permissions...)
	b.output(id, "buckets", "Name of the bucket "+name, stack.Ref(id), name)
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
	return nested(output.Member{Key: "S3Key", Value: nested(output.Member{Key: "Rules", Value: rules})})
}

// encodedKey encodes a part of a key as forms are, but for its slashes: a space
// is a plus sign.
func encodedKey(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "%2F", "/") }

// createTable adds a table with the key attributes that the adapter knows, as
// strings, and a stream with the images that its functions ask for; none if it
// feeds no function.
func (b *builder) createTable(id, name string) {
	images := ""
	for _, f := range b.fed[name] {
		if t, ok := f.Trigger.(model.Document); ok && t.Before {
			images = "NEW_AND_OLD_IMAGES"
		} else if ok {
			images = cmp.Or(images, "NEW_IMAGE")
		}
	}
	var encryption any
	if b.key != "" {
		encryption = output.Mapping{{Key: "SSEEnabled", Value: true}, {Key: "SSEType", Value: "KMS"}, {Key: "KMSMasterKeyId", Value: output.Text(b.key)}}
	}
	var attributes, schema []output.Mapping
	for i, key := range b.keysOf(name) {
		attributes = append(attributes, output.Mapping{{Key: "AttributeName", Value: output.Text(key)}, {Key: "AttributeType", Value: "S"}})
		schema = append(schema, output.Mapping{{Key: "AttributeName", Value: output.Text(key)}, {Key: "KeyType", Value: []string{"HASH", "RANGE"}[min(i, 1)]}})
	}
	b.keep(stack.Retained, id, "AWS::DynamoDB::Table", output.Mapping{
		{Key: "BillingMode", Value: "PAY_PER_REQUEST"},
		{Key: "AttributeDefinitions", Value: attributes},
		{Key: "KeySchema", Value: schema},
		{Key: "StreamSpecification", Value: nested(output.Member{Key: "StreamViewType", Value: images})},
		{Key: "PointInTimeRecoverySpecification", Value: output.Mapping{{Key: "PointInTimeRecoveryEnabled", Value: true}}},
		{Key: "SSESpecification", Value: encryption},
	})
	b.output(id, "tables", "Name of the table "+name, stack.Ref(id), name)
}
