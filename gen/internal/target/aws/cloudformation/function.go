package cloudformation

import (
	"iter"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/fngen/fngen/gen/internal/output"
	"github.com/fngen/fngen/gen/internal/target/aws/stack"
)

// function returns the name of the function of CloudFormation that the node calls,
// Sub for !Sub and Fn::Sub, "" for none, with its first argument and, if there are
// several, the last one.
func function(n *yaml.Node) (name string, first, last *yaml.Node) {
	switch {
	case strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!"):
		name, first = n.Tag[1:], n
	case n.Kind == yaml.MappingNode && len(n.Content) == 2:
		long, isLong := strings.CutPrefix(n.Content[0].Value, "Fn::")
		if !isLong && long != "Ref" {
			return "", nil, nil
		}
		name, first = long, n.Content[1]
	}
	if first != nil && first.Kind == yaml.SequenceNode && len(first.Content) > 0 {
		return name, first.Content[0], first.Content[len(first.Content)-1]
	}
	return name, first, nil
}

// sub returns what the node is in the form that Fn::Sub has for it, where that stands,
// and the variables of its own; "" if it is no reference.
func sub(n *yaml.Node) (text string, at, variables *yaml.Node) {
	switch name, first, last := function(n); {
	case name == "Sub":
		return first.Value, first, last
	case name == "GetAtt" && last != nil:
		return "${" + first.Value + "." + last.Value + "}", first, nil
	case name == "Ref" || name == "GetAtt":
		return "${" + first.Value + "}", first, nil
	}
	return "", nil, nil
}

var substitution = regexp.MustCompile(`\$\{\s*([^!{}\s][^{}\s]*)\s*\}`)

// referred tells the names of resources and parameters below n, each with the node
// in which it stands.
func referred(n *yaml.Node, tell func(at *yaml.Node, name string)) {
	text, at, variables := sub(n)
	for _, m := range substitution.FindAllStringSubmatch(text, -1) {
		if id, _, _ := strings.Cut(m[1], "."); child(variables, m[1]) == nil {
			tell(at, id)
		}
	}
	for _, below := range n.Content {
		referred(below, tell)
	}
}

// decode is the stack of the template, as far as it has limits.
func decode(top *yaml.Node) (s stack.Stack) {
	for id, entry := range members(child(top, "Resources")) {
		r := stack.Resource{ID: id.Value, Kind: child(entry, "Type").Value}
		if properties := child(entry, "Properties"); properties != nil {
			r.Properties, _ = meaning(properties).(output.Mapping)
		}
		s.Resources = append(s.Resources, r)
	}
	for id := range members(child(top, "Outputs")) {
		s.Outputs = append(s.Outputs, stack.Output{ID: id.Value})
	}
	return s
}

// meaning is the value of the model that the node is; "" for one that nobody knows
// before it is deployed.
func meaning(n *yaml.Node) any {
	name, first, last := function(n)
	if name == "Join" && first.Value == "" && last != nil {
		return stack.Join(meanings(last))
	}
	if name != "" {
		out, from := stack.Join{}, 0
		text, _, _ := sub(n)
		for _, at := range substitution.FindAllStringSubmatchIndex(text, -1) {
			out = append(out, text[from:at[0]], reference(text[at[2]:at[3]]))
			from = at[1]
		}
		return append(out, text[from:])
	}
	switch n.Kind {
	case yaml.MappingNode:
		out := output.Mapping{}
		for key, value := range members(n) {
			out = append(out, output.Member{Key: key.Value, Value: meaning(value)})
		}
		return out
	case yaml.SequenceNode:
		return meanings(n)
	}
	var number int
	if n.ShortTag() == "!!int" && n.Decode(&number) == nil {
		return number
	}
	return output.Text(n.Value)
}

func meanings(list *yaml.Node) (out []any) {
	for _, element := range list.Content {
		out = append(out, meaning(element))
	}
	return out
}

// reference is what a name in Fn::Sub stands for. Low and Mid, which are no longer
// than Unique together, are of its own.
func reference(name string) any {
	if name == "Low" {
		return stack.Unique
	}
	if parameter, ok := strings.CutPrefix(name, "AWS::"); ok {
		return stack.Parameter(parameter)
	}
	if id, attribute, ok := strings.Cut(name, "."); ok {
		return stack.Attribute{ID: id, Name: attribute}
	}
	return stack.Ref(name)
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// isObject reports whether the node is a mapping and no function.
func isObject(n *yaml.Node) bool {
	name, _, _ := function(n)
	return n.Kind == yaml.MappingNode && name == ""
}

// members are the keys and values of a mapping; none of anything else.
func members(n *yaml.Node) iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(key, value *yaml.Node) bool) {
		for i := 0; n != nil && n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i], n.Content[i+1]) {
				return
			}
		}
	}
}

func names(n *yaml.Node) (out []string) {
	for key := range members(n) {
		out = append(out, key.Value)
	}
	return out
}

// child is the value under the key; nil if there is none.
func child(n *yaml.Node, name string) *yaml.Node {
	for key, value := range members(n) {
		if key.Value == name {
			return value
		}
	}
	return nil
}

// root is what the patch is called where a path has no key yet.
const root = "the patch"

// below is the path of what is under the key.
func below(path string, key *yaml.Node) string {
	return strings.TrimPrefix(path+"."+key.Value, root+".")
}
