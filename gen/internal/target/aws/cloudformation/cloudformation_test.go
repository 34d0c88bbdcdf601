package cloudformation_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/fngen/fngen/gen/internal/output"
	"github.com/fngen/fngen/gen/internal/target/aws/cloudformation"
	"github.com/fngen/fngen/gen/internal/target/aws/stack"
	"github.com/fngen/fngen/internal/testkit/cfn"
)

// A template reads as a person would have written it: each expression has the
// shortest form that CloudFormation has for it.
func TestWrite(t *testing.T) {
	got, err := cloudformation.Write("# Written by fngen.\n", stack.Stack{
		Description: "Functions of ${shop}",
		Region:      "eu-west-1",
		Resources: []stack.Resource{
			{ID: "News", Kind: "AWS::SNS::Topic"},
			{ID: "Orders", Kind: "AWS::SQS::Queue", Retention: stack.Retained, Properties: output.Mapping{
				{Key: "Absent", Value: nil}, {Key: "Number", Value: 5}, {Key: "Is", Value: true}, {Key: "Text", Value: output.Text("on")}, {Key: "Word", Value: "sqs:SendMessage"},
				{Key: "List", Value: []any{stack.Ref("News"), stack.Arn("Orders"), stack.AccountID, "", stack.Join{}}},
				{Key: "Texts", Value: []output.Text{"${", "b"}}, {Key: "Words", Value: []string{"orders", "${x}"}},
				{Key: "Code", Value: stack.Archive("confirm")},
			}},
			{ID: "Uploads", Kind: "AWS::S3::Bucket", Retention: stack.RetainedOnceThere, DependsOn: []string{"News"}, Properties: output.Mapping{
				{Key: "One", Value: stack.Join{"", stack.Join{stack.Ref("News")}, ""}},
				{Key: "Texts", Value: stack.Join{"a", output.Text("b")}},
				{Key: "Several", Value: stack.Join{"arn:", stack.Partition, ":", stack.Arn("Orders"), "/", stack.Ref("News")}},
				{Key: "Dollars", Value: stack.Join{"$", stack.Ref("News"), "{"}},
				{Key: "Unique", Value: stack.Join{"uploads-", stack.Unique}},
				{Key: "Secrets", Value: []any{stack.Secret{Name: "db"}, stack.Join{"user:", stack.Secret{Name: "db", Member: "password"}}}},
			}},
		},
		Outputs: []stack.Output{{ID: "Orders", Description: "URL of orders", Value: stack.Ref("Orders")}},
	})
	want := `# Written by fngen.
AWSTemplateFormatVersion: "2010-09-09"
Description: "Functions of ${shop}"
Rules:
  Region:
    Assertions:
      - Assert: !Equals
          - !Ref AWS::Region
          - eu-west-1
        AssertDescription: "fngen.yaml has the application in eu-west-1"
Resources:
  News:
    Type: AWS::SNS::Topic
    Properties: {}
  Orders:
    Type: AWS::SQS::Queue
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      Number: 5
      Is: true
      Text: "on"
      Word: sqs:SendMessage
      List:
        - !Ref News
        - !GetAtt Orders.Arn
        - !Ref AWS::AccountId
        - ""
        - ""
      Texts:
        - !Join
          - ""
          - - "$"
            - "{"
        - "b"
      Words:
        - orders
        - !Join
          - ""
          - - "$"
            - "{x}"
      Code: ./confirm.zip
  Uploads:
    Type: AWS::S3::Bucket
    DependsOn:
      - News
    DeletionPolicy: RetainExceptOnCreate
    UpdateReplacePolicy: Retain
    Properties:
      One: !Ref News
      Texts: "ab"
      Several: !Sub arn:${AWS::Partition}:${Orders.Arn}/${News}
      Dollars: !Join
        - ""
        - - "$"
          - !Ref News
          - "{"
      Unique: !Sub
        - uploads-${Low}${Mid}
        - Low: !Select
            - 0
            - !Split
              - '-'
              - !Select
                - 2
                - !Split
                  - /
                  - !Ref AWS::StackId
          Mid: !Select
            - 1
            - !Split
              - '-'
              - !Select
                - 2
                - !Split
                  - /
                  - !Ref AWS::StackId
      Secrets:
        - "{{resolve:secretsmanager:db}}"
        - "user:{{resolve:secretsmanager:db:SecretString:password}}"
Outputs:
  Orders:
    Description: "URL of orders"
    Value: !Ref Orders
`
	if diff := cmp.Diff(want, string(got)); err != nil || diff != "" {
		t.Errorf("error %v; want -, got +\n%s", err, diff)
	}
}

// Whatever a text holds, and whatever stands beside it, it is what CloudFormation
// makes of the template, and nothing but !Sub has what looks like a substitution.
func FuzzWrite(f *testing.F) {
	texts := []string{
		"", "$", "{", "${", "}", "${AWS::Region}", "${!Literal}", "$${Orders.Arn}${", "}${}", "${Low}", "AWS::Region}", "{{resolve:secretsmanager:db}}", "{{resolve:",
		"!Ref X", "yes", "012", "null", "~", "2026-01-01", "a: b # c", "- a", "{a: b}", "*a", "&a", "|", ">", "%", "@", "`", `"`, "'", `\`, "a\nb", "\r\n", "\t", " a ",
		"\u0085\u2028\u2029\ufeff", "ü☃😀", "\x01\x1b\x7f", strings.Repeat("long words ", 30),
	}
	for i, text := range texts {
		f.Add(text, texts[(i+1)%len(texts)])
		f.Add(text, text)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if !utf8.ValidString(a) || !utf8.ValidString(b) || strings.Contains(a+b, "\x00") {
			return // no YAML
		}
		ref, arn := stack.Ref("Orders"), stack.Arn("Orders")
		properties := output.Mapping{
			{Key: "Text", Value: output.Text(a)}, {Key: "String", Value: a},
			{Key: "Strings", Value: []string{a, b}}, {Key: "Texts", Value: []output.Text{output.Text(a), output.Text(b)}},
			{Key: "Mappings", Value: []output.Mapping{{{Key: "Text", Value: output.Text(a)}}}},
			{Key: "Joins", Value: []any{
				stack.Join{a, b}, stack.Join{a, ref}, stack.Join{ref, a}, stack.Join{a, ref, output.Text(b), arn, a}, stack.Join{a, stack.Unique, b},
				stack.Join{a, stack.Join{b, stack.Join{stack.Region, a}}}, stack.Join{a, stack.Secret{Name: "db"}, b, ref},
			}},
		}
		data, err := cloudformation.Write("", stack.Stack{
			Description: a, Resources: []stack.Resource{{ID: "Orders", Kind: "AWS::SQS::Queue", Properties: properties}},
			Outputs: []stack.Output{{ID: "Orders", Description: b, Value: stack.Join{a, ref, b}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		template, err := cfn.Parse(data)
		if err != nil {
			t.Fatalf("%v\n%s", err, data)
		}
		if template.Outputs["Orders"].(map[string]any)["Description"] != b {
			t.Errorf("%q is no longer a description\n%s", b, data)
		}
		got, err := cfn.Resolve([]any{template.Resources["Orders"].Properties, template.Outputs["Orders"].(map[string]any)["Value"]}, func(r cfn.Reference) (string, error) {
			if r.ID == "AWS::StackId" {
				return "arn:stack/shop/0d0e9e20-2a51-11f0-9b4a-0a58a9feac02", nil
			}
			return "<" + r.String() + ">", nil
		})
		if diff := cmp.Diff(meant([]any{properties, stack.Join{a, ref, b}}), got); err != nil || diff != "" {
			t.Errorf("%v; want -, got +\n%s\n%s", err, diff, data)
		}
		var document yaml.Node
		if err := yaml.Unmarshal(data, &document); err != nil {
			t.Fatal(err)
		}
		for _, text := range unsubstituted(document.Content[0].Content[5]) {
			if strings.Contains(text, "${") {
				t.Errorf("%q looks like a substitution\n%s", text, data)
			}
		}
	})
}

// meant is the value as CloudFormation is to have it in the end.
func meant(value any) any {
	switch v := value.(type) {
	case output.Mapping:
		out := map[string]any{}
		for _, m := range v {
			out[m.Key] = meant(m.Value)
		}
		return out
	case []output.Mapping:
		return every(v)
	case []any:
		return every(v)
	case []string:
		return every(v)
	case []output.Text:
		return every(v)
	case output.Text:
		return string(v)
	case stack.Ref:
		return "<" + string(v) + ">"
	case stack.Attribute:
		return "<" + v.ID + "." + v.Name + ">"
	case stack.Parameter:
		if v == stack.Unique {
			return "0d0e9e202a51"
		}
		return "<AWS::" + string(v) + ">"
	case stack.Secret:
		return "{{resolve:secretsmanager:" + v.Name + "}}"
	case stack.Join:
		text := ""
		for _, element := range v {
			text += meant(element).(string)
		}
		return text
	}
	return value
}

func every[T any](list []T) []any {
	var out []any
	for _, element := range list {
		out = append(out, meant(element))
	}
	return out
}

// unsubstituted are the texts below the node that are not !Sub's.
func unsubstituted(n *yaml.Node) []string {
	if n.Tag == "!Sub" {
		return nil
	}
	if n.Kind == yaml.ScalarNode {
		return []string{n.Value}
	}
	var out []string
	for _, child := range n.Content {
		out = append(out, unsubstituted(child)...)
	}
	return out
}
