// Package cfn reads CloudFormation templates, for tests of them.
package cfn

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A Template is what its YAML says. Values are strings, numbers, booleans,
// []any and map[string]any; functions have their long form, so that !Ref X is
// the map {"Ref": "X"}, and !GetAtt X.Arn is {"Fn::GetAtt": ["X", "Arn"]}.
type Template struct {
	Resources map[string]Resource
	Outputs   map[string]any
	Rules     map[string]any
}

// A Resource is one of a template's.
type Resource struct {
	Type                string
	Properties          map[string]any
	DependsOn           []string
	DeletionPolicy      string
	UpdateReplacePolicy string
}

// IDs returns the logical ids of the resources of the type, sorted; all of
// them if the type is "".
func (t Template) IDs(kind string) []string {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		if kind == "" || t.Resources[id].Type == kind {
			ids = append(ids, id)
		}
	}
	return ids
}

// Parse reads a template. It refuses members that it does not know.
func Parse(data []byte) (Template, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil {
		return Template{}, err
	}
	value, err := decode(&document)
	if err != nil {
		return Template{}, err
	}
	top, _ := value.(map[string]any)
	t := Template{Resources: map[string]Resource{}}
	for key, value := range top {
		members, _ := value.(map[string]any)
		switch key {
		case "AWSTemplateFormatVersion", "Description":
		case "Outputs":
			t.Outputs = members
		case "Rules":
			t.Rules = members
		case "Resources":
			for id, value := range members {
				if t.Resources[id], err = resource(value); err != nil {
					return Template{}, fmt.Errorf("resource %s: %w", id, err)
				}
			}
		default:
			return Template{}, fmt.Errorf("the template has the member %s, which is not known", key)
		}
	}
	return t, nil
}

func resource(value any) (Resource, error) {
	members, _ := value.(map[string]any)
	var r Resource
	for key, value := range members {
		ok := true
		switch key {
		case "Type":
			r.Type, ok = value.(string)
		case "Properties":
			r.Properties, ok = value.(map[string]any)
		case "DeletionPolicy":
			r.DeletionPolicy, ok = value.(string)
		case "UpdateReplacePolicy":
			r.UpdateReplacePolicy, ok = value.(string)
		case "DependsOn":
			r.DependsOn = Strings(value)
			ok = len(r.DependsOn) > 0
		default:
			return r, fmt.Errorf("the member %s is not known", key)
		}
		if !ok {
			return r, fmt.Errorf("%s is %v", key, value)
		}
	}
	return r, nil
}

// Strings returns a list of strings, or a string alone, which stands for a list
// of one. It returns nil for anything else.
func Strings(value any) []string {
	if s, ok := value.(string); ok {
		return []string{s}
	}
	list, _ := value.([]any)
	var out []string
	for _, element := range list {
		s, ok := element.(string)
		if !ok {
			return nil
		}
		out = append(out, s)
	}
	return out
}

func decode(n *yaml.Node) (any, error) {
	if short, ok := strings.CutPrefix(n.Tag, "!"); ok && !strings.HasPrefix(short, "!") {
		return function(n, short)
	}
	switch n.Kind {
	case yaml.DocumentNode:
		return decode(n.Content[0])
	case yaml.SequenceNode:
		list := []any{}
		for _, element := range n.Content {
			value, err := decode(element)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		return list, nil
	case yaml.MappingNode:
		members := map[string]any{}
		for i := 0; i < len(n.Content); i += 2 {
			key := n.Content[i].Value
			if _, twice := members[key]; twice {
				return nil, fmt.Errorf("line %d: %s stands here twice", n.Content[i].Line, key)
			}
			value, err := decode(n.Content[i+1])
			if err != nil {
				return nil, err
			}
			members[key] = value
		}
		return members, nil
	case yaml.ScalarNode:
		var value any
		err := n.Decode(&value)
		return value, err
	}
	return nil, fmt.Errorf("line %d: neither a scalar, a list nor a mapping", n.Line)
}

// function returns the long form of a function that is written with its tag.
func function(n *yaml.Node, name string) (any, error) {
	plain := *n
	plain.Tag = ""
	if plain.Kind == yaml.ScalarNode {
		plain.Tag = "!!str"
	}
	argument, err := decode(&plain)
	if err != nil {
		return nil, err
	}
	switch name {
	case "Ref":
		return map[string]any{"Ref": argument}, nil
	case "GetAtt":
		id, attribute, ok := strings.Cut(fmt.Sprint(argument), ".")
		if !ok {
			return nil, fmt.Errorf("line %d: !GetAtt %v names no attribute", n.Line, argument)
		}
		return map[string]any{"Fn::GetAtt": []any{id, attribute}}, nil
	case "Sub", "Join", "Select", "Split", "Equals":
		return map[string]any{"Fn::" + name: argument}, nil
	}
	return nil, fmt.Errorf("line %d: the tag !%s is not known", n.Line, name)
}
