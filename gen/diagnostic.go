package gen

import (
	"fmt"
	"go/token"
	"maps"
	"path/filepath"
	"slices"

	"github.com/fngen/fngen/gen/internal/build/gocmd"
	"github.com/fngen/fngen/gen/internal/model"
)

// A Diagnostic is a finding in the user's files: what is wrong, and what to do.
type Diagnostic struct {
	Code             string         // of its kind, of those that FindingsHelp lists
	Pos              token.Position // Filename is relative to the application's root
	Function, Target string         // that it is about; "" for none
	Severity         Severity
	Message          string
}

// A Severity says what follows from a [Diagnostic].
type Severity int

// The severities.
const (
	Error   = Severity(model.Error)   // something is refused
	Warning = Severity(model.Warning) // worth knowing; nothing is refused because of it
)

// String returns the severity as users read it: error or warning.
func (s Severity) String() string { return model.Severity(s).String() }

// String returns the diagnostic as users read it: file:line:col: error: what is
// wrong; what to do [code].
func (d Diagnostic) String() string {
	return model.Diagnostic{Code: model.Code(d.Code), Pos: d.Pos, Function: d.Function, Target: d.Target, Severity: model.Severity(d.Severity), Message: d.Message}.String()
}

// Diagnostics returns all findings in the application's files, warnings before
// errors and each by position, without the warnings that are acknowledged.
func (p *Project) Diagnostics() []Diagnostic {
	var out []Diagnostic
	for _, d := range p.diagnostics {
		out = append(out, diagnostic(d))
	}
	return out
}

func diagnostic(d model.Diagnostic) Diagnostic {
	return Diagnostic{string(d.Code), d.Pos, d.Function, d.Target, Severity(d.Severity), d.Message}
}

// Acknowledged returns how many warnings the files themselves allow.
func (p *Project) Acknowledged() int { return p.acknowledged }

// A Kind is what all diagnostics of one code have in common.
type Kind struct {
	Code     string
	Severity Severity
	Means    string // a sentence without its full stop
}

// Kinds returns the kinds of diagnostics that there are, sorted by their codes.
func Kinds() []Kind {
	var out []Kind
	for _, code := range slices.Sorted(maps.Keys(model.Kinds)) {
		kind := model.Kinds[code]
		out = append(out, Kind{string(code), Severity(kind.Severity), kind.Means})
	}
	return out
}

// DidYouMean returns "did you mean WORD? " with that one of the words that the
// text is a slip of, "" if it is of none.
func DidYouMean(text string, words []string) string { return model.DidYouMean(text, words) }

// sdkVersion warns of a module that requires another version of fngen than its
// own. What was built from a checkout has none.
func sdkVersion(own, root string, module model.Module) []model.Diagnostic {
	if module.SDK == "" || own == "(devel)" || module.SDK == own {
		return nil
	}
	return []model.Diagnostic{{
		Code: "sdk-version", Severity: model.Warning,
		Pos:     token.Position{Filename: gocmd.Relative(root, filepath.Join(module.Dir, "go.mod"))},
		Message: fmt.Sprintf("this is fngen %s, but %s is required; install the same version of both", own, module.SDK),
	}}
}
