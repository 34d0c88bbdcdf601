package aws

import (
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
)

// sends returns what the function needs to send to its sinks and to its dead
// letters: the permissions, and the addresses for its environment.
func (s *stack) sends(f model.Function) (may []statement, addresses output.Mapping) {
	for _, sink := range f.Sinks {
		var address any
		switch sink.Kind {
		case "queue":
			id := queueID(sink.Name, s.isFIFO(sink.Name))
			may = append(may, statement{actions: []string{"sqs:SendMessage"}, resources: []any{s.queueArn(sink.Name, id)}})
			address = s.queueURL(sink.Name, id)
		case "topic":
			topic := s.arnOf(sink.Name, "sns", "", logical(sink.Name, "Topic"), ref)
			may = append(may, statement{actions: []string{"sns:Publish"}, resources: []any{topic}})
			address = topic
		case "event":
			bus := s.busOf(sink.Name)
			may = append(may, statement{actions: []string{"events:PutEvents"}, resources: []any{regional("events", "event-bus/"+bus)}})
			address = output.Text(bus)
		case "http":
			address = value(s.urls[sink.Name])
		}
		addresses = append(addresses, output.Member{Key: model.SinkVariable(sink.Name), Value: address})
	}
	if _, ok := f.Trigger.(model.HTTP); ok || f.DeadLetterSink() == "" {
		return may, addresses
	}
	may = append(may, statement{actions: []string{"sqs:SendMessage"}, resources: []any{s.deadLetterQueue(f)}})
	variable := model.SinkVariable(f.DeadLetterSink())
	if !slices.ContainsFunc(addresses, func(m output.Member) bool { return m.Key == variable }) {
		addresses = append(addresses, output.Member{Key: variable, Value: s.deadLetterURL(f)})
	}
	return may, addresses
}

// isFIFO reports whether the queue is a FIFO one: one that feeds a function, or
// that exists already.
func (s *stack) isFIFO(queue string) bool {
	return strings.HasSuffix(s.names[queue], ".fifo") || slices.ContainsFunc(s.fed[queue], func(f model.Function) bool {
		q, ok := f.Trigger.(model.Queue)
		return ok && q.FIFO
	})
}

// queueURL returns the URL of a queue, with the logical id of the stack's own.
func (s *stack) queueURL(name, id string) any {
	if physical := s.names[name]; physical != "" {
		return sub("https://sqs.${AWS::Region}.${AWS::URLSuffix}/${AWS::AccountId}/" + physical)
	}
	return ref(id)
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
func (s *stack) deadLetterQueue(f model.Function) any {
	switch f.DeadLetter {
	case "none":
		return nil
	case "":
		return arn(deadLetterID(f))
	}
	return s.queueArn(f.DeadLetter, deadLetterID(f))
}

func (s *stack) deadLetterURL(f model.Function) any {
	if f.DeadLetter == "" {
		return ref(deadLetterID(f))
	}
	return s.queueURL(f.DeadLetter, deadLetterID(f))
}

// sinkResources adds the queues and topics that the function sends to, unless
// they are there already or feed a function.
func (s *stack) sinkResources(f model.Function) {
	for _, sink := range f.Sinks {
		if s.names[sink.Name] != "" || s.feeds(sink.Kind, sink.Name) {
			continue
		}
		switch sink.Kind {
		case "queue":
			id := queueID(sink.Name, false)
			s.once(id, func() {
				s.add(id, "AWS::SQS::Queue", queueProperties(output.Member{Key: "MessageRetentionPeriod", Value: s.retention(sink.Name, false)}), retained...)
				s.output(id, "URL of the queue "+sink.Name, ref(id))
			})
		case "topic":
			id := logical(sink.Name, "Topic")
			s.once(id, func() {
				s.add(id, "AWS::SNS::Topic", output.Mapping{})
				s.output(id, "ARN of the topic "+sink.Name, ref(id))
			})
		}
	}
	if _, ok := f.Trigger.(model.HTTP); ok || f.DeadLetterSink() == "" || s.names[f.DeadLetter] != "" || s.feeds("queue", f.DeadLetter) {
		return
	}
	id := deadLetterID(f)
	s.once(id, func() {
		s.cause = cause{f, "deadletter"}
		s.add(id, "AWS::SQS::Queue", queueProperties(
			output.Member{Key: "FifoQueue", Value: deadLettersFIFO(f)},
			output.Member{Key: "MessageRetentionPeriod", Value: seconds(deadLetterRetention)},
		), retained...)
	})
}

// feeds reports whether the queue or topic feeds a function of the application.
func (s *stack) feeds(kind, name string) bool {
	return slices.ContainsFunc(s.fed[name], func(f model.Function) bool { return f.Trigger.Kind() == kind })
}

// retention is how long the queue keeps messages, in seconds: as long as SQS can
// if it has the dead letters of a function, and 0 for SQS's own default.
func (s *stack) retention(queue string, fifo bool) int {
	if slices.ContainsFunc(s.losing[queue], func(f model.Function) bool { return deadLettersFIFO(f) == fifo }) {
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
func (s *stack) permitDeadLetters(f model.Function, principal string, source any) {
	if s.names[f.DeadLetter] != "" {
		return // whose policy is its owner's
	}
	s.senders = append(s.senders, sender{deadLetterID(f), principal, source, f})
}
