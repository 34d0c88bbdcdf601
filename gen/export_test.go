package gen

import (
	"go/token"
	"slices"
)

// ScanSource scans one file that is not on disk.
func ScanSource(name string, src []byte, targets []string) *Scan {
	s := &Scan{fset: token.NewFileSet()}
	s.file(name, src, targets)
	s.Diagnostics = SortDiagnostics(s.Diagnostics)
	return s
}

// Found is the number of functions with directives.
func (s *Scan) Found() int { return len(s.candidates) }

// FunctionsOf returns the functions of the scan as if the handler, but for its
// name, were each of theirs. Those without a possible name are left out, as
// they would be refused.
func (s *Scan) FunctionsOf(h Handler) []Function {
	var out []Function
	for _, c := range s.candidates {
		for _, t := range c.triggers {
			h.Name = c.decl.Name.Name
			name := c.options.name
			if name == "" {
				name = kebab(h.Name)
			}
			if !nameGrammar.MatchString(name) || slices.Contains(reserved, name) {
				continue
			}
			out = append(out, Function{Name: name, Handler: h, Trigger: t.trigger, Timeout: c.options.timeout, Retries: c.options.retries,
				DeadLetter: c.options.deadLetter, Sinks: c.options.sinks, Targets: c.options.targets, Pos: s.position(t.pos)})
		}
	}
	return out
}
