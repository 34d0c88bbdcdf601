package openwhiskgen

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/fngen/fngen/gen"
)

// Check has the limits of Apache OpenWhisk and its feeds.
func (t Target) Check(f gen.Function) []gen.Problem {
	g := gen.NewGate(t.Name(), f)
	g.Timeout(300*time.Second, "an action")
	t.sinks(g, f)
	operation(g, f)
	t.settings(g, f)
	switch trigger := f.Trigger.(type) {
	case gen.HTTP:
		if f.DeadLetter != "" && f.DeadLetter != "none" {
			g.ErrorAt("deadletter", "an HTTP function answers for what fails; remove the directive")
		}
		switch {
		case trigger.Public:
		case slices.Contains(trigger.Methods, http.MethodOptions):
			g.Errorf("the platform lets OPTIONS pass without credentials; name the other methods, or add auth=public and check callers in the handler")
		default:
			g.Warnf("the platform answers OPTIONS itself and adds its own CORS headers, since it would let OPTIONS pass without credentials")
		}
		if trigger.Stream {
			g.Errorf("a web action answers in one piece and cannot stream; remove stream, or leave the target out with //fn:targets aws,gcp")
		}
	case gen.Queue:
		queue(g, trigger)
	case gen.Topic:
		topic(g, trigger)
	case gen.Schedule:
		checkSchedule(g, trigger)
	case gen.Document:
		document(g, trigger)
	case gen.Stream:
		stream(g, trigger)
	case gen.Object:
		g.Errorf("there is no object trigger; leave the target out with //fn:targets aws,gcp")
	case gen.Event:
		if trigger.Source != "" {
			g.Warnf("source= is checked in the action, so that events of other sources are paid for")
		}
	}
	return g.Problems
}

// operation has the limits of what operators decide.
func operation(g *gen.Gate, f gen.Function) {
	o := f.Operation
	if m := o.Memory; m > 0 && (m < 128 || m > 512) {
		g.ErrorAt(gen.KeyMemory, "the memory of %d MB is outside of 128 to 512 MB, the limits of an action; change it", m)
	}
	if o.MaxInstances > 0 {
		g.ErrorAt(gen.KeyMaxInstances, "nothing limits the instances of an action; remove it, or leave the target out with //fn:targets aws,gcp")
	}
	if o.Reserved > 0 {
		g.WarnAt(gen.KeyReserved, "no instances can be kept for an action; it is ignored")
	}
	if o.LogRetention > 0 {
		g.WarnAt(gen.KeyLogRetention, "whoever operates the platform decides how long logs are kept; it is ignored")
	}
	for _, v := range o.Env {
		switch at := gen.KeyEnv + "." + v.Name; {
		case v.IsSecret:
			g.ErrorAt(at, "the platform keeps no secrets, and the action would hold the value; fetch it in the handler, or leave the target out with //fn:targets aws,gcp")
		case strings.HasPrefix(v.Name, gen.SinkVariable("")):
			g.ErrorAt(at, "the variable %s would be the address of a sink, which the archive sets; choose another name", v.Name)
		case strings.HasPrefix(v.Name, "__OW_"):
			g.ErrorAt(at, "names that begin with __OW_ are the platform's; choose another")
		}
	}
}

// sinks has what is needed of the function's sinks.
func (t Target) sinks(g *gen.Gate, f gen.Function) {
	for _, s := range f.Sinks {
		switch r := t.resources[s.Name]; {
		case s.Kind == "queue":
			g.ErrorAt("sink", "a queue is a topic of Kafka, to which no action publishes; send to topic:%s, or leave the target out with //fn:targets aws,gcp", s.Name)
		case s.Kind == "http" && r.url == "":
			g.ErrorAt("sink", "the URL of the sink %s is not known; set resources.%s.openwhisk.url", s.Name, s.Name)
		}
	}
	for _, s := range sinks(f) {
		if name := t.resources[s.Name].name; name != "" && s.Kind != "http" && !triggerName.MatchString(name) {
			g.ErrorAt(directive(f, s), "resources.%s.openwhisk.name is %q, which no trigger is called; use letters, digits and _.-", s.Name, name)
		}
	}
}

// directive is the verb of the directive that names the sink.
func directive(f gen.Function, s gen.Sink) string {
	if slices.Contains(f.Sinks, s) {
		return "sink"
	}
	return "deadletter"
}

// settings refuses what fngen.yaml says in vain of what feeds the function and
// of its sinks.
func (t Target) settings(g *gen.Gate, f gen.Function) {
	kind, name := f.Trigger.Kind(), f.Trigger.Resource()
	applies := map[string][]string{"queue": {"name", "feed", "brokers"}, "stream": {"name", "feed", "brokers"}, "document": {"name", "feed", "url"}}
	t.inVain(g, "", name, kind, applies[kind])
	if url := t.resources[name].url; kind == "document" && url != "" && !server.MatchString(url) {
		g.Errorf("resources.%s.openwhisk.url has a path, and the feed takes a server alone; give https://HOST or https://HOST:PORT", name)
	}
	for _, s := range sinks(f) {
		applies := []string{"name"}
		if s.Kind == "http" {
			applies = []string{"url"}
		}
		t.inVain(g, directive(f, s), s.Name, "sink of kind "+s.Kind, applies)
	}
}

// inVain refuses what there is of the resource's settings besides those that
// apply to its kind.
func (t Target) inVain(g *gen.Gate, verb, resource, kind string, applies []string) {
	r := t.resources[resource]
	for _, setting := range []struct {
		key string
		is  bool
	}{{"name", r.name != ""}, {"feed", r.feed != ""}, {"brokers", len(r.brokers) > 0}, {"url", r.url != ""}} {
		if setting.is && !slices.Contains(applies, setting.key) {
			g.ErrorAt(verb, "resources.%s.openwhisk.%s says nothing of a %s; remove it", resource, setting.key, kind)
		}
	}
}

func queue(g *gen.Gate, t gen.Queue) {
	if t.FIFO {
		g.Warnf("order is kept among messages of one Kafka partition, which the publisher's key chooses")
	}
	if t.Batch > 0 || t.Window > 0 {
		g.Warnf("the Kafka feed decides how many messages come at once; batch and window are ignored")
	}
	if t.Visibility > 0 {
		g.Errorf("the Kafka feed has no visibility timeout; remove visibility=, or leave the target out with //fn:targets")
	}
	kafka(g)
}

// kafka warns of what every function behind the Kafka feed lives with.
func kafka(g *gen.Gate) {
	g.Warnf("the Kafka feed damages values that are not UTF-8; send text, JSON or base64")
}

func topic(g *gen.Gate, t gen.Topic) {
	if t.Content != "" && !strings.Contains(t.Content, "json") {
		g.Warnf("content=%s never fits: the body of a trigger is a JSON object; fire other content as a CloudEvent", t.Content)
		return
	}
	g.Warnf("a message is the JSON object that the trigger is fired with, its members sorted; fire other content as a CloudEvent")
}

func document(g *gen.Gate, t gen.Document) {
	if t.Before {
		g.Warnf("the CouchDB feed tells no documents: before and after are null")
	}
	if !t.Created || !t.Updated || !t.Deleted {
		g.Warnf("the kind of change is checked in the action, so that other changes are paid for")
	}
}

func stream(g *gen.Gate, t gen.Stream) {
	g.Warnf("the Kafka feed always starts at the latest record")
	if t.Batch > 0 {
		g.Warnf("the Kafka feed decides how many records come at once; batch is ignored")
	}
	if t.Concurrency > 0 {
		g.Warnf("an action handles one activation at a time; concurrency is ignored")
	}
	kafka(g)
}
