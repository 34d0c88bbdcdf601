package model

import (
	"cmp"
	"fmt"
	"go/token"
	"slices"
	"strings"
	"time"
	"unicode"
)

// A Diagnostic is a finding in the user's files: what is wrong, and what to do.
type Diagnostic struct {
	Code             Code
	Pos              token.Position // Filename is relative to the application's root
	Function, Target string         // that it is about; "" for none
	Severity         Severity
	Message          string
}

// A Severity says what follows from a [Diagnostic].
type Severity int

const (
	Error   Severity = iota // something is refused
	Warning                 // worth knowing; nothing is refused because of it
)

// String is the severity as users read it.
func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "error"
}

// String is the diagnostic as users read it: file:line:col: error: what is wrong;
// what to do [code].
func (d Diagnostic) String() string {
	return fmt.Sprintf("%s: %s: %s [%s]", Position(d.Pos), d.Severity, d.text(), d.Code)
}

// text is the message with what it is about.
func (d Diagnostic) text() string {
	if d.Target == "" {
		return d.Message
	}
	return d.Function + ": " + d.Target + ": " + d.Message
}

// Position formats pos as file:line:col, the column in bytes.
func Position(pos token.Position) string {
	if pos.Line == 0 {
		return pos.Filename
	}
	return fmt.Sprintf("%s:%d:%d", pos.Filename, pos.Line, max(pos.Column, 1))
}

// Sort orders diagnostics and drops repetitions: warnings before errors, which
// are what one sees first on a terminal, and each by position.
func Sort(diagnostics []Diagnostic) []Diagnostic {
	slices.SortStableFunc(diagnostics, func(a, b Diagnostic) int {
		return cmp.Or(
			cmp.Compare(b.Severity, a.Severity),
			strings.Compare(a.Pos.Filename, b.Pos.Filename),
			cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Column, b.Pos.Column),
			strings.Compare(a.text(), b.text()),
		)
	})
	return slices.Compact(diagnostics)
}

// Failed reports whether one of the diagnostics is more than a warning.
func Failed(diagnostics []Diagnostic) bool {
	return slices.ContainsFunc(diagnostics, func(d Diagnostic) bool { return d.Severity == Error })
}

// A Report collects what one target says of one function.
type Report struct {
	Diagnostics []Diagnostic
	target      string
	function    Function
}

// NewReport begins the check of the function for the target.
func NewReport(target string, f Function) *Report { return &Report{target: target, function: f} }

// Errorf refuses the function: the message says what the platform cannot do
// and the way out.
func (r *Report) Errorf(code Code, format string, args ...any) {
	r.add(Error, code, r.function.Pos, format, args...)
}

// Warnf warns of what differs on the platform.
func (r *Report) Warnf(code Code, format string, args ...any) {
	r.add(Warning, code, r.function.Pos, format, args...)
}

// ErrorAt is Errorf at the directive of the verb, or at the key of fngen.yaml,
// instead of the trigger.
func (r *Report) ErrorAt(code Code, verb, format string, args ...any) {
	r.add(Error, code, r.place(verb), format, args...)
}

// WarnAt is Warnf at the same place.
func (r *Report) WarnAt(code Code, verb, format string, args ...any) {
	r.add(Warning, code, r.place(verb), format, args...)
}

// ErrorIn is Errorf at a place that the function does not know.
func (r *Report) ErrorIn(code Code, pos token.Position, format string, args ...any) {
	r.add(Error, code, pos, format, args...)
}

// WarnIn is Warnf at such a place.
func (r *Report) WarnIn(code Code, pos token.Position, format string, args ...any) {
	r.add(Warning, code, pos, format, args...)
}

func (r *Report) place(verb string) token.Position {
	if pos, ok := r.function.Positions[verb]; ok {
		return pos
	}
	return r.function.Pos
}

func (r *Report) add(severity Severity, code Code, pos token.Position, format string, args ...any) {
	r.Diagnostics = append(r.Diagnostics, Diagnostic{code, pos, r.function.Name, r.target, severity, fmt.Sprintf(format, args...)})
}

// HTTP warns of a function for web pages that the platform lets nobody call
// without credentials.
func (r *Report) HTTP(t HTTP) {
	if len(t.CORS) > 0 && !t.Public {
		r.Warnf("http-preflight", "the platform refuses preflight requests, with which browsers send no credentials; add auth=public, and check callers in the handler")
	}
}

// Timeout refuses a timeout above the limit of what, a function or a trigger
// in words.
func (r *Report) Timeout(limit time.Duration, what string) {
	if r.function.Timeout > limit {
		r.ErrorAt("timeout-limit", "timeout", "the timeout of %s is above %s, the limit of %s; shorten it", r.function.Timeout, limit, what)
	}
}

// Clip shortens text from a user's file for a message, and hides what is secret
// in it.
func Clip(s string) string {
	const limit = 60
	s = Hide(s)
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}

// Printable replaces the characters that a terminal may act on.
func Printable(message string) string {
	return strings.Map(func(r rune) rune {
		if Unprintable(r) {
			return unicode.ReplacementChar
		}
		return r
	}, message)
}

// ErrText is an error about text from a user's file.
func ErrText(format, text string, args ...any) error {
	return fmt.Errorf(format, append([]any{Clip(text)}, args...)...)
}

// Unprintable reports whether a reader would not see the character, or see
// another text than there is: controls, formats such as bidirectional
// overrides, separators of lines, and what is no UTF-8.
func Unprintable(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) || r == unicode.ReplacementChar
}
