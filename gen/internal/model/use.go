package model

import (
	"fmt"
	"go/token"
	"maps"
	"regexp"
	"slices"
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

// UseTypes says in words of which types the parameters of a setup are.
const UseTypes = "a document is *document.Collection of github.com/fngen/fngen/fn/document; an object is *blob.Bucket of gocloud.dev/blob; " +
	"either may be string instead, its physical name; a secret is string, its value"

// SecretPattern is the grammar of secrets' names: whatever one of the platforms
// takes. AWS has no colon in the way of a name to its value:
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html.
const SecretPattern = `[A-Za-z0-9][A-Za-z0-9/_+=.@-]{0,254}`

var secretGrammar = regexp.MustCompile(`^` + SecretPattern + `$`)

// ValidSecret says why the text is no name of a secret.
func ValidSecret(s string) error {
	if !secretGrammar.MatchString(s) {
		return fmt.Errorf("%q is not a secret's name; use letters, digits and /_+=.@-, a letter or digit first, at most 255 of them", Clip(s))
	}
	return nil
}

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

// Using returns which of the functions use the resource, and which have it in
// another way alone.
func Using(functions []Function, resource string) (using, others []Function) {
	for _, f := range functions {
		switch {
		case slices.ContainsFunc(f.Uses, func(u Use) bool { return u.Kind != UseSecret && u.Name == resource }):
			using = append(using, f)
		case f.Trigger.Resource() == resource || f.DeadLetter == resource || slices.ContainsFunc(f.Sinks, func(s Sink) bool { return s.Name == resource }):
			others = append(others, f)
		}
	}
	return using, others
}
