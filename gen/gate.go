package gen

import (
	"fmt"
	"time"
)

// A Gate collects what one target says of one function.
type Gate struct {
	target   string
	function Function
	Problems []Problem
}

// NewGate begins the check of the function for the target.
func NewGate(target string, f Function) *Gate { return &Gate{target: target, function: f} }

// Errorf refuses the function: the message says what the platform cannot do
// and the way out.
func (g *Gate) Errorf(format string, args ...any) { g.add(false, "", format, args...) }

// Warnf warns of what differs on the platform.
func (g *Gate) Warnf(format string, args ...any) { g.add(true, "", format, args...) }

// ErrorAt is Errorf at the directive of the verb, or at the key of fngen.yaml,
// instead of the trigger.
func (g *Gate) ErrorAt(verb, format string, args ...any) { g.add(false, verb, format, args...) }

// WarnAt is Warnf at the same place.
func (g *Gate) WarnAt(verb, format string, args ...any) { g.add(true, verb, format, args...) }

// HTTP warns of a function for web pages that the platform lets nobody call
// without credentials.
func (g *Gate) HTTP(t HTTP) {
	if len(t.CORS) > 0 && !t.Public {
		g.Warnf("the platform refuses preflight requests, with which browsers send no credentials; add auth=public, and check callers in the handler")
	}
}

func (g *Gate) add(warning bool, verb, format string, args ...any) {
	pos := g.function.Pos
	if p, ok := g.function.Positions[verb]; ok {
		pos = p
	}
	g.Problems = append(g.Problems, Problem{
		Pos:     pos,
		Message: fmt.Sprintf("%s: %s: %s", g.function.Name, g.target, fmt.Sprintf(format, args...)),
		Warning: warning,
	})
}

// Timeout refuses a timeout above the limit of what, a function or a trigger
// in words.
func (g *Gate) Timeout(limit time.Duration, what string) {
	if g.function.Timeout > limit {
		g.ErrorAt("timeout", "the timeout of %s is above %s, the limit of %s; shorten it", g.function.Timeout, limit, what)
	}
}
