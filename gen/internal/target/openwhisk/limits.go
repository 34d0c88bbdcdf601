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

// maxName is how long the name of a trigger may be:
// https://github.com/apache/openwhisk/blob/master/docs/reference.md.
const maxName = 256

// limits returns what the platform does not take of the manifest as it is finished:
// names of triggers that are too long, which only events' can be.
func (t Target) limits(app model.App) []model.Diagnostic {
	var found []model.Diagnostic
	for _, f := range app.Functions {
		report := model.NewReport(t.Name(), f)
		if by, _ := t.trigger(f); len(by.name) > maxName {
			report.Errorf("resource-name", "the trigger %s has %d characters, more than %d; shorten targets.openwhisk.package", by.name, len(by.name), maxName)
		}
		for _, s := range f.Sinks {
			if name := t.fires(f, s); len(name) > maxName {
				report.ErrorAt("resource-name", "sink", "the trigger %s has %d characters, more than %d; shorten targets.openwhisk.package", name, len(name), maxName)
			}
		}
		found = append(found, report.Diagnostics...)
	}
	return found
}
