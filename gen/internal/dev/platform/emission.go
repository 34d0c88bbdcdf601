package platform

import (
	"net/http"
	"net/textproto"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/internal/ce/cehttp"
)

// An Emission is an event that a function has sent to a sink, as the service
// gets it.
type Emission struct {
	Kind       string            // as the directive has it: queue, topic, event or http
	Name       string            // of the sink
	Body       []byte            // of the message
	Attributes map[string]string // content-type, and in binary mode those of the event, as ce-id
	Group      string            // the order group, or key; "" for none
	IsLetter   bool              // the function keeps it among its dead letters
}

// Event returns the event that the message is.
func (e Emission) Event() (event.Event, error) {
	if ce.IsStructured(e.Attributes["content-type"]) {
		return ce.Decode(e.Body)
	}
	header := http.Header{}
	for name, value := range e.Attributes {
		header[textproto.CanonicalMIMEHeaderKey(name)] = []string{value}
	}
	return cehttp.Decode(header, e.Body)
}

// trace names the trace that the event is of; "" for none.
func (e Emission) trace() string {
	event, err := e.Event()
	if err != nil {
		return ""
	}
	parent, _ := event.Extensions()["traceparent"].(string)
	return parent
}

// isLetterOf reports whether the function gives up an event with this. What it
// sends elsewhere may have been a letter when it got it.
func (e Emission) isLetterOf(f model.Function) bool {
	if e.Name != f.DeadLetterSink() {
		return false
	}
	event, err := e.Event()
	if err != nil {
		return false
	}
	_, is := event.Extensions()["deadletterreason"]
	return is
}
