package gcp

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fngen/fngen/gen/internal/model"
)

// timeoutOf returns a function's timeout: what it says, or a minute, the
// default of Cloud Functions.
func timeoutOf(f model.Function) time.Duration { return cmp.Or(f.Timeout, time.Minute) }

// archiveBucket writes the bucket that the functions are compiled from.
func (w *terraform) archiveBucket() {
	w.comment("The archives of the functions, by what is in them.")
	w.bucket("source", free("source", w.bucketNames()))
}

func (w *terraform) bucket(label, name string) body {
	return w.resource("google_storage_bucket", label,
		pair{"location", ref("var", "region")},
		pair{"name", text(ref("var", "project"), "-", ref("var", "name"), "-"+short(name, maxBucket))},
		pair{"uniform_bucket_level_access", true},
		pair{"public_access_prevention", "enforced"})
}

// buildRoles are what compiles the functions needs:
// https://cloud.google.com/functions/docs/securing/build-custom-sa.
var buildRoles = []any{"roles/artifactregistry.writer", "roles/logging.logWriter", "roles/storage.objectViewer"}

// buildAccount writes the account that compiles the functions, unless one is given.
// New projects give the one that would do it otherwise no roles.
func (w *terraform) buildAccount() {
	w.comment("The functions are compiled as this account, unless another is given.")
	w.top("resource", []string{"google_service_account", w.builder},
		pair{"count", either(w.builds(), 1, 0)},
		pair{"project", ref("var", "project")},
		pair{"account_id", w.physical(short(w.builder, maxAccount))},
		pair{"display_name", text(ref("var", "name"), ": compiles the functions")})
	w.top("resource", []string{"google_project_iam_member", w.builder},
		pair{"for_each", call("toset", either(w.builds(), buildRoles, []any{}))},
		pair{"project", ref("var", "project")},
		pair{"role", ref("each", "value")},
		pair{"member", ref("google_service_account", w.builder, 0, "member")})
}

// builds returns whether main.tf has the account that compiles.
func (w *terraform) builds() expr { return equal(ref("var", "build_service_account"), ref("null")) }

// function writes one function and what feeds it alone.
func (w *terraform) function(f function) {
	w.comment(f.Name + ": " + f.Trigger.Kind() + " " + f.Trigger.Resource())
	w.account(f.Identity(), f.Name)
	w.secretAccess(f)
	w.ownDeadLetters(f)
	w.maySend(f)
	w.mayUse(f)
	if w.binary {
		w.service(f)
	} else {
		w.cloudFunction(f)
	}
	w.invokers(f)
	switch t := f.Trigger.(type) {
	case model.Queue, model.Topic, model.Stream:
		w.subscription(f)
	case model.Schedule:
		w.job(f, t)
	case model.Object, model.Document:
		w.triggers(f)
	case model.Event:
		w.triggers(f)
		w.eventSubscriptions(f, t)
	}
}

// described names the function's handler, in what a service's description takes:
// https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services.
func described(f function) string {
	source := f.Source()
	return strings.ToValidUTF8(source[:min(len(source), 512)], "")
}

// cloudFunction writes a function that the platform compiles.
func (w *terraform) cloudFunction(f function) {
	archive := text(ref("path", "module"), "/"+f.Name+".zip")
	w.top("resource", []string{"google_storage_bucket_object", f.label},
		pair{"bucket", ref("google_storage_bucket", "source", "name")},
		pair{"name", text(f.Name+"-", call("filesha256", archive), ".zip")},
		pair{"source", archive})

	b := w.resource(f.resource, f.label,
		pair{"location", ref("var", "region")},
		pair{"name", w.physical(short(f.Identity(), maxService))},
		pair{"description", described(f)})
	b.block("build_config",
		pair{"runtime", w.runtime},
		pair{"entry_point", model.Camel(f.Name)},
		pair{"service_account", either(w.builds(), ref("google_service_account", w.builder, 0, "id"), ref("var", "build_service_account"))},
		pair{"environment_variables", w.buildVariables()}).
		block("source").
		block("storage_source",
			pair{"bucket", ref("google_storage_bucket", "source", "name")},
			pair{"object", ref("google_storage_bucket_object", f.label, "name")})

	c := b.block("service_config",
		pair{"service_account_email", ref("google_service_account", f.label, "email")},
		pair{"timeout_seconds", int(timeoutOf(f.Function) / time.Second)})
	o := f.Operation
	if o.Memory > 0 {
		c.set(pair{"available_memory", fmt.Sprintf("%dMi", o.Memory)})
	}
	if _, ok := f.Trigger.(model.HTTP); ok {
		c.set(pair{"available_cpu", cpu(o.Memory)}, pair{"max_instance_request_concurrency", requestsAtOnce})
	}
	instances(c, o)
	ingress := "ALLOW_INTERNAL_ONLY"
	if _, ok := f.Trigger.(model.HTTP); ok {
		ingress = "ALLOW_ALL"
	}
	c.set(pair{"ingress_settings", ingress}, pair{"environment_variables", w.environment(f)})
	for _, v := range o.Env {
		if v.IsSecret {
			c.block("secret_environment_variables",
				pair{"key", v.Name},
				pair{"project_id", ref("var", "project")},
				pair{"secret", v.Value},
				pair{"version", "latest"})
		}
	}
	w.eventTrigger(b, f)
	if depends := w.depends(f); len(depends) > 0 {
		b.AppendNewline()
		b.set(pair{"depends_on", depends})
	}
}

// buildVariables are what the buildpack is told of how the application is
// compiled: it would take cgo, and no tags.
//
// https://cloud.google.com/docs/buildpacks/go
func (w *terraform) buildVariables() []pair {
	platform := w.app.Platform
	variables := []pair{{"CGO_ENABLED", "0"}}
	if len(platform.Tags) > 0 {
		variables = append(variables, pair{"GOFLAGS", "-tags=" + strings.Join(platform.Tags, ",")})
	}
	if len(platform.Values) > 0 {
		variables = append(variables, pair{"GOOGLE_GOLDFLAGS", platform.LinkerFlags()})
	}
	return variables
}

// service writes a function that is a program in an image of the operator's.
func (w *terraform) service(f function) {
	ingress := "INGRESS_TRAFFIC_INTERNAL_ONLY"
	if _, ok := f.Trigger.(model.HTTP); ok {
		ingress = "INGRESS_TRAFFIC_ALL"
	}
	b := w.resource(f.resource, f.label,
		pair{"location", ref("var", "region")},
		pair{"name", w.physical(short(f.Identity(), maxService))},
		pair{"description", described(f)},
		pair{"ingress", ingress},
		pair{"deletion_protection", false})
	switch {
	case w.verifies(f):
		b.comment("The program verifies the callers' tokens itself, whose signatures Cloud Run's own", "check would remove.")
		b.set(pair{"invoker_iam_disabled", true})
	case public(f.Function):
		b.comment("Everybody may call it, also where the organization allows no grant to allUsers.")
		b.set(pair{"invoker_iam_disabled", true})
	}
	t := b.block("template",
		pair{"service_account", ref("google_service_account", f.label, "email")},
		pair{"timeout", seconds(timeoutOf(f.Function))})
	o := f.Operation
	if o.Reserved > 0 || o.MaxInstances > 0 {
		instances(t.block("scaling"), o)
	}
	c := t.block("containers", pair{"image", ref("var", "images", index(f.Name))})
	if o.Memory > 0 {
		c.block("resources",
			pair{"limits", []pair{{"cpu", cpu(o.Memory)}, {"memory", fmt.Sprintf("%dMi", o.Memory)}}},
			pair{"cpu_idle", true}) // or it is paid for between requests too
	}
	for _, p := range w.environment(f) {
		c.block("env", pair{"name", p.name}, pair{"value", p.value})
	}
	for _, v := range o.Env {
		if v.IsSecret {
			c.block("env", pair{"name", v.Name}).block("value_source").block("secret_key_ref",
				pair{"secret", v.Value},
				pair{"version", "latest"})
		}
	}
	if depends := w.depends(f); len(depends) > 0 {
		b.AppendNewline()
		b.set(pair{"depends_on", depends})
	}
}

// instances writes how many there are.
func instances(b body, o model.Operation) {
	if o.Reserved > 0 {
		b.set(pair{"min_instance_count", o.Reserved})
	}
	if o.MaxInstances > 0 {
		b.set(pair{"max_instance_count", o.MaxInstances})
	}
}

// cpu returns the fewest CPUs, from one, that go with so much memory in MiB:
// https://cloud.google.com/run/docs/configuring/services/memory-limits.
func cpu(memory int) string {
	switch {
	case memory > 24<<10:
		return "8"
	case memory > 16<<10:
		return "6"
	case memory > 8<<10:
		return "4"
	case memory > 4<<10:
		return "2"
	}
	return "1"
}

// environment returns the variables that are no secrets: the function's, those
// by which the adapter names the sources of events, and those of its sinks and
// of what it uses.
func (w *terraform) environment(f function) []pair {
	env := []pair{{"GOOGLE_CLOUD_PROJECT", ref("var", "project")}, {"GOOGLE_CLOUD_REGION", ref("var", "region")}}
	for _, v := range f.Operation.Env {
		if !v.IsSecret {
			env = append(env, pair{v.Name, v.Value})
		}
	}
	return slices.Concat(env, w.addresses(f), w.places(f))
}

// uri returns the URL of the function's service.
func (w *terraform) uri(f function) expr {
	if w.binary {
		return ref(f.resource, f.label, "uri")
	}
	return ref(f.resource, f.label, "service_config", 0, "uri")
}

// depends returns what has to be there before the function is: what it may
// read, send to and use, and what Eventarc may do.
func (w *terraform) depends(f function) []any {
	var on []any
	if len(f.secrets()) > 0 {
		on = append(on, ref("google_secret_manager_secret_iam_member", f.label))
	}
	if len(w.publishes(f)) > 0 {
		on = append(on, ref("google_pubsub_topic_iam_member", label(f.Identity(), "sends")))
	}
	sorted, _ := w.grantsOf(f.Function)
	for _, g := range sorted {
		on = append(on, ref(g.resource(), g.label(f)))
	}
	for _, a := range w.added(f.Function) {
		on = append(on, ref(a.resource(), a.label(f)))
	}
	if !w.binary {
		on = append(on, ref("google_project_iam_member", w.builder))
		if inFunction(f.Trigger) {
			on = append(on, w.eventarcDepends(f)...)
		}
	}
	return on
}

func seconds(d time.Duration) string { return fmt.Sprintf("%ds", d/time.Second) }

// closed reports whether the function answers HTTP requests of those alone who
// are named.
func (f function) closed() bool {
	t, ok := f.Trigger.(model.HTTP)
	return ok && !t.Public
}

// secrets returns the names of the secrets that the function reads, sorted.
func (f function) secrets() []string {
	var names []string
	for _, v := range f.Operation.Env {
		if v.IsSecret {
			names = append(names, v.Value)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// secretAccess lets the function read its secrets and no others.
func (w *terraform) secretAccess(f function) {
	var secrets []any
	for _, name := range f.secrets() {
		secrets = append(secrets, name)
	}
	if len(secrets) == 0 {
		return
	}
	w.top("resource", []string{"google_secret_manager_secret_iam_member", f.label},
		pair{"for_each", call("toset", secrets)},
		pair{"project", ref("var", "project")},
		pair{"secret_id", ref("each", "value")},
		pair{"role", "roles/secretmanager.secretAccessor"},
		pair{"member", ref("google_service_account", f.label, "member")})
}

// verifies reports whether the program checks its callers itself, in the place
// of Cloud Run.
func (w *terraform) verifies(f function) bool {
	return w.binary && w.audience != "" && !public(f.Function)
}

// invokers says who may call the function.
func (w *terraform) invokers(f function) {
	switch {
	case w.verifies(f), w.binary && public(f.Function):
	case public(f.Function):
		w.mayInvoke(f, "public", pair{"member", "allUsers"})
	case f.closed():
		w.mayInvoke(f, "invokers", pair{"for_each", ref("var", "invokers")}, pair{"member", ref("each", "value")})
		if w.caller != "" {
			w.mayInvoke(f, "caller", pair{"member", w.member()})
		}
	default:
		w.mayInvoke(f, "events", pair{"member", w.member()})
	}
}

// mayInvoke lets whom call the function.
func (w *terraform) mayInvoke(f function, whom string, member ...pair) {
	last := len(member) - 1
	w.top("resource", []string{"google_cloud_run_v2_service_iam_member", label(f.Identity(), whom)}, slices.Concat(
		member[:last],
		[]pair{
			{"project", ref("var", "project")},
			{"location", ref("var", "region")},
			{"name", ref(f.resource, f.label, "name")},
			{"role", "roles/run.invoker"},
		},
		member[last:])...)
}
