// Package members compares which members JSON has, whatever their values.
package members

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Of returns the members of the JSON, each as its path and the type of its
// value, "Records[].body string" for instance. The members of an object at a
// path in open have names of the user's choice, which are all *.
func Of(text []byte, open ...string) (map[string]bool, error) {
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		return nil, fmt.Errorf("read the members: %w", err)
	}
	out := map[string]bool{}
	walk("", v, open, out)
	return out, nil
}

func walk(path string, v any, open []string, out map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		out[path+" object"] = true
		for name, value := range v {
			if slices.Contains(open, path) {
				name = "*"
			}
			walk(strings.TrimPrefix(path+"."+name, "."), value, open, out)
		}
	case []any:
		out[path+" array"] = true
		for _, element := range v {
			walk(path+"[]", element, open, out)
		}
	case nil:
		out[path+" null"] = true
	case bool:
		out[path+" bool"] = true
	case float64:
		out[path+" number"] = true
	default:
		out[path+" string"] = true
	}
}

// Missing returns what of the recorded payload the encoded one lacks, sorted,
// but for paths in exempt, each with the reason, and all below them. Its error
// names exemptions that are not needed.
func Missing(recorded, encoded []byte, open []string, exempt map[string]string) ([]string, error) {
	want, err := Of(recorded, open...)
	if err != nil {
		return nil, err
	}
	got, err := Of(encoded, open...)
	if err != nil {
		return nil, err
	}
	needed := map[string]bool{}
	missing := slices.DeleteFunc(slices.Sorted(maps.Keys(want)), func(member string) bool {
		if got[member] {
			return true
		}
		path, _, _ := strings.Cut(member, " ")
		for e := range exempt {
			if path == e || strings.HasPrefix(path, e+".") || strings.HasPrefix(path, e+"[") {
				needed[e] = true
				return true
			}
		}
		return false
	})
	for e := range exempt {
		if !needed[e] {
			return missing, fmt.Errorf("the exemption of %s is not needed", e)
		}
	}
	return missing, nil
}
