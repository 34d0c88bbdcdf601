package model

import (
	"go/token"
	"maps"
	"strings"
)

// A Use is a service that functions reach through a parameter of their setup:
// one //fn:use beside it. All functions of the setup's type have it, and the
// rights to it.
type Use struct {
	Param string  // the setup's parameter, in ASCII
	Kind  UseKind // of service
	Name  string  // logical, a [ValidName]; a secret's is that of the platform's secret, which may have slashes

	// The right to it, one of them at least; a secret is only read.
	Read, Write bool

	Prefix string // of the keys of the objects that the right is for, which ends in a slash; "" for all
	AsName bool   // of a document or object: the parameter is a string, the physical name, for an SDK of the handler's own
	LoopOK bool   // writing to what triggers the function is meant
	Pos    token.Position
}

// A UseKind is what a [Use] is: the word before the colon in the directive.
type UseKind string

// The kinds. A document or object use is the same resource as that of a
// trigger of its kind with its name: the collection, or the bucket.
const (
	UseDocument UseKind = "document"
	UseObject   UseKind = "object"
	UseSecret   UseKind = "secret"
)

// Variable is the environment variable of the function that says where the
// service is: the physical name, or for a secret what the platform tells. Two
// uses of a function have two variables.
func (u Use) Variable() string { return UseVariable(u.Param) }

// UseVariable is the variable of the parameter, FNGEN_USE_USERS of users for
// instance; that of "" is how all of them begin.
func UseVariable(param string) string { return usePrefix + strings.ToUpper(param) }

const usePrefix = "FNGEN_USE_"

// Key is where [Function.Positions] and [Report.ErrorAt] know the use's
// directive.
func (u Use) Key() string { return "use " + u.Param }

// Resource is what the use is of as directives write it: document:users.
func (u Use) Resource() string { return string(u.Kind) + ":" + u.Name }

// Right is the right to it in words: read, write, or read and write.
func (u Use) Right() string {
	switch {
	case u.Read && u.Write:
		return "read and write"
	case u.Write:
		return "write"
	}
	return "read"
}

// Using returns the function with the uses, which are in the order of its
// setup's parameters, and knows their positions.
func (f Function) Using(uses ...Use) Function {
	positions := map[string]token.Position{}
	maps.Copy(positions, f.Positions)
	for _, u := range uses {
		positions[u.Key()] = u.Pos
	}
	f.Uses, f.Positions = uses, positions
	return f
}
