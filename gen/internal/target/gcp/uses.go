package gcp

import (
	"github.com/fngen/fngen/gen/internal/model"
)

// uses has what is needed of what the function uses.
func (t target) uses(report *model.Report, f model.Function) {
	for _, u := range f.Uses {
		switch {
		case u.Kind == model.UseSecret && unknown(model.Variable{Value: u.Name, IsSecret: true}):
			report.ErrorAt("secret-name", u.Key(), noSuchSecret)
		case u.Kind == model.UseObject:
			t.isBucket(report, u.Name)
		}
	}
}

// unused refuses roles on what functions have, and do not use.
func (t target) unused(functions []model.Function) []model.Diagnostic {
	var found []model.Diagnostic
	for name, r := range t.resources {
		if using, others := model.Using(functions, name); len(r.roles) > 0 && len(using) == 0 && len(others) > 0 {
			report := model.NewReport(t.Name(), others[0])
			report.Errorf("resource-setting", "resources.%s.gcp.roles is for functions that use it, and none does; add //fn:use, or remove it", name)
			found = append(found, report.Diagnostics...)
		}
	}
	return found
}
