package model

import (
	"cmp"
	"go/token"
	"slices"
)

// An Allow acknowledges the warnings of one code: those about one function, or
// all.
type Allow struct {
	Code   Code
	Reason string
	Pos    token.Position
	First  token.Position // where the function begins, its comment included; zero for all warnings
	Last   int            // the function's last line
}

// Allows are all of an application, which know what they have covered.
type Allows struct {
	all        []Allow
	everywhere map[Code]Allow
	within     map[place][]Allow // sorted by their lines
	used       map[token.Position]bool
}

// A place is where an Allow for one function counts.
type place struct {
	code Code
	file string
}

// NewAllows returns the allows, of which no two are of one code and function.
func NewAllows(list []Allow) *Allows {
	a := &Allows{all: list, everywhere: map[Code]Allow{}, within: map[place][]Allow{}, used: map[token.Position]bool{}}
	for _, allow := range list {
		if allow.First.Filename == "" {
			a.everywhere[allow.Code] = allow
			continue
		}
		at := place{allow.Code, allow.First.Filename}
		a.within[at] = append(a.within[at], allow)
	}
	for _, list := range a.within {
		slices.SortFunc(list, func(a, b Allow) int { return cmp.Compare(a.First.Line, b.First.Line) })
	}
	return a
}

// Cover reports whether the warning is acknowledged. It is about what lies at
// one of the positions: its own and those of its function.
func (a *Allows) Cover(d Diagnostic, positions []token.Position) bool {
	if d.Severity != Warning {
		return false
	}
	for _, pos := range positions {
		list := a.within[place{d.Code, pos.Filename}]
		i, found := slices.BinarySearchFunc(list, pos.Line, func(allow Allow, line int) int { return cmp.Compare(allow.First.Line, line) })
		if !found {
			i-- // the last that begins before
		}
		if i >= 0 && pos.Line <= list[i].Last {
			a.used[list[i].Pos] = true
			return true
		}
	}
	allow, ok := a.everywhere[d.Code]
	if ok {
		a.used[allow.Pos] = true
	}
	return ok
}

// Unused returns the positions of those that have covered nothing, with their
// codes, but for codes that are said apart.
func (a *Allows) Unused() map[token.Position]Code {
	unused := map[token.Position]Code{}
	for _, allow := range a.all {
		if !a.used[allow.Pos] && !allow.Code.Apart() {
			unused[allow.Pos] = allow.Code
		}
	}
	return unused
}
