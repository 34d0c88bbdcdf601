package openwhisk

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/fngen/fngen/gen/internal/model"
)

// Check has the limits of Apache OpenWhisk and its feeds.
func (t Target) Check(f model.Function) []model.Diagnostic {
	report := model.NewReport(t.Name(), f)
	report.Timeout(300*time.Second, "an action")
	t.sinks(report, f)
	t.uses(report, f)
	operation(report, f)
	t.settings(report, f)
	switch trigger := f.Trigger.(type) {
	case model.HTTP:
		if f.DeadLetter != "" && f.DeadLetter != "none" {
			report.ErrorAt("http-dead-letter", "deadletter", "an HTTP function answers for what fails; remove the directive")
		}
		switch {
		case trigger.Public:
		case slices.Contains(trigger.Methods, http.MethodOptions):
			report.Errorf("http-options", "the platform lets OPTIONS pass without credentials; name the other methods, or add auth=public and check callers in the handler")
		default:
			report.Warnf("http-cors", "the platform answers OPTIONS itself and adds its own CORS headers, since it would let OPTIONS pass without credentials")
		}
		served(report, trigger)
		if trigger.Stream {
			report.Errorf("http-stream", "a web action answers in one piece and cannot stream; remove stream, or leave the target out with //fn:targets aws,gcp")
		}
	case model.Queue:
		queue(report, trigger)
	case model.Topic:
		topic(report, trigger)
	case model.Schedule:
		checkSchedule(report, trigger)
	case model.Document:
		document(report, f, trigger)
	case model.Stream:
		stream(report, trigger)
	case model.Object:
		report.Errorf("trigger-unsupported", "there is no object trigger; leave the target out with //fn:targets aws,gcp")
	case model.Event:
		if trigger.Source != "" {
			report.Warnf("filter-paid", "source= is checked in the action, so that events of other sources are paid for")
		}
	}
	return report.Diagnostics
}

// operation has the limits of what operators decide.
func operation(report *model.Report, f model.Function) {
	o := f.Operation
	if m := o.Memory; m > 0 && (m < 128 || m > 512) {
		report.ErrorAt("memory-limit", model.KeyMemory, "the memory of %d MB is outside of 128 to 512 MB, the limits of an action; change it", m)
	}
	if o.MaxInstances > 0 {
		report.ErrorAt("instances-limit", model.KeyMaxInstances, "nothing limits the instances of an action; remove it, or leave the target out with //fn:targets aws,gcp")
	}
	if o.Reserved > 0 {
		report.WarnAt("instances-ignored", model.KeyReserved, "no instances can be kept for an action; it is ignored")
	}
	if o.LogRetention > 0 {
		report.WarnAt("log-retention-ignored", model.KeyLogRetention, "whoever operates the platform decides how long logs are kept; it is ignored")
	}
	if o.Tracing != "" {
		report.WarnAt("tracing-ignored", model.KeyTracing, "the platform traces nothing; it is ignored")
	}
	for _, v := range o.Env {
		switch at := model.KeyEnv + "." + v.Name; {
		case v.IsSecret:
			report.ErrorAt("env-secret", at, "the platform keeps no secrets, and the action would hold the value; fetch it in the handler, or leave the target out with //fn:targets aws,gcp")
		case strings.HasPrefix(v.Name, model.SinkVariable("")):
			report.ErrorAt("env-name", at, "the variable %s would be the address of a sink, which the archive sets; choose another name", v.Name)
		case strings.HasPrefix(v.Name, model.UseVariable("")):
			report.ErrorAt("env-name", at, "the variable %s would say where what the function uses is, which the archive sets; choose another name", v.Name)
		case v.Name == caVariable || v.Name == insecureVariable:
			report.ErrorAt("env-name", at, "the variable %s is set from targets.openwhisk.ca or insecure; write that instead", v.Name)
		case v.Name == triggerVariable:
			report.ErrorAt("env-name", at, "the variable %s is the name of what fires the action, which the archive sets; choose another name", v.Name)
		case strings.HasPrefix(v.Name, "__OW_"):
			report.ErrorAt("env-name", at, "names that begin with __OW_ are the platform's; choose another")
		}
	}
}

// sinks has what is needed of the function's sinks.
func (t Target) sinks(report *model.Report, f model.Function) {
	for _, s := range f.Sinks {
		switch r := t.resources[s.Name]; {
		case s.Kind == "queue":
			report.ErrorAt("sink-unsupported", "sink", "a queue is a topic of Kafka, to which no action publishes; send to topic:%s, or leave the target out with //fn:targets aws,gcp", s.Name)
		case s.Kind == "http" && r.url.Value == "":
			report.ErrorAt("sink-url", "sink", "the URL of the sink %s is not known; set resources.%s.openwhisk.url", s.Name, s.Name)
		}
	}
	for _, s := range sinks(f) {
		if t.insecure && t.fires(f, s) != "" {
			report.WarnAt("host-unverified", directive(f, s), "the certificate of the API host is not verified, so that whoever stands between gets the API key of the namespace and every event; name the file of its authority as targets.openwhisk.ca")
			break
		}
	}
	for _, s := range sinks(f) {
		if s.Kind != "http" {
			t.isTrigger(report, directive(f, s), s.Name)
		}
	}
}

// isTrigger refuses a name of the resource that no trigger has.
func (t Target) isTrigger(report *model.Report, verb, resource string) {
	if name := t.resources[resource].name; name != "" && !triggerName.MatchString(name) {
		report.ErrorAt("resource-setting", verb, "resources.%s.openwhisk.name is %q, which no trigger is called; use letters, digits and _.-", resource, name)
	}
}

// directive is the verb of the directive that names the sink.
func directive(f model.Function, s model.Sink) string {
	if slices.Contains(f.Sinks, s) {
		return "sink"
	}
	return "deadletter"
}

// settings refuses what fngen.yaml says in vain of what feeds the function and
// of its sinks.
func (t Target) settings(report *model.Report, f model.Function) {
	kind, name := f.Trigger.Kind(), f.Trigger.Resource()
	applies := map[string][]string{"queue": {"name", "feed", "brokers"}, "topic": {"name"}, "stream": {"name", "feed", "brokers"}, "document": {"name", "feed", "url"}}
	if letters(f) {
		kind, applies["queue of dead letters"] = "queue of dead letters", []string{"name"}
	}
	t.inVain(report, "", name, kind, applies[kind])
	if by, ok := t.trigger(f); ok && by.exists {
		t.isTrigger(report, "", name)
	}
	t.keepsSecret(report, "", name)
	if url := t.resources[name].url.Value; kind == "document" && url != "" && !t.resources[name].url.IsSecret && !server.MatchString(url) {
		report.Errorf("resource-setting", "resources.%s.openwhisk.url has a path, and the feed takes a server alone; give https://HOST or https://HOST:PORT", name)
	}
	for _, s := range sinks(f) {
		applies := []string{"name"}
		if s.Kind == "http" {
			applies = []string{"url"}
		}
		t.inVain(report, directive(f, s), s.Name, "sink of kind "+s.Kind, applies)
		t.keepsSecret(report, directive(f, s), s.Name)
	}
}

// keepsSecret refuses a URL of the resource that is a secret.
func (t Target) keepsSecret(report *model.Report, verb, resource string) {
	if t.resources[resource].url.IsSecret {
		report.ErrorAt("env-secret", verb, "resources.%s.openwhisk.url is a secret, and the platform keeps none; give a URL without credentials, or leave the target out with //fn:targets aws,gcp", resource)
	}
}

// inVain refuses what there is of the resource's settings besides those that
// apply to its kind.
func (t Target) inVain(report *model.Report, verb, resource, kind string, applies []string) {
	r := t.resources[resource]
	for _, setting := range []struct {
		key string
		is  bool
	}{{"name", r.name != ""}, {"feed", r.feed != ""}, {"brokers", len(r.brokers) > 0}, {"url", r.url.Value != ""}} {
		if setting.is && !slices.Contains(applies, setting.key) {
			report.ErrorAt("resource-setting", verb, "resources.%s.openwhisk.%s says nothing of a %s; remove it", resource, setting.key, kind)
		}
	}
}

// queue has what the Kafka feed is not as a queue, and of dead letters the trigger
// that they fire.
func queue(report *model.Report, t model.Queue) {
	order := "order is kept among messages of one Kafka partition, which the publisher's key chooses"
	batch, has := "the Kafka feed decides how many messages come at once", "the Kafka feed has"
	if t.Letters {
		order = "dead letters fire a trigger, which keeps no order"
		batch, has = "dead letters come one at a time", "dead letters fire a trigger, which has"
	}
	if t.FIFO {
		report.Warnf("order-key", "%s", order)
	}
	if t.Batch > 0 || t.Window > 0 {
		report.Warnf("batch-ignored", "%s; batch and window are ignored", batch)
	}
	if t.Visibility > 0 {
		report.Errorf("visibility-limit", "%s no visibility timeout; remove visibility=, or leave the target out with //fn:targets", has)
	}
	if !t.Letters {
		kafka(report)
	}
}

// kafka warns of what every function behind the Kafka feed lives with.
func kafka(report *model.Report) {
	report.Warnf("kafka-text", "the Kafka feed damages values that are not UTF-8; send text, JSON or base64")
}

func topic(report *model.Report, t model.Topic) {
	if t.Content != "" && !strings.Contains(t.Content, "json") {
		report.Warnf("topic-content", "content=%s never fits: the body of a trigger is a JSON object; fire other content as a CloudEvent", t.Content)
		return
	}
	report.Warnf("topic-json", "a message is the JSON object that the trigger is fired with, its members sorted; fire other content as a CloudEvent")
}

func document(report *model.Report, f model.Function, t model.Document) {
	if _, ok := reads(f, t); t.Before && ok {
		report.Warnf("document-data", "the CouchDB feed tells no documents: before is null, and after is read from the database")
	} else if t.Before {
		report.Warnf("document-data", "the CouchDB feed tells no documents: before and after are null")
	}
	if !t.Created || !t.Updated || !t.Deleted {
		report.Warnf("filter-paid", "the kind of change is checked in the action, so that other changes are paid for")
	}
}

func stream(report *model.Report, t model.Stream) {
	report.Warnf("stream-start", "the Kafka feed always starts at the latest record")
	if t.Batch > 0 {
		report.Warnf("batch-ignored", "the Kafka feed decides how many records come at once; batch is ignored")
	}
	if t.Concurrency > 0 {
		report.Warnf("concurrency-ignored", "an action handles one activation at a time; concurrency is ignored")
	}
	kafka(report)
}

// CheckApp refuses functions that would share what the platform cannot share as
// it is meant: a trigger, which belongs to the namespace, or a queue. It warns
// of triggers that would be fired in vain.
func (t Target) CheckApp(functions []model.Function) []model.Diagnostic {
	var diagnostics []model.Diagnostic
	all := t.index(functions)
	for i, f := range all.fed {
		for _, other := range all.before(i) {
			if report := t.together(f, other); len(report.Diagnostics) > 0 {
				diagnostics = append(diagnostics, report.Diagnostics...)
				break
			}
		}
		for _, s := range sinks(f.Function) {
			report := model.NewReport(t.Name(), f.Function)
			t.reaches(report, f.Function, s, all.near(i, t.fires(f.Function, s), s.Name))
			diagnostics = append(diagnostics, report.Diagnostics...)
		}
	}
	return diagnostics
}

// reaches says what is wrong with the trigger that the function's sink fires.
// others are the functions that the sink's name or trigger may be meant for.
func (t Target) reaches(report *model.Report, f model.Function, s model.Sink, others []fed) {
	name, verb := t.fires(f, s), directive(f, s)
	if name == "" {
		return
	}
	exists := t.exists(s.Name)
	heard := exists
	for _, other := range others {
		kind, resource, at := other.Trigger.Kind(), other.Trigger.Resource(), model.Position(other.Pos)
		if letters(other.Function) && verb == "deadletter" {
			kind = s.Kind // for them it is there
		}
		fired := other.fired && other.by.name == name
		switch {
		case other.Name == f.Name && (fired || kind == "queue" && resource == s.Name): // which is said of what feeds itself
			return
		case fired && kind != s.Kind:
			report.ErrorAt("trigger-shared", verb, "the trigger %s is that of the %s %s of %s at %s; choose another", name, kind, resource, other.Name, at)
			return
		case resource == s.Name && kind == "queue" && verb == "deadletter":
			report.ErrorAt("sink-unsupported", verb, "the queue %s of %s at %s is a topic of Kafka, to which no action publishes; add letters there, or choose another name", resource, other.Name, at)
			return
		case resource == s.Name && other.by.feed != "" && exists:
			report.ErrorAt("trigger-shared", verb, "resources.%s.openwhisk.name is what the %s of %s at %s is called, and no trigger; choose another name", resource, kind, other.Name, at)
			return
		}
		heard = heard || fired
	}
	if !heard {
		report.WarnAt("sink-subscribers", verb, "the trigger %s fires no function of the application, and to send to one without a rule is an error; create a rule", name)
	}
}

func (t Target) together(f, other fed) *model.Report {
	report := model.NewReport(t.Name(), f.Function)
	kind, resource := other.Trigger.Kind(), other.Trigger.Resource()
	if f.Trigger.Kind() == kind && f.Trigger.Resource() == resource {
		if _, ok := f.Trigger.(model.Queue); ok {
			report.Errorf("queue-shared", "the queue %s feeds %s at %s too, and the Kafka feed gives each of them every message; handle both in one function, or write //fn:topic",
				resource, other.Name, model.Position(other.Pos))
		}
		return report
	}
	if !f.fired || !other.fired || f.by.name != other.by.name {
		return report
	}
	report.Errorf("trigger-shared", "its %s and the %s %s of %s at %s would be one trigger; give one of them another name", f.Trigger.Kind(), kind, resource, other.Name, model.Position(other.Pos))
	return report
}
