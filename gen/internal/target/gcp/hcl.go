package gcp

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// An expr is an expression of Terraform's language.
type expr = hclwrite.Tokens

// A pair is one of an object's attributes, or of a block's arguments.
type pair struct {
	name  string
	value any // as value takes it
}

// value returns the expression of what v is: an expr itself, or a literal.
// Whatever a string holds, it is that string: nothing in it is interpolated.
func value(v any) expr {
	switch v := v.(type) {
	case expr:
		return v
	case string:
		return hclwrite.TokensForValue(cty.StringVal(v))
	case int:
		return hclwrite.TokensForValue(cty.NumberIntVal(int64(v)))
	case bool:
		return hclwrite.TokensForValue(cty.BoolVal(v))
	case []pair:
		var attrs []hclwrite.ObjectAttrTokens
		for _, p := range v {
			name := hclwrite.TokensForIdentifier(p.name)
			if p.name == "for" { // would begin a comprehension
				name = value(p.name)
			}
			attrs = append(attrs, hclwrite.ObjectAttrTokens{Name: name, Value: value(p.value)})
		}
		return hclwrite.TokensForObject(attrs)
	case []any:
		var elems []hclwrite.Tokens
		for _, e := range v {
			elems = append(elems, value(e))
		}
		return hclwrite.TokensForTuple(elems)
	}
	panic(fmt.Sprintf("no expression of %T", v))
}

// ref returns a reference: names, and numbers and expressions in brackets.
func ref(root string, steps ...any) expr {
	t := hcl.Traversal{hcl.TraverseRoot{Name: root}}
	for _, s := range steps {
		switch s := s.(type) {
		case string:
			t = append(t, hcl.TraverseAttr{Name: s})
		case int:
			t = append(t, hcl.TraverseIndex{Key: cty.NumberIntVal(int64(s))})
		case index:
			t = append(t, hcl.TraverseIndex{Key: cty.StringVal(string(s))})
		}
	}
	return hclwrite.TokensForTraversal(t)
}

// An index is a step of a reference in brackets.
type index string

// call returns the call of a function of Terraform's.
func call(name string, args ...any) expr {
	var tokens []hclwrite.Tokens
	for _, a := range args {
		tokens = append(tokens, value(a))
	}
	return hclwrite.TokensForFunctionCall(name, tokens...)
}

// either returns yes if the condition holds, and no otherwise.
func either(condition, yes, no any) expr {
	return slices.Concat(value(condition), expr{{Type: hclsyntax.TokenQuestion, Bytes: []byte("?")}}, value(yes),
		expr{{Type: hclsyntax.TokenColon, Bytes: []byte(":")}}, value(no))
}

// both returns whether the two conditions hold.
func both(a, b any) expr {
	return slices.Concat(value(a), expr{{Type: hclsyntax.TokenAnd, Bytes: []byte("&&")}}, value(b))
}

// not returns whether the condition, a call, does not hold.
func not(condition expr) expr {
	return append(expr{{Type: hclsyntax.TokenBang, Bytes: []byte("!")}}, condition...)
}

// equal returns the comparison of the two.
func equal(a, b any) expr {
	return slices.Concat(value(a), expr{{Type: hclsyntax.TokenEqualOp, Bytes: []byte("==")}}, value(b))
}

// text returns a string of parts: a string stands for itself, an expr is
// interpolated. No string may end in $ or %, which would escape what follows.
func text(parts ...any) expr {
	tokens := expr{{Type: hclsyntax.TokenOQuote, Bytes: []byte(`"`)}}
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			quoted := value(p)
			tokens = append(tokens, quoted[1:len(quoted)-1]...)
		case expr:
			tokens = append(tokens, &hclwrite.Token{Type: hclsyntax.TokenTemplateInterp, Bytes: []byte("${")})
			tokens = append(tokens, p...)
			tokens = append(tokens, &hclwrite.Token{Type: hclsyntax.TokenTemplateSeqEnd, Bytes: []byte("}")})
		}
	}
	return append(tokens, &hclwrite.Token{Type: hclsyntax.TokenCQuote, Bytes: []byte(`"`)})
}

// A body is a file's or a block's, while it is written.
type body struct{ *hclwrite.Body }

// set writes arguments.
func (b body) set(pairs ...pair) {
	for _, p := range pairs {
		b.SetAttributeRaw(p.name, value(p.value))
	}
}

// block writes a block below what is there, after an empty line, with the
// arguments that begin it.
func (b body) block(name string, pairs ...pair) body {
	if len(b.Attributes()) > 0 || len(b.Blocks()) > 0 {
		b.AppendNewline()
	}
	inner := body{b.AppendNewBlock(name, nil).Body()}
	inner.set(pairs...)
	return inner
}

// keep has Terraform refuse a change that would destroy the resource, another name
// for instance. What is taken out of the file altogether is destroyed all the same.
func (b body) keep() { b.block("lifecycle", pair{"prevent_destroy", true}) }

// top writes a block with labels at the top of the file.
func (b body) top(name string, labels []string, pairs ...pair) body {
	inner := body{b.AppendNewBlock(name, labels).Body()}
	inner.set(pairs...)
	b.AppendNewline()
	return inner
}

// comment writes lines of comment.
func (b body) comment(lines ...string) {
	for _, line := range lines {
		line = strings.Map(func(r rune) rune {
			if unicode.IsControl(r) {
				return ' '
			}
			return r
		}, line)
		if line != "" {
			line = " " + line
		}
		b.AppendUnstructuredTokens(expr{{Type: hclsyntax.TokenComment, Bytes: []byte("#" + line + "\n")}})
	}
}
