package openwhisk

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
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

// credentials are the inputs of the action by which it reaches the collections
// that it uses, sorted, and the variables that they take from the environment of
// wskdeploy: those of the collection's feed. The adapter takes such a parameter out
// of each activation. A string gets none, since no handler sees it.
func credentials(f model.Function) (inputs output.Mapping, variables []string) {
	for _, u := range f.Uses {
		if u.Kind != model.UseDocument || u.AsName {
			continue
		}
		user, password := variable(u.Name, "USERNAME"), variable(u.Name, "PASSWORD")
		inputs = append(inputs, output.Member{Key: u.Variable(), Value: output.Text("${" + user + "}:${" + password + "}")})
		variables = append(variables, user, password)
	}
	slices.SortFunc(inputs, func(a, b output.Member) int { return strings.Compare(a.Key, b.Key) })
	return inputs, variables
}
