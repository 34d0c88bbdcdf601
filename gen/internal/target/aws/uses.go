package aws

import (
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
)

// actionsOf is the part of IAM's actions before the colon, of a kind that has
// actions of operators.
var actionsOf = map[model.UseKind]string{model.UseDocument: "dynamodb", model.UseObject: "s3"}

// uses has what is needed of what the function uses.
func (t Target) uses(report *model.Report, f model.Function) {
	for _, u := range f.Uses {
		if keys := t.keys[u.Name]; u.Kind == model.UseDocument && !u.AsName && len(keys) > 1 {
			report.ErrorAt("resource-setting", u.Key(), "a collection's documents have one key each, and resources.%s.aws.keys names two attributes; use a table with a partition key alone, or take a string and an SDK of your own", u.Name)
		}
		for _, action := range t.actions[u.Name] {
			if of := actionsOf[u.Kind]; of != "" && !strings.HasPrefix(action, of+":") {
				report.ErrorAt("resource-setting", u.Key(), "resources.%s.aws.actions has %s, which nobody does with %s; give actions of %s", u.Name, action, u.Resource(), of)
			}
		}
	}
}

// unused refuses actions on what functions have, and do not use.
func (t Target) unused(functions []model.Function) []model.Diagnostic {
	var diagnostics []model.Diagnostic
	for name, actions := range t.actions {
		if using, others := model.Using(functions, name); len(actions) > 0 && len(using) == 0 && len(others) > 0 {
			report := model.NewReport(t.Name(), others[0])
			report.Errorf("resource-setting", "resources.%s.aws.actions is for functions that use it, and none does; add //fn:use, or remove it", name)
			diagnostics = append(diagnostics, report.Diagnostics...)
		}
	}
	return diagnostics
}
