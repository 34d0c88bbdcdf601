package cfn

import (
	"fmt"
	"slices"
	"strings"
)

// A Reference names a resource or a pseudo parameter, or an attribute of a
// resource.
type Reference struct{ ID, Attribute string }

func (r Reference) String() string {
	if r.Attribute == "" {
		return r.ID
	}
	return r.ID + "." + r.Attribute
}

// References returns what functions in the value refer to, in no order.
func References(value any) ([]Reference, error) {
	var out []Reference
	_, err := Resolve(value, func(r Reference) (string, error) {
		out = append(out, r)
		return "0-0/0-0/0-0-0-0-0-0", nil // whatever is selected of it
	})
	return out, err
}

// Resolve returns the value with its functions evaluated, as CloudFormation
// does. lookup has the value of a reference.
//
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
func Resolve(value any, lookup func(Reference) (string, error)) (any, error) {
	switch v := value.(type) {
	case []any:
		return resolveList(v, lookup)
	case map[string]any:
		if len(v) == 1 {
			for name, argument := range v {
				if name == "Ref" || strings.HasPrefix(name, "Fn::") {
					result, err := call(name, argument, lookup)
					if err != nil {
						return nil, fmt.Errorf("%s %v: %w", name, argument, err)
					}
					return result, nil
				}
			}
		}
		out := map[string]any{}
		for key, member := range v {
			resolved, err := Resolve(member, lookup)
			if err != nil {
				return nil, err
			}
			out[key] = resolved
		}
		return out, nil
	}
	return value, nil
}

func resolveList(list []any, lookup func(Reference) (string, error)) ([]any, error) {
	out := []any{}
	for _, element := range list {
		resolved, err := Resolve(element, lookup)
		if err != nil {
			return nil, err
		}
		out = append(out, resolved)
	}
	return out, nil
}

var errArguments = fmt.Errorf("takes other arguments")

func call(name string, argument any, lookup func(Reference) (string, error)) (any, error) {
	list, _ := argument.([]any)
	switch name {
	case "Ref":
		id, ok := argument.(string)
		if !ok {
			return nil, errArguments
		}
		return lookup(Reference{ID: id})
	case "Fn::GetAtt":
		names := Strings(argument)
		if len(names) != 2 {
			return nil, errArguments
		}
		return lookup(Reference{names[0], names[1]})
	case "Fn::Sub":
		return callSub(argument, list, lookup)
	}
	if len(list) != 2 {
		return nil, errArguments
	}
	list, err := resolveList(list, lookup)
	if err != nil {
		return nil, err
	}
	switch name {
	case "Fn::Join":
		separator, ok := list[0].(string)
		elements := Strings(list[1])
		if !ok || elements == nil {
			return nil, errArguments
		}
		return strings.Join(elements, separator), nil
	case "Fn::Split":
		separator, ok := list[0].(string)
		text, isText := list[1].(string)
		if !ok || !isText {
			return nil, errArguments
		}
		var parts []any
		for part := range strings.SplitSeq(text, separator) {
			parts = append(parts, part)
		}
		return parts, nil
	case "Fn::Select":
		at, ok := list[0].(int)
		from, isList := list[1].([]any)
		if !ok || !isList || at < 0 || at >= len(from) {
			return nil, errArguments
		}
		return from[at], nil
	}
	return nil, fmt.Errorf("is not known")
}

func callSub(argument any, list []any, lookup func(Reference) (string, error)) (any, error) {
	text, ok := argument.(string)
	var variables map[string]any
	if len(list) == 2 {
		text, ok = list[0].(string)
		variables, _ = list[1].(map[string]any)
	}
	if !ok {
		return nil, errArguments
	}
	return Sub(text, func(r Reference) (string, error) {
		variable, ok := variables[r.String()]
		if !ok {
			return lookup(r)
		}
		resolved, err := Resolve(variable, lookup)
		if err != nil {
			return "", err
		}
		value, ok := resolved.(string)
		if !ok {
			return "", errArguments
		}
		return value, nil
	})
}

// Sub substitutes ${Name} and ${Name.Attribute} in the text of Fn::Sub, and
// makes ${!Text} the literal ${Text}. A ${ without its } is an error, since
// nothing says what it is.
//
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-sub.html
func Sub(text string, lookup func(Reference) (string, error)) (string, error) {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "${")
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return "", fmt.Errorf("%q has a ${ without its }", text)
		}
		if literal, ok := strings.CutPrefix(name, "!"); ok {
			out.WriteString("${" + literal + "}")
		} else {
			id, attribute, _ := strings.Cut(name, ".")
			value, err := lookup(Reference{id, attribute})
			if err != nil {
				return "", err
			}
			out.WriteString(value)
		}
		text = after
	}
}

// pseudo are the parameters that are always there.
var pseudo = []string{"AWS::AccountId", "AWS::Partition", "AWS::Region", "AWS::StackId", "AWS::StackName", "AWS::URLSuffix"}

// IsPseudo reports whether the reference is to a pseudo parameter.
func (r Reference) IsPseudo() bool { return r.Attribute == "" && slices.Contains(pseudo, r.ID) }
