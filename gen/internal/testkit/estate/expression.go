package estate

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// A scope is where expressions of a module stand.
type scope struct {
	*module
	each map[string]any // key and value; nil where there is no for_each
}

// A decoded is what jsondecode makes of a word.
type decoded string

// value returns what an expression is: a text, an int, a bool, nil, an []any or a
// map[string]any.
//
// https://developer.hashicorp.com/terraform/language/expressions
func (s scope) value(e hclsyntax.Expression) (any, error) {
	switch e := e.(type) {
	case *hclsyntax.LiteralValueExpr:
		return literal(e.Val)
	case *hclsyntax.ParenthesesExpr:
		return s.value(e.Expression)
	case *hclsyntax.TemplateWrapExpr:
		return s.value(e.Wrapped)
	case *hclsyntax.TemplateExpr:
		var out strings.Builder
		for _, part := range e.Parts {
			value, err := s.value(part)
			if err != nil {
				return nil, err
			}
			switch value.(type) {
			case string, int, bool:
				fmt.Fprint(&out, value)
			default:
				return nil, fmt.Errorf("%v: a text has %#v", e.Range(), value)
			}
		}
		return out.String(), nil
	case *hclsyntax.TupleConsExpr:
		return s.values(e.Exprs)
	case *hclsyntax.ObjectConsExpr:
		out := map[string]any{}
		for _, item := range e.Items {
			key, err := s.key(item.KeyExpr)
			if err != nil {
				return nil, err
			}
			if _, twice := out[key]; twice {
				return nil, fmt.Errorf("%v: %s is there twice", e.Range(), key)
			}
			if out[key], err = s.value(item.ValueExpr); err != nil {
				return nil, err
			}
		}
		return out, nil
	case *hclsyntax.FunctionCallExpr:
		arguments, err := s.values(e.Args)
		if err != nil {
			return nil, err
		}
		value, err := call(e.Name, arguments)
		if err != nil || e.ExpandFinal {
			return nil, fmt.Errorf("%v: %s %q: %v", e.Range(), e.Name, arguments, err)
		}
		return value, nil
	case *hclsyntax.IndexExpr:
		of, err := s.value(e.Collection)
		if err != nil {
			return nil, err
		}
		key, err := s.value(e.Key)
		if err != nil {
			return nil, err
		}
		return member(e, of, key)
	case *hclsyntax.RelativeTraversalExpr:
		of, err := s.value(e.Source)
		if err != nil {
			return nil, err
		}
		way := steps(e.Traversal)
		if len(way) != 1 {
			return nil, fmt.Errorf("%v: the way %q is not known", e.Range(), way)
		}
		return member(e, of, way[0])
	case *hclsyntax.ScopeTraversalExpr:
		value, err := s.reference(steps(e.Traversal))
		if err != nil {
			return nil, fmt.Errorf("%v: %q: %w", e.Range(), steps(e.Traversal), err)
		}
		return value, nil
	}
	return nil, fmt.Errorf("%v: an expression that is a %T is not known", e.Range(), e)
}

func (s scope) values(expressions []hclsyntax.Expression) ([]any, error) {
	out := []any{}
	for _, e := range expressions {
		value, err := s.value(e)
		if err != nil {
			return nil, err
		}
		out = append(out, value)
	}
	return out, nil
}

// key is that of an object: an identifier is a text.
func (s scope) key(e hclsyntax.Expression) (string, error) {
	k, ok := e.(*hclsyntax.ObjectConsKeyExpr)
	if ok && !k.ForceNonLiteral {
		if name := hcl.ExprAsKeyword(k.Wrapped); name != "" {
			return name, nil
		}
		e = k.Wrapped
	}
	value, err := s.value(e)
	text, isText := value.(string)
	if err == nil && !isText {
		err = fmt.Errorf("%v: a key is %#v", e.Range(), value)
	}
	return text, err
}

func literal(v cty.Value) (any, error) {
	switch {
	case v.IsNull():
		return nil, nil
	case v.Type() == cty.String:
		return v.AsString(), nil
	case v.Type() == cty.Bool:
		return v.True(), nil
	case v.Type() == cty.Number:
		if n, accuracy := v.AsBigFloat().Int64(); accuracy == 0 {
			return int(n), nil
		}
	}
	return nil, fmt.Errorf("%#v is no literal that is known", v)
}

func member(e hclsyntax.Expression, of, key any) (any, error) {
	name, isText := key.(string)
	secret, isSecret := of.(decoded)
	if !isText || !isSecret {
		return nil, fmt.Errorf("%v: %v of %v is not known", e.Range(), key, of)
	}
	return strings.TrimSuffix(string(secret), "›") + " " + name + "›", nil
}

// call calls a function of Terraform's.
//
// https://developer.hashicorp.com/terraform/language/functions
func call(name string, arguments []any) (any, error) {
	texts := make([]string, len(arguments))
	for i, a := range arguments {
		texts[i], _ = a.(string)
	}
	one := len(arguments) == 1
	switch {
	case name == "jsonencode" && one:
		text, err := json.Marshal(arguments[0])
		return string(text), err
	case name == "jsondecode" && one && strings.HasPrefix(texts[0], "‹secret "):
		return decoded(texts[0]), nil
	case name == "toset" && one:
		out := map[string]any{}
		list, _ := arguments[0].([]any)
		for _, element := range list {
			text, ok := element.(string)
			if !ok {
				return nil, fmt.Errorf("a set has %v", element)
			}
			out[text] = text
		}
		return out, nil
	case (name == "filesha256" || name == "filebase64sha256") && one && texts[0] != "":
		return word(name, texts[0]), nil
	}
	return nil, fmt.Errorf("is not known")
}

// steps are the names and keys of a traversal.
func steps(t hcl.Traversal) []string {
	var out []string
	for _, step := range t {
		switch step := step.(type) {
		case hcl.TraverseRoot:
			out = append(out, step.Name)
		case hcl.TraverseAttr:
			out = append(out, step.Name)
		case hcl.TraverseIndex:
			key, err := literal(step.Key)
			if err != nil {
				key = err
			}
			out = append(out, fmt.Sprint(key))
		default:
			out = append(out, fmt.Sprintf("%T", step))
		}
	}
	return out
}
