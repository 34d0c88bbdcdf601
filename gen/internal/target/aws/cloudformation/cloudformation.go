// Package cloudformation writes stacks as templates of CloudFormation.
package cloudformation

import (
	"strings"

	"github.com/fngen/fngen/gen/internal/output"
	"github.com/fngen/fngen/gen/internal/target/aws/stack"
)

// Write returns the template, below a header whose lines begin with #.
func Write(header string, s stack.Stack) ([]byte, error) {
	var resources, outputs output.Mapping
	for _, r := range s.Resources {
		resources = append(resources, output.Member{Key: r.ID, Value: resource(r)})
	}
	for _, o := range s.Outputs {
		outputs = append(outputs, output.Member{Key: o.ID, Value: output.Mapping{{Key: "Description", Value: output.Text(o.Description)}, {Key: "Value", Value: value(o.Value)}}})
	}
	document := output.Mapping{
		{Key: "AWSTemplateFormatVersion", Value: output.Text("2010-09-09")},
		{Key: "Description", Value: output.Text(s.Description)},
		{Key: "Rules", Value: rules(s.Region)},
		{Key: "Resources", Value: resources},
	}
	if outputs != nil {
		document = append(document, output.Member{Key: "Outputs", Value: outputs})
	}
	return output.EncodeYAML(header, document)
}

// rules has CloudFormation refuse another region; nil if there is nothing to
// refuse.
func rules(region string) any {
	if region == "" {
		return nil
	}
	return output.Mapping{{Key: "Region", Value: output.Mapping{{Key: "Assertions", Value: []output.Mapping{{
		{Key: "Assert", Value: output.Tagged{Tag: "!Equals", Value: []any{value(stack.Region), region}}},
		{Key: "AssertDescription", Value: output.Text("fngen.yaml has the application in " + region)},
	}}}}}}
}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
var deletions = map[stack.Retention]string{stack.Retained: "Retain", stack.RetainedOnceThere: "RetainExceptOnCreate"}

func resource(r stack.Resource) output.Mapping {
	out := output.Mapping{{Key: "Type", Value: r.Kind}}
	if len(r.DependsOn) > 0 {
		out = append(out, output.Member{Key: "DependsOn", Value: r.DependsOn})
	}
	if deletion := deletions[r.Retention]; deletion != "" {
		out = append(out, output.Member{Key: "DeletionPolicy", Value: deletion}, output.Member{Key: "UpdateReplacePolicy", Value: "Retain"})
	}
	return append(out, output.Member{Key: "Properties", Value: value(r.Properties)})
}

// value is the value with the functions of CloudFormation for its expressions.
func value(v any) any {
	switch v := v.(type) {
	case output.Mapping:
		out := output.Mapping{}
		for _, m := range v {
			out = append(out, output.Member{Key: m.Key, Value: value(m.Value)})
		}
		return out
	case []output.Mapping:
		return each(v)
	case []any:
		return each(v)
	case []string:
		return each(v)
	case []output.Text:
		return each(v)
	case string:
		if strings.Contains(v, "${") {
			return text(v)
		}
	case output.Text, stack.Ref, stack.Attribute, stack.Parameter, stack.Join, stack.Secret:
		return text(v)
	case stack.Archive:
		return "./" + string(v) + ".zip" // for aws cloudformation package
	}
	return v
}

func each[T any](list []T) []any {
	out := []any{}
	for _, element := range list {
		out = append(out, value(element))
	}
	return out
}
