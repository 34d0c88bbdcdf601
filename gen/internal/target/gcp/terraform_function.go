package gcp

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fngen/fngen/gen/internal/hcl"
	"github.com/fngen/fngen/gen/internal/model"
)

// timeoutOf returns a function's timeout: what it says, or a minute, the
// default of Cloud Functions.
func timeoutOf(f model.Function) time.Duration { return cmp.Or(f.Timeout, time.Minute) }

// worldwide returns the name of a bucket that main.tf creates, which no other
// project's has.
func (w *terraform) worldwide(name string) hcl.Expr {
	return hcl.Text(hcl.Ref("var", "project"), "-", hcl.Ref("var", "name"), "-"+short(name, maxBucket))
}

func (w *terraform) bucket(label, name string) hcl.Body {
	b := w.resource("google_storage_bucket", label,
		hcl.Pair{Name: "location", Value: hcl.Ref("var", "region")},
		hcl.Pair{Name: "name", Value: w.worldwide(name)},
		hcl.Pair{Name: "uniform_bucket_level_access", Value: true},
		hcl.Pair{Name: "public_access_prevention", Value: "enforced"})
	if w.kms != "" {
		w.encrypt(b.Block("encryption"), "default_kms_key_name")
	}
	return b
}

// buildRoles are what compiles the functions needs:
// https://cloud.google.com/functions/docs/securing/build-custom-sa.
var buildRoles = []string{"roles/artifactregistry.writer", "roles/logging.logWriter", "roles/storage.objectViewer"}

// buildAccount writes the account that compiles the functions, unless one is given.
// New projects give the one that would do it otherwise no roles.
func (w *terraform) buildAccount() {
	w.Comment("The functions are compiled as this account, unless another is given.")
	w.Top("resource", []string{"google_service_account", w.builder},
		hcl.Pair{Name: "count", Value: hcl.Either(w.builds(), 1, 0)},
		hcl.Pair{Name: "project", Value: hcl.Ref("var", "project")},
		hcl.Pair{Name: "account_id", Value: w.physical(short(w.builder, maxAccount))},
		hcl.Pair{Name: "display_name", Value: hcl.Text(hcl.Ref("var", "name"), ": compiles the functions")})
	w.Top("resource", []string{"google_project_iam_member", w.builder},
		hcl.Pair{Name: "for_each", Value: hcl.Call("toset", hcl.Either(w.builds(), buildRoles, []any{}))},
		hcl.Pair{Name: "project", Value: hcl.Ref("var", "project")},
		hcl.Pair{Name: "role", Value: hcl.Ref("each", "value")},
		hcl.Pair{Name: "member", Value: hcl.Ref("google_service_account", w.builder, 0, "member")})
}

// builds returns whether main.tf has the account that compiles.
func (w *terraform) builds() hcl.Expr {
	return hcl.Equal(hcl.Ref("var", "build_service_account"), hcl.Ref("null"))
}

// function writes one function and what feeds it alone.
func (w *terraform) function(f function) {
	w.Comment(f.Name + ": " + f.Trigger.Kind() + " " + f.Trigger.Resource())
	if f.existing == "" {
		w.serviceAccount(f.Identity(), f.Name)
		w.mayRead(f)
	}
	w.ownDeadLetters(f)
	if f.existing == "" {
		w.maySend(f)
		w.mayUse(f)
	}
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
	archive := hcl.Text(hcl.Ref("path", "module"), "/"+f.Name+".zip")
	w.Top("resource", []string{"google_storage_bucket_object", f.label},
		hcl.Pair{Name: "bucket", Value: hcl.Ref("google_storage_bucket", "source", "name")},
		hcl.Pair{Name: "name", Value: hcl.Text(f.Name+"-", hcl.Call("filesha256", archive), ".zip")},
		hcl.Pair{Name: "source", Value: archive})

	b := w.resource(f.resource, f.label,
		hcl.Pair{Name: "location", Value: hcl.Ref("var", "region")},
		hcl.Pair{Name: "name", Value: w.physical(short(f.Identity(), maxService))},
		hcl.Pair{Name: "description", Value: described(f)})
	w.encrypt(b, "kms_key_name")
	build := b.Block("build_config",
		hcl.Pair{Name: "runtime", Value: w.runtime},
		hcl.Pair{Name: "entry_point", Value: model.Camel(f.Name)},
		hcl.Pair{Name: "service_account", Value: hcl.Either(w.builds(), hcl.Ref("google_service_account", w.builder, 0, "id"), hcl.Ref("var", "build_service_account"))},
		hcl.Pair{Name: "environment_variables", Value: w.buildVariables()})
	if w.kms != "" {
		build.Set(hcl.Pair{Name: "docker_repository", Value: hcl.Ref("google_artifact_registry_repository", w.builder, "id")})
	}
	build.Block("source").
		Block("storage_source",
			hcl.Pair{Name: "bucket", Value: hcl.Ref("google_storage_bucket", "source", "name")},
			hcl.Pair{Name: "object", Value: hcl.Ref("google_storage_bucket_object", f.label, "name")})

	c := b.Block("service_config",
		hcl.Pair{Name: "service_account_email", Value: f.email()},
		hcl.Pair{Name: "timeout_seconds", Value: int(timeoutOf(f.Function) / time.Second)})
	o := f.Operation
	if o.Memory > 0 {
		c.Set(hcl.Pair{Name: "available_memory", Value: fmt.Sprintf("%dMi", o.Memory)})
	}
	if _, ok := f.Trigger.(model.HTTP); ok {
		c.Set(hcl.Pair{Name: "available_cpu", Value: cpu(o.Memory)}, hcl.Pair{Name: "max_instance_request_concurrency", Value: requestsAtOnce})
	}
	instances(c, o)
	if f.vpc != (vpc{}) {
		c.Set(hcl.Pair{Name: "vpc_connector", Value: f.vpc.connector}, hcl.Pair{Name: "vpc_connector_egress_settings", Value: egress[f.vpc.egress]})
	}
	ingress := "ALLOW_INTERNAL_ONLY"
	if _, ok := f.Trigger.(model.HTTP); ok {
		ingress = "ALLOW_ALL"
	}
	c.Set(hcl.Pair{Name: "ingress_settings", Value: ingress}, hcl.Pair{Name: "environment_variables", Value: w.environment(f)})
	for _, v := range o.Env {
		if v.IsSecret {
			c.Block("secret_environment_variables",
				hcl.Pair{Name: "key", Value: v.Name},
				hcl.Pair{Name: "project_id", Value: hcl.Ref("var", "project")},
				hcl.Pair{Name: "secret", Value: v.Value},
				hcl.Pair{Name: "version", Value: "latest"})
		}
	}
	w.eventTrigger(b, f)
	b.DependsOn(w.depends(f))
}

// buildVariables are what the buildpack is told of how the application is
// compiled: it would take cgo, and no tags.
//
// https://cloud.google.com/docs/buildpacks/go
func (w *terraform) buildVariables() []hcl.Pair {
	platform := w.app.Platform
	variables := []hcl.Pair{{Name: "CGO_ENABLED", Value: "0"}}
	if len(platform.Tags) > 0 {
		variables = append(variables, hcl.Pair{Name: "GOFLAGS", Value: "-tags=" + strings.Join(platform.Tags, ",")})
	}
	if len(platform.Values) > 0 {
		variables = append(variables, hcl.Pair{Name: "GOOGLE_GOLDFLAGS", Value: platform.LinkerFlags()})
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
		hcl.Pair{Name: "location", Value: hcl.Ref("var", "region")},
		hcl.Pair{Name: "name", Value: w.physical(short(f.Identity(), maxService))},
		hcl.Pair{Name: "description", Value: described(f)},
		hcl.Pair{Name: "ingress", Value: ingress},
		hcl.Pair{Name: "deletion_protection", Value: false})
	switch {
	case w.verifies(f):
		b.Comment("The program verifies the callers' tokens itself, whose signatures Cloud Run's own", "check would remove.")
		b.Set(hcl.Pair{Name: "invoker_iam_disabled", Value: true})
	case public(f.Function):
		b.Comment("Everybody may call it, also where the organization allows no grant to allUsers.")
		b.Set(hcl.Pair{Name: "invoker_iam_disabled", Value: true})
	}
	t := b.Block("template",
		hcl.Pair{Name: "service_account", Value: f.email()},
		hcl.Pair{Name: "timeout", Value: seconds(timeoutOf(f.Function))})
	w.encrypt(t, "encryption_key")
	w.reach(t, f.vpc)
	o := f.Operation
	if o.Reserved > 0 || o.MaxInstances > 0 {
		instances(t.Block("scaling"), o)
	}
	c := t.Block("containers", hcl.Pair{Name: "image", Value: hcl.Ref("var", "images", hcl.Index(f.Name))})
	if o.Memory > 0 {
		c.Block("resources",
			hcl.Pair{Name: "limits", Value: []hcl.Pair{{Name: "cpu", Value: cpu(o.Memory)}, {Name: "memory", Value: fmt.Sprintf("%dMi", o.Memory)}}},
			hcl.Pair{Name: "cpu_idle", Value: true}) // or it is paid for between requests too
	}
	for _, p := range w.environment(f) {
		c.Block("env", hcl.Pair{Name: "name", Value: p.Name}, hcl.Pair{Name: "value", Value: p.Value})
	}
	for _, v := range o.Env {
		if v.IsSecret {
			c.Block("env", hcl.Pair{Name: "name", Value: v.Name}).Block("value_source").Block("secret_key_ref",
				hcl.Pair{Name: "secret", Value: v.Value},
				hcl.Pair{Name: "version", Value: "latest"})
		}
	}
	b.DependsOn(w.depends(f))
}

// instances writes how many there are.
func instances(b hcl.Body, o model.Operation) {
	if o.Reserved > 0 {
		b.Set(hcl.Pair{Name: "min_instance_count", Value: o.Reserved})
	}
	if o.MaxInstances > 0 {
		b.Set(hcl.Pair{Name: "max_instance_count", Value: o.MaxInstances})
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
func (w *terraform) environment(f function) []hcl.Pair {
	env := []hcl.Pair{{Name: "GOOGLE_CLOUD_PROJECT", Value: hcl.Ref("var", "project")}, {Name: "GOOGLE_CLOUD_REGION", Value: hcl.Ref("var", "region")}}
	for _, v := range f.Operation.Env {
		if !v.IsSecret {
			env = append(env, hcl.Pair{Name: v.Name, Value: v.Value})
		}
	}
	return slices.Concat(env, w.addresses(f), w.places(f))
}

// uri returns the URL of the function's service.
func (w *terraform) uri(f function) hcl.Expr {
	if w.binary {
		return hcl.Ref(f.resource, f.label, "uri")
	}
	return hcl.Ref(f.resource, f.label, "service_config", 0, "uri")
}

// permit writes a resource that gives the function a right, without which the
// function is not there.
func (w *terraform) permit(f function, kind, label string, pairs ...hcl.Pair) hcl.Body {
	w.permits[f.label] = append(w.permits[f.label], hcl.Ref(kind, label))
	return w.Top("resource", []string{kind, label}, append(pairs, hcl.Pair{Name: "member", Value: f.member()})...)
}

// depends returns what has to be there before the function is: what it is
// permitted, and what Eventarc may do.
func (w *terraform) depends(f function) []any {
	on := slices.Clone(w.permits[w.runsAs(f).label])
	if !w.binary {
		on = append(on, hcl.Ref("google_project_iam_member", w.builder))
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

// mayRead lets the function read its secrets and no others.
func (w *terraform) mayRead(f function) {
	secrets := f.secrets()
	if len(secrets) == 0 {
		return
	}
	w.permit(f, "google_secret_manager_secret_iam_member", f.label,
		hcl.Pair{Name: "for_each", Value: hcl.Call("toset", secrets)},
		hcl.Pair{Name: "project", Value: hcl.Ref("var", "project")},
		hcl.Pair{Name: "secret_id", Value: hcl.Ref("each", "value")},
		hcl.Pair{Name: "role", Value: "roles/secretmanager.secretAccessor"})
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
		w.mayInvoke(f, "public", hcl.Pair{Name: "member", Value: "allUsers"})
	case f.closed():
		w.mayInvoke(f, "invokers", hcl.Pair{Name: "for_each", Value: hcl.Ref("var", "invokers")}, hcl.Pair{Name: "member", Value: hcl.Ref("each", "value")})
		if w.caller != "" {
			w.mayInvoke(f, "caller", hcl.Pair{Name: "member", Value: w.invoker.member()})
		}
	default:
		w.mayInvoke(f, "events", hcl.Pair{Name: "member", Value: w.invoker.member()})
	}
}

// mayInvoke lets whom call the function.
func (w *terraform) mayInvoke(f function, whom string, member ...hcl.Pair) {
	last := len(member) - 1
	w.Top("resource", []string{"google_cloud_run_v2_service_iam_member", label(f.Identity(), whom)}, slices.Concat(
		member[:last],
		[]hcl.Pair{
			{Name: "project", Value: hcl.Ref("var", "project")},
			{Name: "location", Value: hcl.Ref("var", "region")},
			{Name: "name", Value: hcl.Ref(f.resource, f.label, "name")},
			{Name: "role", Value: "roles/run.invoker"},
		},
		member[last:])...)
}
