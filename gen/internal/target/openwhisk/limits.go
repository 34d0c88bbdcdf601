package openwhisk

import (
	"net/http"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
)

// methods are those that a web action takes:
// https://github.com/apache/openwhisk/blob/master/docs/webactions.md.
var methods = []string{http.MethodDelete, http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPatch, http.MethodPost, http.MethodPut}

// served refuses methods that no request arrives with.
func served(report *model.Report, t model.HTTP) {
	for _, m := range t.Methods {
		if !slices.Contains(methods, m) {
			report.Errorf("http-method", "a web action takes no %s requests; name others of %s, or leave the target out with //fn:targets aws,gcp", m, strings.Join(methods, ", "))
		}
	}
}

// limits returns what the platform does not take of the manifest as it is finished:
// triggers that would be one. A feed's is called after the package, and an event's
// type may be the same.
func (t Target) limits(app model.App) []model.Diagnostic {
	var found []model.Diagnostic
	fed := map[string]model.Function{} // by the trigger with a feed
	pkg := t.packageOf(app)
	for _, f := range app.Functions {
		if by, ok := t.trigger(pkg, f); ok && by.feed != "" {
			fed[by.name] = f
		}
	}
	for _, f := range app.Functions {
		report := model.NewReport(t.Name(), f)
		names := map[string]string{} // the directive's verb by the trigger
		for _, s := range sinks(f) {
			if name := t.fires(s); name != "" && t.resources[s.Name].name == "" {
				names[name] = directive(f, s)
			}
		}
		if by, ok := t.trigger(pkg, f); ok && by.feed == "" {
			names[by.name] = ""
		}
		for name, verb := range names {
			if other, taken := fed[name]; taken {
				report.ErrorAt("trigger-shared", verb, "the trigger %s is that of the %s of %s at %s; choose another", name, other.Trigger.Kind(), other.Name, model.Position(other.Pos))
			}
		}
		found = append(found, report.Diagnostics...)
	}
	return found
}

// circles refuses dead letters that come to a function by way of those of others.
// What fires itself is refused elsewhere.
func (t Target) circles(all index) []model.Diagnostic {
	gives := func(f fed) string {
		if s, ok := deadLetterSink(f.Function); ok && f.fired {
			return t.fires(s)
		}
		return ""
	}
	byTrigger := map[string][]fed{}
	for _, f := range all.fed {
		if f.fired {
			byTrigger[f.by.name] = append(byTrigger[f.by.name], f)
		}
	}
	var found []model.Diagnostic
	for _, f := range all.fed {
		if by, ok := circle(f, gives, byTrigger); ok {
			report := model.NewReport(t.Name(), f.Function)
			report.ErrorAt("feeds-itself", "deadletter", "the dead letters come back by way of those of %s at %s; name another", by.Name, model.Position(by.Pos))
			found = append(found, report.Diagnostics...)
		}
	}
	return found
}

func circle(f fed, gives func(fed) string, byTrigger map[string][]fed) (fed, bool) {
	seen := map[string]bool{"": true, f.by.name: true}
	for next := []string{gives(f)}; len(next) > 0; next = next[1:] {
		if seen[next[0]] {
			continue
		}
		seen[next[0]] = true
		for _, other := range byTrigger[next[0]] {
			if gives(other) == f.by.name {
				return other, true
			}
			next = append(next, gives(other))
		}
	}
	return fed{}, false
}
