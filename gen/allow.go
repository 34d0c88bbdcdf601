package gen

import (
	"context"
	"fmt"
	"go/token"
	"maps"
	"slices"

	"github.com/fngen/fngen/gen/internal/model"
)

// An acknowledger takes the warnings out that the application's files allow.
type acknowledger struct {
	*model.Allows
	reader    *reader
	functions map[string][]token.Position // where each function stands, by its name
	covered   []model.Diagnostic
}

// rest returns the diagnostics that are not acknowledged.
func (a *acknowledger) rest(diagnostics []model.Diagnostic) []model.Diagnostic {
	var out []model.Diagnostic
	for _, d := range diagnostics {
		if a.Cover(d, append([]token.Position{d.Pos}, a.functions[d.Function]...)) {
			a.covered = append(a.covered, d)
		} else {
			out = append(out, d)
		}
	}
	return out
}

// unused warns of what is allowed and said on no target, and of loops that are
// meant and that there are on none, those targets included that are not asked for.
func (a *acknowledger) unused(ctx context.Context, others []model.Target) ([]model.Diagnostic, error) {
	for _, target := range others {
		if len(a.Unused()) == 0 && !slices.Contains(slices.Collect(maps.Values(a.reader.loops)), false) {
			break
		}
		before := len(a.reader.diagnostics)
		t, err := a.reader.target(ctx, target)
		if err != nil {
			return nil, err
		}
		more := a.reader.diagnostics[before:]
		if model.Failed(more) { // it is not known what would be said there
			return nil, nil
		}
		a.functions = a.reader.positions()
		a.rest(more)
		a.rest(t.diagnostics)
	}
	var out []model.Diagnostic
	for pos, code := range a.Unused() {
		out = append(out, model.Diagnostic{Code: "allow-unused", Pos: pos, Severity: model.Warning,
			Message: fmt.Sprintf("there is no warning %s to allow here, on any target; remove it, or allow it where it is said", code)})
	}
	for pos, meant := range a.reader.loops {
		if !meant {
			out = append(out, model.Diagnostic{Code: "loop-unused", Pos: pos, Severity: model.Warning,
				Message: "loop=ok permits nothing: on no target does what is written here come back to the function that writes it; remove it"})
		}
	}
	return out, nil
}

// positions returns where each function stands, by its name.
func (r *reader) positions() map[string][]token.Position {
	out := map[string][]token.Position{}
	for _, f := range r.functions {
		out[f.Name] = append(out[f.Name], f.Pos)
	}
	return out
}
