package aws

import (
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
	"github.com/fngen/fngen/gen/internal/target/aws/stack"
)

// sends returns what the function needs to send to its sinks and to its dead
// letters: the permissions, and the addresses for its environment.
func (b *builder) sends(f model.Function) (may []statement, addresses output.Mapping) {
	for _, sink := range f.Sinks {
		var address any
		switch sink.Kind {
		case "queue":
			id := queueID(sink.Name, b.isFIFO(sink.Name))
			may = append(may, statement{actions: []string{"sqs:SendMessage"}, resources: []any{b.queueArn(sink.Name, id)}})
			address = b.queueURL(sink.Name, id)
		case "topic":
			topic := b.arnOf(sink.Name, "sns", "", stack.Ref(logical(sink.Name, "Topic")))
			may = append(may, statement{actions: []string{"sns:Publish"}, resources: []any{topic}})
			address = topic
		case "event":
			bus := b.busOf(sink.Name)
			may = append(may, statement{actions: []string{"events:PutEvents"}, resources: []any{regional("events", "event-bus/"+bus)}})
			address = output.Text(bus)
		case "http":
			address = value(b.urls[sink.Name])
		}
		addresses = append(addresses, output.Member{Key: model.SinkVariable(sink.Name), Value: address})
	}
	if f.DeadLetterSink() == "" {
		return may, addresses
	}
	may = append(may, statement{actions: []string{"sqs:SendMessage"}, resources: []any{b.deadLetterQueue(f)}})
	variable := model.SinkVariable(f.DeadLetterSink())
	if !slices.ContainsFunc(addresses, func(m output.Member) bool { return m.Key == variable }) {
		addresses = append(addresses, output.Member{Key: variable, Value: b.queueURL(f.DeadLetter, deadLetterID(f))})
	}
	return may, addresses
}

// isFIFO reports whether the queue is a FIFO one: one that feeds a function, or
// that exists already.
func (b *builder) isFIFO(queue string) bool {
	return strings.HasSuffix(b.names[queue], ".fifo") || slices.ContainsFunc(b.fed[queue], func(f model.Function) bool {
		q, ok := f.Trigger.(model.Queue)
		return ok && q.FIFO
	})
}

// queueURL returns the URL of a queue, with the logical id of the stack's own.
func (b *builder) queueURL(name, id string) any {
	if physical := b.names[name]; physical != "" {
		return urlOfQueue(physical)
	}
	return stack.Ref(id)
}

func urlOfQueue(physical string) stack.Join {
	return stack.Join{"https://sqs.", stack.Region, ".", stack.URLSuffix, "/", stack.AccountID, "/", physical}
}

// deadLettersFIFO reports whether the function's dead letters lie in a FIFO
// queue: a queue moves what it gives up to one of its own kind alone.
func deadLettersFIFO(f model.Function) bool {
	q, ok := f.Trigger.(model.Queue)
	return ok && q.FIFO
}

// deadLetterID is the logical id of the queue for the function's dead letters.
// Those of a queue are named after it, since they are the queue's more than the
// function's, and it feeds one alone. Whether somebody names the queue, its own id
// stays.
func deadLetterID(f model.Function) string {
	if own := f.LettersOf; own != nil && deadLettersFIFO(*own) == deadLettersFIFO(f) {
		return deadLetterID(*own)
	}
	if f.DeadLetter != "" {
		return queueID(f.DeadLetter, deadLettersFIFO(f))
	}
	switch t := f.Trigger.(type) {
	case model.Queue:
		return queueID(t.Name, t.FIFO) + "Letters"
	case model.Stream, model.Document:
		return of(f, "Refused") // beside the bucket for whole records
	}
	return of(f, "DeadLetters")
}

// deadLetterQueue returns the ARN of the queue for the function's dead letters:
// the one that the directive names, or one of its own; nil for none.
func (b *builder) deadLetterQueue(f model.Function) any {
	if f.DeadLetter == "none" {
		return nil
	}
	return b.queueArn(f.DeadLetter, deadLetterID(f))
}

// sinkResources adds the queues and topics that the function sends to, unless
// they are there already or feed a function.
func (b *builder) sinkResources(f model.Function) {
	for _, sink := range f.Sinks {
		if b.names[sink.Name] != "" || b.feeds(sink.Kind, sink.Name) {
			continue
		}
		switch sink.Kind {
		case "queue":
			id := queueID(sink.Name, false)
			b.once(id, func() {
				b.keep(stack.Retained, id, "AWS::SQS::Queue", b.queueProperties(output.Member{Key: "MessageRetentionPeriod", Value: b.retention(sink.Name, false)}))
				b.output(id, "queues", "URL of the queue "+sink.Name, stack.Ref(id), sink.Name)
			})
		default:
			b.create(sink.Kind, sink.Name)
		}
	}
	if f.DeadLetterSink() == "" || b.names[f.DeadLetter] != "" || b.feeds("queue", f.DeadLetter) {
		return
	}
	id := deadLetterID(f)
	b.once(id, func() {
		b.cause = cause{f, "deadletter"}
		b.keep(stack.Retained, id, "AWS::SQS::Queue", b.queueProperties(
			output.Member{Key: "FifoQueue", Value: deadLettersFIFO(f)},
			output.Member{Key: "MessageRetentionPeriod", Value: seconds(deadLetterRetention)},
		))
	})
}

// feeds reports whether the queue or topic feeds a function of the application.
func (b *builder) feeds(kind, name string) bool {
	return slices.ContainsFunc(b.fed[name], func(f model.Function) bool { return f.Trigger.Kind() == kind })
}

// retention is how long the queue keeps messages, in seconds: as long as SQS can
// if it has the dead letters of a function, and 0 for SQS's own default.
func (b *builder) retention(queue string, fifo bool) int {
	if slices.ContainsFunc(b.losing[queue], func(f model.Function) bool { return deadLettersFIFO(f) == fifo }) {
		return seconds(deadLetterRetention)
	}
	return 0
}

// A sender sends dead letters to a queue of the stack, for a source.
type sender struct {
	queue     string // its logical id
	principal string
	source    any
	function  model.Function
}

// permitDeadLetters lets the service send dead letters for the source to the
// function's queue, if that is the stack's own.
func (b *builder) permitDeadLetters(f model.Function, principal string, source any) {
	if f.DeadLetter != "none" && b.names[f.DeadLetter] == "" { // whose policy is its owner's
		b.senders = append(b.senders, sender{deadLetterID(f), principal, source, f})
	}
}
