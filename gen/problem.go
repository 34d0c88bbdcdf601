package gen

import (
	"cmp"
	"fmt"
	"go/token"
	"slices"
	"strings"
)

// A Problem is a finding in the user's files: file:line:col, what is wrong,
// and what to do.
type Problem struct {
	Pos     token.Position // Filename is relative to the application's root
	Message string
	Warning bool // worth knowing; nothing is refused because of it
}

func (p Problem) String() string {
	message := p.Message
	if p.Warning {
		message = "warning: " + message
	}
	return Position(p.Pos) + ": " + message
}

// Position formats pos as file:line:col, the column in bytes.
func Position(pos token.Position) string {
	if pos.Line == 0 {
		return pos.Filename
	}
	return fmt.Sprintf("%s:%d:%d", pos.Filename, pos.Line, max(pos.Column, 1))
}

// SortProblems orders problems by position and drops repetitions.
func SortProblems(problems []Problem) []Problem {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(
			strings.Compare(a.Pos.Filename, b.Pos.Filename),
			cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Column, b.Pos.Column),
			strings.Compare(a.Message, b.Message),
		)
	})
	return slices.Compact(problems)
}

// Failed reports whether one of the problems is more than a warning.
func Failed(problems []Problem) bool {
	return slices.ContainsFunc(problems, func(p Problem) bool { return !p.Warning })
}
