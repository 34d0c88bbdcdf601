package openwhisk

import (
	"bytes"
	"cmp"
	"fmt"
	"os"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/internal/portable"
	"github.com/fngen/fngen/internal/run"
	"github.com/fngen/fngen/providers/openwhisk/internal/actionloop"
)

// Trigger is a trigger that is fired with CloudEvents, with the messages of a
// topic or with dead letters. A CloudEvent is the parameter cloudevent, as a JSON object in
// structured mode; the parameters beside it are not looked at.
//
// A topic's message without that parameter is the payload itself, a JSON
// object without spaces: strings and numbers are kept verbatim, and the members
// come sorted by name, since the platform reads the object and does not promise
// their order. The parameters of the trigger, of the action and of its package
// cannot be told from those that were fired and stand among them, so they
// should have none. The platform does not tell which trigger was fired: the
// event's source is the one that the environment names as FNGEN_TRIGGER, as the
// archive does, or else one that is named like the topic.
//
// A dead letter is the event that a function gave up, of every type, with the
// extensions that say why. What else the trigger of a queue of dead letters is
// fired with is a message of the queue, as a topic's is.
type Trigger struct {
	Topic        string           // the name in the directive; "" for CloudEvents only
	Letters      string           // the same of a queue of dead letters, for which no topic stands
	Content      string           // the content type of a topic's or queue's messages; application/json if empty
	Type         string           // of the CloudEvents; another is an error; "" takes all
	Source       string           // of the CloudEvents; what has another is not handled; "" takes all
	Retries      int              // tries in the process after the first
	NoDeadLetter bool             // deadletter none
	DeadLetter   *emit.DeadLetter // takes what failed for good; nil leaves it to the log
}

var _ Source = Trigger{}

// cloudEvent is the parameter that holds a CloudEvent.
const cloudEvent = "cloudevent"

func (Trigger) read(line []byte) (*actionloop.Request, error) {
	return actionloop.DecodeEvent(line, cloudEvent)
}

func (t Trigger) policy() run.Policy { return policy(t.Retries, t.NoDeadLetter, t.DeadLetter) }

// kind is the kind of the trigger.
func (t Trigger) kind() string {
	switch {
	case t.Letters != "":
		return portable.Queue
	case t.Topic != "":
		return portable.Topic
	}
	return portable.Event
}

// name is the trigger's; "" if it is not known.
func (t Trigger) name() string { return cmp.Or(t.Letters, t.Topic) }

func (t Trigger) decode(r *actionloop.Request) ([]run.Record, error) {
	r.Identify()
	f := &firing{trigger: t, request: r}
	record := run.Record{Native: f}
	var err error
	switch {
	case r.CloudEvent.Text != "":
		record.Event, err = t.event(r.CloudEvent)
		record.Skip = err == nil && t.Source != "" && record.Event.Source() != t.Source
	case t.name() != "":
		f.message = r.Value.Without(actionloop.Headers)
		record.Event, err = t.message(r, bytes.Clone(f.message))
	default:
		return nil, fmt.Errorf("the function handles events that fire a trigger, but the activation has no parameter %s; its parameters: %s", cloudEvent, r.Value.Names())
	}
	if err != nil {
		record.Err = fmt.Errorf("decode %s: %w", f, err)
	}
	return []run.Record{record}, nil
}

// firing is the activation of a trigger as a record.
type firing struct {
	trigger Trigger
	request *actionloop.Request
	message []byte // of a topic or queue that was fired without a CloudEvent
}

// String implements run.Native.
func (f *firing) String() string { return "trigger activation " + f.request.ActivationID }

// Delivery implements run.Native.
func (f *firing) Delivery() fn.Delivery { return f.request.Delivery(f.trigger.kind()) }

// Raw implements run.Native.
func (f *firing) Raw() []byte {
	if f.message != nil {
		return bytes.Clone(f.message)
	}
	return []byte(f.request.CloudEvent.Text)
}

// message returns a message of the topic or queue. It has no time: the platform tells
// none.
func (t Trigger) message(r *actionloop.Request, body []byte) (event.Event, error) {
	return portable.Message{
		Source:  triggerSource(r, t.name()),
		ID:      r.ActivationID,
		Name:    t.name(),
		Content: t.Content,
		Body:    body,
		Letter:  t.Letters != "",
	}.Event(t.kind())
}

// event returns the CloudEvent that was fired.
func (t Trigger) event(fired actionloop.CloudEvent) (event.Event, error) {
	if fired.Text[0] != '{' {
		return event.Event{}, fmt.Errorf("the parameter %s is not a JSON object", cloudEvent)
	}
	if fired.Err != nil {
		return event.Event{}, fired.Err
	}
	if t.Letters != "" {
		return fired.Event, nil
	}
	e, err := portable.Received(fired.Event, t.kind())
	if err != nil {
		return event.Event{}, err
	}
	if t.Type != "" && e.Type() != t.Type {
		return event.Event{}, fmt.Errorf("a CloudEvent of type %q, but the function is for type %q", e.Type(), t.Type)
	}
	return e, nil
}

// triggerSource is the source of what the trigger fires whose name the environment
// says, or else is that of the function's directive.
func triggerSource(r *actionloop.Request, name string) string {
	return portable.Path("namespaces", r.Namespace, "triggers", cmp.Or(os.Getenv("FNGEN_TRIGGER"), name))
}
