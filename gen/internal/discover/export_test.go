package discover

import (
	"go/token"
	"slices"

	"github.com/fngen/fngen/gen/internal/model"
)

// ScanSource scans one file that is not on disk.
func ScanSource(name string, src []byte, targets []string) *Scan {
	s := &Scan{fset: token.NewFileSet()}
	s.file(name, src, targets)
	s.Diagnostics = model.Sort(s.Diagnostics)
	return s
}

// Found is the number of functions with directives.
func (s *Scan) Found() int { return len(s.candidates) }

// FunctionsOf returns the functions of the scan as if the handler, but for its
// name, were each of theirs. Those without a possible name are left out, as
// they would be refused.
func (s *Scan) FunctionsOf(h model.Handler) []model.Function {
	var out []model.Function
	for _, c := range s.candidates {
		for _, t := range c.directives.Triggers {
			h.Name = c.decl.Name.Name
			name := c.directives.Name
			if name == "" {
				name = model.Kebab(h.Name)
			}
			if !model.NameGrammar.MatchString(name) || slices.Contains(model.ReservedNames, name) {
				continue
			}
			out = append(out, model.Function{Name: name, Handler: h, Trigger: t.Trigger, Timeout: c.directives.Timeout, Retries: c.directives.Retries,
				DeadLetter: c.directives.DeadLetter, Sinks: c.directives.Sinks, Targets: c.directives.Targets, Pos: s.position(t.Pos)})
		}
	}
	return out
}
