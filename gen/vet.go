package gen

import (
	"context"
	"go/token"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/vet"
)

// Vet has go vet check the handlers in the packages, those below the
// application's root if none are named, with this program as its tool: main has
// to call VetTool when go vet runs it. It returns what is found, and how
// many of the findings fngen.yaml acknowledges.
func (p *Project) Vet(ctx context.Context, packages []string) (found []Diagnostic, acknowledged int, err error) {
	if len(packages) == 0 {
		packages = []string{"./..."}
	}
	all, err := vet.Run(p.logged(ctx), p.root.Name(), p.plain, packages)
	found, acknowledged = p.unacknowledged(all)
	return found, acknowledged, err
}

// VetTool is this program as go vet runs it, for each package. It exits.
func (*Project) VetTool() { vet.Main() }

// unacknowledged returns the findings that the application's files do not allow,
// and how many they do.
func (p *Project) unacknowledged(all []model.Diagnostic) (rest []Diagnostic, acknowledged int) {
	for _, d := range model.Sort(all) {
		if p.allows.Cover(d, []token.Position{d.Pos}) {
			acknowledged++
		} else {
			rest = append(rest, diagnostic(d))
		}
	}
	return rest, acknowledged
}
