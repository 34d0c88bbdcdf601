package openwhisk

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
)

// Facts has what events and their feeds mean on Apache OpenWhisk, whose
// platform delivers nothing twice.
func (t Target) Facts(f model.Function) model.Facts {
	facts := model.Facts{Guarantee: model.AtMostOnce, Order: "none", Retries: fmt.Sprintf("%d, in the action", tries(f)), DeadLetter: "none: logged whole"}
	facts.Emulated = []string{"retries"}
	switch trigger := f.Trigger.(type) {
	case model.HTTP:
		facts = model.Facts{Source: "raw web action", Guarantee: model.OnRequest, Retries: "none", Order: "none", DeadLetter: "none",
			Differs: []string{
				"the path is what follows the action", "a request's headers have one value each, and Accept-Encoding is not there", "there is no remote address",
				"text is UTF-8 both ways", "an empty response has no content type", "request and response are 1 MB at most",
			}}
	case model.Schedule:
		facts.Source = "alarms feed"
		if trigger.Every > 0 {
			facts.Source = fmt.Sprintf("interval feed, %d minutes", int(trigger.Every.Minutes()))
		} else if s, err := expression(trigger); err == nil {
			facts.Source += " " + s
		}
		facts.Differs = []string{"data.scheduled is the time of arrival, and time is absent"}
	case model.Queue:
		facts.Source, facts.Order = "Kafka feed", "partition"
		facts.Differs = []string{"time is absent", "headers of messages do not arrive"}
		if trigger.Letters {
			facts.Source, facts.Order, facts.Differs = "trigger, fired with dead letters", "none", nil
		}
	case model.Topic:
		facts.Source = "trigger"
		facts.Differs = []string{"time is absent"}
	case model.Stream:
		facts.Source, facts.Order = "Kafka feed", "partition"
		facts.Differs = []string{"time is absent"}
	case model.Document:
		facts.Source = "CouchDB changes feed"
		facts.Emulated = append(facts.Emulated, "the choice of changes")
		facts.Differs = []string{"data.before and after are null, and partial is true", "time is absent"}
		if _, ok := reads(f, trigger); ok {
			facts.Differs[0] = "data.before is null, and after is read from the database: null, and partial is true, where the revision is gone"
		}
	case model.Event:
		facts.Source = "trigger"
		if trigger.Source != "" {
			facts.Emulated = append(facts.Emulated, "source=")
		}
	}
	facts.Source += ", to an action of kind " + strings.Join(t.kinds, " and ")
	if s, ok := deadLetterSink(f); ok {
		facts.DeadLetter = "the trigger " + t.fires(f, s) + "; logged whole if that fails"
	}
	for _, s := range f.Sinks {
		if s.Kind == "event" {
			facts.Differs = append(facts.Differs, "what is sent to event:"+s.Name+" fires the trigger "+t.fires(f, s)+", whatever its type")
		}
	}
	if len(f.Operation.Env) > 0 {
		facts.Emulated = append(facts.Emulated, "environment variables")
	}
	uses, wider := t.grants(f)
	facts.Uses, facts.Differs = uses, append(facts.Differs, wider...)
	return facts
}

func tries(f model.Function) int { return f.RetriesOr(defaultRetries) }

// grants says what the function uses. There are no rights of its own to it: those
// that the credentials of the server have are the function's.
func (t Target) grants(f model.Function) (grants, wider []string) {
	for _, u := range f.Uses {
		grants = append(grants, fmt.Sprintf("%s is the CouchDB database %s (%s)", u.Param, cmp.Or(t.resources[u.Name].name, u.Name), u.Right()))
		wider = append(wider, fmt.Sprintf("the right to %s is that of the credentials that it is given", u.Param))
	}
	return grants, wider
}
