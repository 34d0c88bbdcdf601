// Package hcl writes Terraform's configuration.
// What a string holds is text: nothing in it is interpolated.
package hcl

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// An Expr is an expression of Terraform's language.
type Expr = hclwrite.Tokens

// A Pair is one of an object's attributes, or of a block's arguments.
type Pair struct {
	Name  string
	Value any // as the function Value takes it
}

// Value returns the expression of what v is: an Expr itself, or a literal.
// Whatever a string holds, it is that string: nothing in it is interpolated.
func Value(v any) Expr {
	switch v := v.(type) {
	case Expr:
		return v
	case string:
		return hclwrite.TokensForValue(cty.StringVal(v))
	case int:
		return hclwrite.TokensForValue(cty.NumberIntVal(int64(v)))
	case bool:
		return hclwrite.TokensForValue(cty.BoolVal(v))
	case []Pair:
		var attrs []hclwrite.ObjectAttrTokens
		for _, p := range v {
			name := Value(p.Name)
			if hclsyntax.ValidIdentifier(p.Name) && p.Name != "for" { // which would begin a comprehension
				name = hclwrite.TokensForIdentifier(p.Name)
			}
			attrs = append(attrs, hclwrite.ObjectAttrTokens{Name: name, Value: Value(p.Value)})
		}
		return hclwrite.TokensForObject(attrs)
	case []any:
		elements := values(v)
		for i := range v {
			if _, ok := v[i].([]Pair); ok { // on lines of its own
				elements[i] = append(Expr{newline}, elements[i]...)
				if i == len(v)-1 {
					elements[i] = append(elements[i], comma, newline)
				}
			}
		}
		return hclwrite.TokensForTuple(elements)
	case []string:
		return hclwrite.TokensForTuple(values(v))
	}
	panic(fmt.Sprintf("no expression of %T", v))
}

func values[T any](list []T) []Expr {
	var out []Expr
	for _, v := range list {
		out = append(out, Value(v))
	}
	return out
}

var (
	comma   = &hclwrite.Token{Type: hclsyntax.TokenComma, Bytes: []byte(",")}
	newline = &hclwrite.Token{Type: hclsyntax.TokenNewline, Bytes: []byte("\n")}
)

// Ref returns a reference: names, and numbers and expressions in brackets.
func Ref(root string, steps ...any) Expr {
	t := hcl.Traversal{hcl.TraverseRoot{Name: root}}
	for _, s := range steps {
		switch s := s.(type) {
		case string:
			t = append(t, hcl.TraverseAttr{Name: s})
		case int:
			t = append(t, hcl.TraverseIndex{Key: cty.NumberIntVal(int64(s))})
		case Index:
			t = append(t, hcl.TraverseIndex{Key: cty.StringVal(string(s))})
		}
	}
	return hclwrite.TokensForTraversal(t)
}

// An Index is a step of a reference in brackets.
type Index string

// At returns the member of what an expression is, a call for instance.
func At(of Expr, key any) Expr {
	return slices.Concat(of, Expr{{Type: hclsyntax.TokenOBrack, Bytes: []byte("[")}}, Value(key), Expr{{Type: hclsyntax.TokenCBrack, Bytes: []byte("]")}})
}

// Call returns the call of a function of Terraform's.
func Call(name string, args ...any) Expr {
	return hclwrite.TokensForFunctionCall(name, values(args)...)
}

// Either returns yes if the condition holds, and no otherwise.
func Either(condition, yes, no any) Expr {
	return slices.Concat(Value(condition), Expr{{Type: hclsyntax.TokenQuestion, Bytes: []byte("?")}}, Value(yes),
		Expr{{Type: hclsyntax.TokenColon, Bytes: []byte(":")}}, Value(no))
}

// Both returns whether the two conditions hold.
func Both(a, b any) Expr {
	return slices.Concat(Value(a), Expr{{Type: hclsyntax.TokenAnd, Bytes: []byte("&&")}}, Value(b))
}

// Not returns whether the condition, a call, does not hold.
func Not(condition Expr) Expr {
	return append(Expr{{Type: hclsyntax.TokenBang, Bytes: []byte("!")}}, condition...)
}

// Equal returns the comparison of the two.
func Equal(a, b any) Expr {
	return slices.Concat(Value(a), Expr{{Type: hclsyntax.TokenEqualOp, Bytes: []byte("==")}}, Value(b))
}

// Text returns a string of parts: a string stands for itself, an Expr is
// interpolated.
func Text(parts ...any) Expr {
	tokens := Expr{{Type: hclsyntax.TokenOQuote, Bytes: []byte(`"`)}}
	for _, p := range parts {
		if s, ok := p.(string); ok && strings.HasSuffix(s, "$") {
			p = Value(s) // it would escape what follows
		}
		switch p := p.(type) {
		case string:
			quoted := Value(p)
			tokens = append(tokens, quoted[1:len(quoted)-1]...)
		case Expr:
			tokens = append(tokens, &hclwrite.Token{Type: hclsyntax.TokenTemplateInterp, Bytes: []byte("${")})
			tokens = append(tokens, p...)
			tokens = append(tokens, &hclwrite.Token{Type: hclsyntax.TokenTemplateSeqEnd, Bytes: []byte("}")})
		}
	}
	return append(tokens, &hclwrite.Token{Type: hclsyntax.TokenCQuote, Bytes: []byte(`"`)})
}

// Evaluate returns the string that an expression is with those values of what it
// refers to; "" for one that is none.
func Evaluate(e Expr, values map[string]cty.Value) string {
	parsed, diags := hclsyntax.ParseExpression(e.Bytes(), "", hcl.InitialPos)
	if diags.HasErrors() {
		return ""
	}
	v, diags := parsed.Value(&hcl.EvalContext{Variables: values})
	if diags.HasErrors() || v.Type() != cty.String || !v.IsKnown() || v.IsNull() {
		return ""
	}
	return v.AsString()
}

// A File is a file while it is written.
type File struct {
	Body
	file *hclwrite.File
}

// NewFile returns an empty file.
func NewFile() File {
	file := hclwrite.NewEmptyFile()
	return File{Body{file.Body()}, file}
}

// Bytes returns what is written, as terraform fmt formats it.
func (f File) Bytes() []byte {
	text := bytes.ReplaceAll(f.file.Bytes(), []byte("{\n}"), []byte("{}")) // an empty block
	return hclwrite.Format(append(bytes.TrimRight(text, "\n"), '\n'))
}

// A Body is a file's or a block's, while it is written.
type Body struct{ *hclwrite.Body }

// Set writes arguments.
func (b Body) Set(pairs ...Pair) {
	for _, p := range pairs {
		b.SetAttributeRaw(p.Name, Value(p.Value))
	}
}

// Block writes a block below what is there, after an empty line, with the
// arguments that begin it.
func (b Body) Block(name string, pairs ...Pair) Body {
	if len(b.Attributes()) > 0 || len(b.Blocks()) > 0 {
		b.AppendNewline()
	}
	inner := Body{b.AppendNewBlock(name, nil).Body()}
	inner.Set(pairs...)
	return inner
}

// DependsOn writes what has to be there before, if there is anything.
func (b Body) DependsOn(on []any) {
	if len(on) > 0 {
		b.AppendNewline()
		b.Set(Pair{"depends_on", on})
	}
}

// Keep has Terraform refuse a change that would destroy the resource, another name
// for instance. What is taken out of the file altogether is destroyed all the same.
func (b Body) Keep() { b.Block("lifecycle", Pair{"prevent_destroy", true}) }

// Top writes a block with labels at the top of the file.
func (b Body) Top(name string, labels []string, pairs ...Pair) Body {
	inner := Body{b.AppendNewBlock(name, labels).Body()}
	inner.Set(pairs...)
	b.AppendNewline()
	return inner
}

// Variable declares a variable. Without a default, nil or "", it has to be given.
func (b Body) Variable(name, description string, is Expr, otherwise any) Body {
	inner := b.Top("variable", []string{name}, Pair{"description", description}, Pair{"type", is})
	if otherwise != nil && otherwise != "" {
		inner.Set(Pair{"default", otherwise})
	}
	return inner
}

// Comment writes lines of comment.
func (b Body) Comment(lines ...string) {
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
		b.AppendUnstructuredTokens(Expr{{Type: hclsyntax.TokenComment, Bytes: []byte("#" + line + "\n")}})
	}
}
