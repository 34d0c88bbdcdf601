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
