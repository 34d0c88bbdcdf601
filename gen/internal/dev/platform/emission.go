package platform

import (
	"net/http"
	"net/textproto"

	"github.com/cloudevents/sdk-go/v2/event"

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

// IsLetter reports whether the event is a dead letter.
func IsLetter(e event.Event) bool {
	_, is := e.Extensions()["deadletterreason"]
	return is
}
