package actionloop

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Value holds the parameters of an activation, each as the JSON that stands
// there, so that numbers above 2^53 survive.
type Value map[string]json.RawMessage

// Headers is the member that holds the headers of the request that fired a
// trigger or called a web action. Whoever fires a trigger can write it himself.
const Headers = "__ow_headers"

// Names lists the members, for errors.
func (v Value) Names() string {
	const most = 10
	names := slices.Sorted(maps.Keys(v))
	if len(names) == 0 {
		return "none"
	}
	if len(names) > most {
		names = append(names[:most], "…")
	}
	return strings.Join(names, ", ")
}

// Without returns the value's JSON without a member: the others sorted by name,
// without spaces, their strings and numbers verbatim.
func (v Value) Without(name string) []byte {
	rest := maps.Clone(v)
	delete(rest, name)
	return Answer(rest)
}
