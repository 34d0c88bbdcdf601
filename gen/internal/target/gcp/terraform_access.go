package gcp

import (
	"slices"

	"github.com/fngen/fngen/gen/internal/model"
)

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
	case w.verifies(f):
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
	w.top("resource", []string{"google_cloud_run_v2_service_iam_member", label(f.Name, whom)}, slices.Concat(
		member[:last],
		[]pair{
			{"project", ref("var", "project")},
			{"location", ref("var", "region")},
			{"name", ref(f.resource, f.label, "name")},
			{"role", "roles/run.invoker"},
		},
		member[last:])...)
}
