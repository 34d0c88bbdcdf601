package output

import (
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/fngen/fngen/gen/internal/model"
)

// The variables of the file, and what of Go's own it may name.
var (
	variables   = []string{"app", "err", "mux", "handler", "letters"}
	predeclared = []string{"nil", "true", "false", "string"}
)

// locals returns the names of the variables that hold what the function uses: the
// parameters' names, with Use after one that the file has already, as often as it
// takes.
func (e *Entry) locals() []string {
	var params []string
	for _, u := range e.function.Uses {
		params = append(params, u.Param)
	}
	names := slices.Clone(params)
	for i := range names {
		for e.isTaken(names[i]) || names[i] != params[i] && (slices.Contains(params, names[i]) || slices.Contains(names[:i], names[i])) {
			names[i] += "Use"
		}
	}
	return names
}

// isTaken reports whether the file has the name. Of two packages with one name,
// one is imported with a number after it.
func (e *Entry) isTaken(name string) bool {
	return slices.ContainsFunc(e.taken, func(taken string) bool {
		number, ok := strings.CutPrefix(name, taken)
		return ok && strings.Trim(number, "0123456789") == ""
	})
}

// OpenUse returns the call of the function with the name of the use's parameter, by
// which it finds the variable that says where the service is, and the further
// arguments.
func OpenUse(path, function string, u model.Use, further ...jen.Code) jen.Code {
	return jen.Qual(path, function).Call(append([]jen.Code{jen.Lit(u.Param)}, further...)...)
}
