package cloudformation

import (
	"strings"

	"github.com/fngen/fngen/gen/internal/output"
	"github.com/fngen/fngen/gen/internal/target/aws/stack"
)

// text is a text or an expression: as it stands, with !Sub, or with !Join where
// it has what !Sub, a linter or a reader could take for a substitution.
func text(v any) any {
	var sub string
	var variables output.Mapping // of sub
	var join []any
	dollar, called := false, false
	call := func(name string, function output.Tagged) {
		called = true
		sub += "${" + name + "}"
		join = append(join, function)
	}
	for _, part := range stack.Parts(v) {
		switch part := part.(type) {
		case string:
			dollar = dollar || strings.Contains(part, "$")
			sub += part
			join = append(join, pieces(part)...)
		case stack.Secret:
			sub += secret(part)
			join = append(join, output.Text(secret(part)))
		case stack.Ref:
			call(string(part), output.Tagged{Tag: "!Ref", Value: string(part)})
		case stack.Attribute:
			name := part.ID + "." + part.Name
			call(name, output.Tagged{Tag: "!GetAtt", Value: name})
		case stack.Parameter:
			if part == stack.Unique {
				variables = output.Mapping{{Key: "Low", Value: ofStackID(0)}, {Key: "Mid", Value: ofStackID(1)}}
				call("Low", ofStackID(0))
				call("Mid", ofStackID(1))
				continue
			}
			name := "AWS::" + string(part)
			call(name, output.Tagged{Tag: "!Ref", Value: name})
		}
	}
	switch {
	case !dollar && !called:
		return output.Text(sub)
	case len(join) == 1:
		return join[0]
	case dollar:
		return output.Tagged{Tag: "!Join", Value: []any{"", join}}
	case variables != nil:
		return output.Tagged{Tag: "!Sub", Value: []any{sub, variables}}
	}
	return output.Tagged{Tag: "!Sub", Value: sub}
}

// pieces are the text, taken apart within each ${.
func pieces(text string) []any {
	var out []any
	for i, piece := range strings.Split(text, "${") {
		if i > 0 {
			out[i-1] = out[i-1].(output.Text) + "$"
			piece = "{" + piece
		}
		out = append(out, output.Text(piece))
	}
	return out
}

// secret is a reference that CloudFormation resolves with the rights of who
// deploys the stack, so that the value is in no template, and the function itself
// needs no right to it. Nothing escapes a text that looks like one: package aws
// refuses it.
//
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html
func secret(s stack.Secret) string {
	if s.Member != "" {
		return "{{resolve:secretsmanager:" + s.Name + ":SecretString:" + s.Member + "}}"
	}
	return "{{resolve:secretsmanager:" + s.Name + "}}"
}

// ofStackID is a group of digits of the stack's id, of which the first two are of
// the time of its creation, unlike the last, which is of the host that made it.
//
// https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-1
func ofStackID(group int) output.Tagged {
	nth := func(n int, separator string, of any) output.Tagged {
		return output.Tagged{Tag: "!Select", Value: []any{n, output.Tagged{Tag: "!Split", Value: []any{separator, of}}}}
	}
	return nth(group, "-", nth(2, "/", output.Tagged{Tag: "!Ref", Value: "AWS::StackId"}))
}
