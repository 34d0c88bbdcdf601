package gen

import (
	"maps"
	"slices"

	"github.com/fngen/fngen/gen/internal/model"
)

// A Function is a function of the application and what it is on each target.
type Function struct {
	Name     string           `json:"function"`
	Was      []string         `json:"was,omitempty"` // its former names, of which the first is its identity where it is deployed
	Handler  string           `json:"handler"`       // in full
	Trigger  string           `json:"trigger"`       // the directive's verb
	Resource string           `json:"resource"`
	Position string           `json:"position"` // of the directive, file:line:col
	Targets  []TargetFunction `json:"targets"`
	MeantFor []string         `json:"-"` // the targets that the directives name; none for all
}

// A TargetFunction is what a function is on a target.
type TargetFunction struct {
	Target   string   `json:"target"`
	Status   Status   `json:"status"`
	Facts    *Facts   `json:"facts,omitempty"` // of a function that is served
	Refusals []string `json:"refusals,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
}

// A Status says whether a target serves a function.
type Status string

// What a [Status] can be.
const (
	Served  Status = "served"
	Refused Status = "refused"  // the target cannot serve it
	LeftOut Status = "left out" // the directives name other targets
)

// Facts are what a person wants to know of a function on a target before
// choosing it. Each is a short phrase.
type Facts struct {
	Source     string   `json:"source"`         // the native service that feeds it
	Guarantee  string   `json:"guarantee"`      // of delivery
	Retries    string   `json:"retries"`        // who tries again, how often
	Order      string   `json:"order"`          // what is kept in order
	DeadLetter string   `json:"deadletter"`     // where what fails for good goes
	Uses       []string `json:"uses,omitempty"` // what its setup is given, each with the right to it
	Emulated   []string `json:"emulated"`       // what fngen's adapter does because the platform does not
	Differs    []string `json:"differs"`        // what is not as on the other targets, of the event or of a right
}

// Functions returns the functions that are accepted as such, sorted by name,
// whether or not the targets serve them.
func (p *Project) Functions() []Function {
	byName := map[string]*Function{}
	for _, t := range p.targets {
		said := map[string][]model.Diagnostic{}
		for _, d := range t.diagnostics {
			said[d.Function] = append(said[d.Function], d)
		}
		for _, f := range slices.Concat(t.app.Functions, t.left) {
			if byName[f.Name] == nil {
				byName[f.Name] = &Function{Name: f.Name, Was: f.FormerNames(), Handler: f.Source(), Trigger: f.Trigger.Kind(), Resource: f.Trigger.Resource(),
					Position: model.Position(f.Pos), MeantFor: f.Targets}
			}
			byName[f.Name].Targets = append(byName[f.Name].Targets, t.function(f, said[f.Name]))
		}
	}
	functions := []Function{}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		functions = append(functions, *byName[name])
	}
	return functions
}

// function returns what the function is on the target, which says the
// diagnostics of it.
func (t targeted) function(f model.Function, said []model.Diagnostic) TargetFunction {
	out := TargetFunction{Target: t.Name(), Status: Served}
	if !f.MeantFor(t.Name()) {
		out.Status = LeftOut
		return out
	}
	for _, d := range said {
		if d.Severity == model.Warning {
			out.Warnings = append(out.Warnings, d.Message)
		} else {
			out.Status, out.Refusals = Refused, append(out.Refusals, d.Message)
		}
	}
	if out.Status == Served {
		facts := Facts(t.Facts(f))
		out.Facts = &facts
	}
	return out
}
