package gcp

import (
	"cmp"
	"go/token"
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
	if name := t.named(f.Trigger.Resource()).name; isObject(f.Trigger) && name != "" && !bucketName.MatchString(name) {
		report.ErrorAt("resource-setting", settingKey(f.Trigger.Resource()), noSuchBucket, f.Trigger.Resource(), name)
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
			report.ErrorAt("resource-setting", settingKey(of.name), "resources.%s.gcp.name is %q, which no topic is called; use 3 to 255 letters, digits and %s, a letter first and not %s", of.name, name, "._~%+-", reservedName)
		}
	}
}

const noSuchBucket = "resources.%s.gcp.name is %q, which no bucket is called; use a-z, 0-9 and -_., a letter or digit first and last, 3 at least"

// settingKey is the key of fngen.yaml that names what exists for a resource.
func settingKey(resource string) string { return "resources." + resource + ".name" }

// placed returns the function with the places of those keys.
func (t target) placed(f model.Function) model.Function {
	positions := maps.Clone(f.Positions)
	if positions == nil {
		positions = map[string]token.Position{}
	}
	names := []string{f.Trigger.Resource(), f.DeadLetter}
	for _, s := range f.Sinks {
		names = append(names, s.Name)
	}
	for _, u := range f.Uses {
		names = append(names, u.Name)
	}
	for _, name := range names {
		if pos := t.named(name).pos; pos.IsValid() {
			positions[settingKey(name)] = pos
		}
	}
	f.Positions = positions
	return f
}

// limits returns what Google does not take of main.tf as it is finished.
func (w *terraform) limits(src []byte) ([]model.Diagnostic, error) {
	file, err := hcl.Parse("main.tf", src)
	if err != nil {
		return nil, err
	}
	l := limited{terraform: w, scope: &hcl.Scope{Variables: map[string]cty.Value{}},
		resources: map[address]*hcl.Tree{}, triggers: map[string][]*hcl.Tree{}, listened: map[[2]string]int{}}
	for _, b := range file.Blocks {
		if b.Type == "resource" {
			l.resources[address{b.Labels[0], b.Labels[1]}] = b.Body
		}
	}
	l.evaluate()
	for _, f := range w.functions {
		report := model.NewReport(w.Name(), f.Function)
		l.environment(report, f)
		l.notifications(report, f)
		l.bucket(report, f)
		l.conditions(report, f)
		l.found = append(l.found, report.Diagnostics...)
	}
	return l.found, nil
}

// An address is that of a resource in Terraform's state.
type address struct{ kind, label string }

// limited is a main.tf whose limits are looked at.
type limited struct {
	*terraform
	resources map[address]*hcl.Tree
	triggers  map[string][]*hcl.Tree // of Eventarc, by the label of the function
	scope     *hcl.Scope
	listened  map[[2]string]int // notifications by bucket and type
	found     []model.Diagnostic
}

// evaluate makes known what expressions refer to: the longest values of variables,
// and of each topic and bucket its name.
func (l *limited) evaluate() {
	str := cty.StringVal
	l.scope.Variables["var"] = cty.ObjectVal(map[string]cty.Value{
		"name": str(strings.Repeat("n", maxName)), "project": str(strings.Repeat("p", 30)), "region": str(strings.Repeat("r", 25)),
	})
	topics, buckets := map[string]cty.Value{}, map[string]cty.Value{}
	for a, b := range l.resources {
		switch a.kind {
		case "google_pubsub_topic":
			name := l.text(b, "name")
			topics[a.label] = cty.ObjectVal(map[string]cty.Value{"name": str(name), "id": str("projects/" + strings.Repeat("p", 30) + "/topics/" + name)})
		case "google_storage_bucket":
			buckets[a.label] = cty.ObjectVal(map[string]cty.Value{"name": str(l.text(b, "name"))})
		case "google_eventarc_trigger":
			service := inner(inner(b, "destination")[0], "cloud_run_service")[0].Attributes["service"].Expr
			if of := hcl.References(service)[0]; len(of) > 1 {
				l.triggers[of[1]] = append(l.triggers[of[1]], b)
			}
		}
	}
	if len(topics) > 0 {
		l.scope.Variables["google_pubsub_topic"] = cty.ObjectVal(topics)
	}
	if len(buckets) > 0 {
		l.scope.Variables["google_storage_bucket"] = cty.ObjectVal(buckets)
	}
}

// text returns the string that the argument is; "" for one that is not known before
// the apply.
func (l *limited) text(b *hcl.Tree, argument string) string {
	a := b.Attributes[argument]
	if a == nil {
		return ""
	}
	v, diags := a.Expr.Value(l.scope)
	if diags.HasErrors() || v.Type() != cty.String || !v.IsKnown() || v.IsNull() {
		return ""
	}
	return v.AsString()
}

// inner returns the blocks of the kind in the body.
func inner(b *hcl.Tree, kind string) []*hcl.Tree {
	var out []*hcl.Tree
	for _, block := range b.Blocks {
		if block.Type == kind {
			out = append(out, block.Body)
		}
	}
	return out
}

// environment counts all variables, also those of fngen's own.
func (l *limited) environment(report *model.Report, f function) {
	b, size, count := l.resources[address{f.resource, f.label}], 0, 0
	for _, config := range inner(b, "service_config") {
		if a := config.Attributes["environment_variables"]; a != nil {
			if v, diags := a.Expr.Value(l.scope); !diags.HasErrors() {
				for name, value := range v.AsValueMap() {
					size, count = size+len(name)+len(value.AsString()), count+1
				}
			}
		}
		count += len(inner(config, "secret_environment_variables"))
	}
	for _, template := range inner(b, "template") {
		for _, container := range inner(template, "containers") {
			count += len(inner(container, "env"))
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

// notifications counts those that Eventarc makes of a bucket.
func (l *limited) notifications(report *model.Report, f function) {
	t, ok := f.Trigger.(model.Object)
	if !ok {
		return
	}
	for _, eventType := range l.objectTypes(f) {
		at := [2]string{t.Bucket, eventType}
		if l.listened[at]++; l.listened[at] == maxNotifications+1 {
			report.Errorf("trigger-limit", "it is the %dth function for these objects of the bucket %s, and Cloud Storage tells of one kind of event %d times; handle several in one function", maxNotifications+1, t.Bucket, maxNotifications)
		}
	}
}

// objectTypes returns the types of events of the function's triggers.
func (l *limited) objectTypes(f function) []string {
	var types []string
	for _, trigger := range inner(l.resources[address{f.resource, f.label}], "event_trigger") {
		types = append(types, l.text(trigger, "event_type"))
	}
	for _, b := range l.triggers[f.label] {
		types = append(types, l.text(inner(b, "matching_criteria")[0], "value"))
	}
	return types
}

// bucket has the rule for names that no grammar of a directive has:
// https://cloud.google.com/storage/docs/buckets#naming.
func (l *limited) bucket(report *model.Report, f function) {
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
		b := l.resources[address{"google_storage_bucket", label(name, "bucket")}]
		if b != nil && strings.Contains(l.text(b, "name"), "google") {
			report.ErrorAt("resource-name", at[name], "the bucket would be called %s, and Cloud Storage takes no name with google in it; call it otherwise, or name one that exists as resources.%s.gcp.name", "PROJECT-NAME-"+short(name, maxBucket), name)
		}
	}
}

// conditions counts the operators in those of the function's grants.
func (l *limited) conditions(report *model.Report, f function) {
	sorted, _ := l.grantsOf(f.Function)
	for _, g := range sorted {
		for _, condition := range inner(l.resources[address{g.resource(), g.label(l.runsAs(f))}], "condition") {
			if n := strings.Count(l.text(condition, "expression"), "||"); n > maxOperators {
				last := slices.IndexFunc(f.Uses, func(u model.Use) bool { return u.Kind == g.kind && u.Name == g.on })
				report.ErrorAt("policy-size", f.Uses[last].Key(), "the condition for the prefixes of %s has %d operators, more than %d, the limit of IAM; use fewer prefixes with one right, or one that holds them all", g.on, n, maxOperators)
			}
		}
	}
}
