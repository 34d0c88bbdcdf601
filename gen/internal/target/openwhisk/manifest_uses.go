package openwhisk

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
)

// place is the value of the variable of a use: the URL of the database, without
// credentials.
func (t Target) place(u model.Use) string {
	name := cmp.Or(t.resources[u.Name].name, u.Name)
	server := strings.TrimSuffix(t.resources[u.Name].url.Value, "/")
	// CouchDB takes a plus sign in a path for a space.
	return server + "/" + strings.ReplaceAll(url.PathEscape(name), "+", "%2B")
}

// places returns the variables of what the function uses.
func (t Target) places(f model.Function) []model.Variable {
	var env []model.Variable
	for _, u := range f.Uses {
		env = append(env, model.Variable{Name: u.Variable(), Value: t.place(u)})
	}
	return env
}

// credentials are the parameters of the action by which it reaches the collections
// that it uses, sorted: the variables are those of the collection's feed. The adapter
// takes such a parameter out of each activation. A string gets none, since no handler
// sees it.
func credentials(f model.Function) (parameters []Value) {
	for _, u := range f.Uses {
		if u.Kind == model.UseDocument && !u.AsName {
			parameters = append(parameters, Value{Name: u.Variable(), Variables: []string{variable(u.Name, "USERNAME"), variable(u.Name, "PASSWORD")}})
		}
	}
	slices.SortFunc(parameters, func(a, b Value) int { return strings.Compare(a.Name, b.Name) })
	return parameters
}
