package gcp

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/fngen/fngen/gen/internal/hcl"
	"github.com/fngen/fngen/gen/internal/model"
)

const (
	// https://cloud.google.com/run/docs/configuring/services/overview-environment-variables
	maxEnvironment = 32 << 10 // bytes of names and values of a function from source
	maxVariables   = 1000     // of a service
	// https://cloud.google.com/storage/docs/pubsub-notifications
	maxNotifications = 10 // of a bucket, for one type of event
	// https://cloud.google.com/iam/quotas
	maxOperators = 12 // that are logical, in the condition of a grant
)

// CheckApp refuses functions that would be in each other's way.
func (t target) CheckApp(functions []model.Function) []model.Diagnostic {
	var found []model.Diagnostic
	queues := map[string]model.Function{}
	for _, f := range functions {
		report := model.NewReport(t.Name(), f)
		t.sharedRights(report, f, functions)
		if q, ok := f.Trigger.(model.Queue); ok {
			if other, taken := queues[q.Name]; taken {
				report.Errorf("queue-shared", "the queue %s feeds %s at %s already, and its subscription pushes to one function; handle both in one function, or write //fn:topic", q.Name, other.Name, model.Position(other.Pos))
			} else {
				queues[q.Name] = f
			}
		}
		found = append(found, report.Diagnostics...)
	}
	return append(found, t.unused(functions)...)
}

// request has what Cloud Run's front end keeps from a function:
// https://cloud.google.com/run/docs/known-issues.
func request(report *model.Report, t model.HTTP) {
	for _, m := range t.Methods {
		if m == http.MethodTrace || m == http.MethodConnect {
			report.Errorf("http-method", "Cloud Run passes no %s requests on; name the other methods", m)
		}
	}
	path := t.Path[max(strings.Index(t.Path, "/"), 0):]
	last := path[strings.LastIndex(path, "/")+1:]
	switch {
	case path == "/eventlog", strings.HasPrefix(path, "/_ah/"):
		report.Warnf("http-path-reserved", "Google's front end keeps %s for itself, so that no request arrives; choose another path", path)
	case strings.HasSuffix(last, "z") && !strings.HasSuffix(last, "}"):
		report.Warnf("http-path-reserved", "Google's front end answers some paths that end in z itself, as it does /healthz, and does not say which; choose another than %s", path)
	}
}

// settings refuses names of what exists that nothing can have.
//
// https://cloud.google.com/pubsub/docs/pubsub-basics#resource_names and
// https://cloud.google.com/storage/docs/buckets#naming
func (t target) settings(report *model.Report, f model.Function) {
	if isObject(f.Trigger) {
		t.isBucket(report, f.Trigger.Resource())
	}
	topics := sinkTopics(f)
	if subscribes(f.Trigger) {
		topics = append(topics, t.topicOf(f.Trigger))
	}
	if hasDeadLetters(f) {
		topics = append(topics, t.deadLetterTopic(f))
	}
	for _, of := range unique(topics) {
		if name := t.existing(of); name != "" && (!topicName.MatchString(name) || strings.HasPrefix(strings.ToLower(name), reservedName)) {
			report.ErrorIn("resource-setting", t.named(of.name).pos, "resources.%s.gcp.name is %q, which no topic is called; use 3 to 255 letters, digits and %s, a letter first and not %s", of.name, name, "._~%+-", reservedName)
		}
	}
}

// isBucket refuses a name of the resource that no bucket has.
func (t target) isBucket(report *model.Report, resource string) {
	if r := t.named(resource); r.name != "" && !bucketName.MatchString(r.name) {
		report.ErrorIn("resource-setting", r.pos, "resources.%s.gcp.name is %q, which no bucket is called; use a-z, 0-9 and -_., a letter or digit first and last, 3 at least", resource, r.name)
	}
}

// limits returns what Google does not take of main.tf as it is finished.
func (w *terraform) limits() []model.Diagnostic {
	var found []model.Diagnostic
	longest, listened := w.longest(), map[[2]string]int{}
	for _, f := range w.functions {
		report := model.NewReport(w.Name(), f.Function)
		w.checkEnvironment(report, f, longest)
		w.checkNotifications(report, f, listened)
		w.checkBuckets(report, f)
		w.checkConditions(report, f)
		found = append(found, report.Diagnostics...)
	}
	return found
}

// longest is what the environment of functions refers to: the longest values of
// variables, and the topics and buckets that are called after them.
func (w *terraform) longest() map[string]cty.Value {
	str, project := cty.StringVal, strings.Repeat("p", 30)
	values := map[string]cty.Value{"var": cty.ObjectVal(map[string]cty.Value{
		"name": str(strings.Repeat("n", maxName)), "project": str(project), "region": str(strings.Repeat("r", 25)),
	})}
	topics, buckets := map[string]cty.Value{}, map[string]cty.Value{}
	for _, f := range w.functions {
		for _, t := range f.publishes {
			id := "projects/" + project + "/topics/" + hcl.Evaluate(w.physical(t.physical()), values)
			topics[t.label()] = cty.ObjectVal(map[string]cty.Value{"id": str(id)})
		}
	}
	for _, name := range w.bucketNames() {
		buckets[label(name, "bucket")] = cty.ObjectVal(map[string]cty.Value{"name": str(hcl.Evaluate(w.worldwide(name), values))})
	}
	values["google_pubsub_topic"], values["google_storage_bucket"] = cty.ObjectVal(topics), cty.ObjectVal(buckets)
	return values
}

// checkEnvironment counts all variables, also those of fngen's own.
func (w *terraform) checkEnvironment(report *model.Report, f function, longest map[string]cty.Value) {
	variables := w.environment(f)
	size, count := 0, len(variables)
	for _, v := range variables {
		if !w.binary {
			size += len(v.Name) + len(hcl.Evaluate(hcl.Value(v.Value), longest))
		}
	}
	for _, v := range f.Operation.Env {
		if v.IsSecret {
			count++
		}
	}
	largest := slices.MaxFunc(slices.Concat(f.Operation.Env, []model.Variable{{}}), func(a, b model.Variable) int {
		return cmp.Compare(len(a.Name)+len(a.Value), len(b.Name)+len(b.Value))
	})
	if size > maxEnvironment || count > maxVariables {
		report.ErrorAt("env-size", model.KeyEnv+"."+largest.Name, "the environment has %d bytes in %d variables with what the adapter needs, and there may be %d in %d; shorten it, or keep some of it in a file",
			size, count, maxEnvironment, maxVariables)
	}
}

// checkNotifications counts those that Eventarc makes of a bucket, by it and the
// type of the events.
func (w *terraform) checkNotifications(report *model.Report, f function, listened map[[2]string]int) {
	t, ok := f.Trigger.(model.Object)
	if !ok {
		return
	}
	types := []string{w.eventarcSource(t).eventType}
	if w.archives(t) {
		types = append(types, archived)
	}
	for _, eventType := range types {
		at := [2]string{t.Bucket, eventType}
		if listened[at]++; listened[at] == maxNotifications+1 {
			report.Errorf("trigger-limit", "it is the %dth function for these objects of the bucket %s, and Cloud Storage tells of one kind of event %d times; handle several in one function", maxNotifications+1, t.Bucket, maxNotifications)
		}
	}
}

// checkBuckets has the rule for names that no grammar of a directive has:
// https://cloud.google.com/storage/docs/buckets#naming.
func (w *terraform) checkBuckets(report *model.Report, f function) {
	at := map[string]string{} // the directives, by the name of the bucket
	for _, u := range f.Uses {
		if u.Kind == model.UseObject {
			at[u.Name] = u.Key()
		}
	}
	if t, ok := f.Trigger.(model.Object); ok {
		at[t.Bucket] = ""
	}
	for _, name := range slices.Sorted(maps.Keys(at)) {
		if called := short(name, maxBucket); w.named(name).name == "" && strings.Contains(called, "google") {
			report.ErrorAt("resource-name", at[name], "the bucket would be called %s, and Cloud Storage takes no name with google in it; call it otherwise, or name one that exists as resources.%s.gcp.name", "PROJECT-NAME-"+called, name)
		}
	}
}

// checkConditions counts the operators in those of the function's grants.
func (w *terraform) checkConditions(report *model.Report, f function) {
	sorted, _ := w.grantsOf(f.Function)
	_, prefixes := w.grantsOf(w.runsAs(f).Function)
	for _, g := range sorted {
		if n := strings.Count(string(w.below(g, prefixes[g]).Bytes()), "||"); n > maxOperators {
			last := slices.IndexFunc(f.Uses, func(u model.Use) bool { return u.Kind == g.kind && u.Name == g.on })
			report.ErrorAt("policy-size", f.Uses[last].Key(), "the condition for the prefixes of %s has %d operators, more than %d, the limit of IAM; use fewer prefixes with one right, or one that holds them all", g.on, n, maxOperators)
		}
	}
}
