package cfn

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const text = `
Rules: {Region: {Assertions: [{Assert: !Equals [!Ref "AWS::Region", eu-west-1]}]}}
Resources:
  Queue:
    Type: AWS::SQS::Queue
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    DependsOn: [Topic]
    Properties:
      Id: !Ref Topic
      Arn: !GetAtt Topic.Arn
      Text: !Sub "${AWS::Region} ${Topic.Arn} ${!AWS::Region} $ {x}"
      Named: !Sub ["${Part}-${Topic}", {Part: !Select [1, !Split ["/", !Ref Topic]]}]
      Joined: !Join ["", ["$", "{AWS::Region}"]]
      Number: "012"
  Topic: {Type: AWS::SNS::Topic}
`

// Functions have the values that AWS documents for them, whether they stand
// deep in others or are written with a tag.
func TestResolve(t *testing.T) {
	template, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(template.Rules), "map[Region:map[Assertions:[map[Assert:map[Fn::Equals:[map[Ref:AWS::Region] eu-west-1]]]]]]"; got != want {
		t.Errorf("rules: %s, want %s", got, want)
	}
	queue := template.Resources["Queue"]
	got, err := Resolve(queue.Properties, func(r Reference) (string, error) { return "a/<" + r.String() + ">", nil })
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"Id":     "a/<Topic>",
		"Arn":    "a/<Topic.Arn>",
		"Text":   "a/<AWS::Region> a/<Topic.Arn> ${AWS::Region} $ {x}",
		"Named":  "<Topic>-a/<Topic>",
		"Joined": "${AWS::Region}",
		"Number": "012",
	}
	if diff := cmp.Diff(any(want), got); diff != "" {
		t.Errorf("properties: want -, got +\n%s", diff)
	}
	queue.Properties = nil
	if diff := cmp.Diff(Resource{Type: "AWS::SQS::Queue", DependsOn: []string{"Topic"}, DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain"}, queue); diff != "" {
		t.Errorf("resource: want -, got +\n%s", diff)
	}
}

// What is not known is an error, not something that a test overlooks.
func TestUnknown(t *testing.T) {
	for _, text := range []string{
		"Transform: AWS::Serverless-2016-10-31",
		"Resources: {A: {Type: T, Condition: C}}",
		"Resources: {A: {Type: T, Properties: {X: !Cidr [a, b]}}}",
		"Resources: {A: {Type: T, Properties: {X: !GetAtt A}}}",
		"Resources: {A: {Type: T}, A: {Type: T}}",
	} {
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("%s is accepted", text)
		}
	}
	for _, value := range []any{
		map[string]any{"Fn::Sub": "${open"},
		map[string]any{"Fn::If": []any{"a", "b"}},
		map[string]any{"Fn::Select": []any{3, []any{"a"}}},
		map[string]any{"Ref": []any{"a"}},
	} {
		if got, err := Resolve(value, func(Reference) (string, error) { return "", nil }); err == nil {
			t.Errorf("%v is %v, want an error", value, got)
		}
	}
	if _, err := Resolve(map[string]any{"Ref": "A"}, func(Reference) (string, error) { return "", fmt.Errorf("no A") }); err == nil {
		t.Error("the error of a lookup is lost")
	}
}
