package cloudformation_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
	"github.com/fngen/fngen/gen/internal/target/aws/cloudformation"
	"github.com/fngen/fngen/gen/internal/target/aws/stack"
)

const header = "# Written by fngen.\n"

// patched is a template of a few resources with the patch over it, and what is wrong
// with that.
func patched(t testing.TB, patch string) (cloudformation.Patched, []model.Diagnostic) {
	t.Helper()
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(patch), &document); err != nil || len(document.Content) == 0 {
		t.Skip(err)
	}
	out, diagnostics, err := cloudformation.Patch{File: "patch.yaml", Top: document.Content[0]}.Over(few(t), header)
	if err != nil {
		t.Fatal(err)
	}
	return out, diagnostics
}

func few(t testing.TB) []byte {
	t.Helper()
	data, err := cloudformation.Write(header, stack.Stack{Description: "Functions of shop", Resources: []stack.Resource{
		{ID: "News", Kind: "AWS::SNS::Topic"},
		{ID: "Orders", Kind: "AWS::SQS::Queue", Retention: stack.Retained, Properties: output.Mapping{
			{Key: "QueueName", Value: stack.Join{stack.StackName, "-orders"}}, {Key: "DelaySeconds", Value: 5}, {Key: "KmsMasterKeyId", Value: output.Text("on")},
			{Key: "Tags", Value: []output.Mapping{{{Key: "Key", Value: "a"}}, {{Key: "Key", Value: "b"}}}},
			{Key: "RedrivePolicy", Value: output.Mapping{{Key: "deadLetterTargetArn", Value: stack.Arn("Letters")}, {Key: "maxReceiveCount", Value: 4}}},
		}},
		{ID: "Letters", Kind: "AWS::SQS::Queue", DependsOn: []string{"News"}},
	}, Outputs: []stack.Output{{ID: "Orders", Description: "URL of orders", Value: stack.Ref("Orders")}}})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// A patch changes what it says and leaves everything else to the byte.
//
// https://www.rfc-editor.org/rfc/rfc7396#section-2
func TestPatch(t *testing.T) {
	for _, c := range []struct{ what, patch, before, after string }{
		{"nothing", "{}", "", ""},
		{"a value", "Resources: {Orders: {Properties: {DelaySeconds: 7}}}", "DelaySeconds: 5", "DelaySeconds: 7"},
		{"a value in JSON", `{"Resources": {"Orders": {"Properties": {"DelaySeconds": 7, "QueueName": "é"}}}}`, "QueueName: !Sub ${AWS::StackName}-orders\n      DelaySeconds: 5", "QueueName: \"é\"\n      DelaySeconds: 7"},
		{"with a function", "Resources: {Orders: {Properties: {DelaySeconds: !If [a, 1, !Ref AWS::NoValue]}}}", "DelaySeconds: 5", "DelaySeconds: !If\n        - a\n        - 1\n        - !Ref AWS::NoValue"},
		{"with a long one", "Resources: {Orders: {Properties: {QueueName: {'Fn::GetAtt': [News, TopicName]}}}}", "QueueName: !Sub ${AWS::StackName}-orders", "QueueName:\n        'Fn::GetAtt':\n          - News\n          - TopicName"},
		{"of lines", "Resources: {Orders: {Properties: {KmsMasterKeyId: !Sub \"a\\n b\\t${News}\"}}}", `KmsMasterKeyId: "on"`, `KmsMasterKeyId: !Sub "a\n b\t${News}"`},
		{"of a block of lines", "Resources:\n  Orders:\n    Properties:\n      KmsMasterKeyId: |\n        a\n         b\n", `KmsMasterKeyId: "on"`, `KmsMasterKeyId: "a\n b\n"`},
		{"what YAML may take for something else", "Resources: {Orders: {Properties: {KmsMasterKeyId: '012'}}}", `KmsMasterKeyId: "on"`, `KmsMasterKeyId: '012'`},
		{"without comments and anchors", "Resources: # why\n  # here\n  Orders: {Properties: {DelaySeconds: &seven 7}} # there\n", "DelaySeconds: 5", "DelaySeconds: 7"},
		{"a list", "Resources: {Orders: {Properties: {Tags: [{Key: c}]}}}", "- Key: a\n        - Key: b", "- Key: c"},
		{"a mapping over a list", "Resources: {Orders: {Properties: {Tags: {a: 1}}}}", "- Key: a\n        - Key: b", "a: 1"},
		{"a mapping over a function", "Resources: {Orders: {Properties: {QueueName: {a: 1}}}}", "QueueName: !Sub ${AWS::StackName}-orders", "QueueName:\n        a: 1"},
		{"removes", "Resources: {Orders: {Properties: {KmsMasterKeyId: null}}}", "      KmsMasterKeyId: \"on\"\n", ""},
		{"removes below", "Resources: {Orders: {Properties: {RedrivePolicy: {maxReceiveCount: ~}}}}", "        maxReceiveCount: 4\n", ""},
		{"removes a resource", "Resources: {Orders: null}\nOutputs: {Orders: null}", string(few(t)[strings.Index(string(few(t)), "  Orders:"):strings.Index(string(few(t)), "  Letters:")]), ""},
		{"an attribute", "Resources: {Orders: {DeletionPolicy: Delete}}", "DeletionPolicy: Retain", "DeletionPolicy: Delete"},
		{"adds a resource", "Resources: {Bus: {Type: 'AWS::Events::EventBus', DependsOn: [News], Properties: {Name: !Sub '${News.TopicName}-${!x}'}}}", "Outputs:", "  Bus:\n    Type: 'AWS::Events::EventBus'\n    DependsOn:\n      - News\n    Properties:\n      Name: !Sub '${News.TopicName}-${!x}'\nOutputs:"},
		{"replaces what is no mapping", "Resources: {Orders: {Properties: {DelaySeconds: {a: {b: 1}}}}}", "DelaySeconds: 5", "DelaySeconds:\n        a:\n          b: 1"},
	} {
		want := string(few(t))
		if n := strings.Count(want, c.before); c.before != "" && n < 1 {
			t.Fatalf("%s: %q is there %d times", c.what, c.before, n)
		}
		if want = strings.Replace(want, c.before, c.after, 1); strings.Contains(c.patch, "Outputs: {Orders: null}") {
			want = want[:strings.Index(want, "Outputs:")] + "Outputs: {}\n"
		}
		got, diagnostics := patched(t, c.patch)
		if diff := cmp.Diff(want, string(got.Text)); diff != "" || len(diagnostics) > 0 {
			t.Errorf("%s: %v; want -, got +\n%s", c.what, diagnostics, diff)
		}
	}
}

// Sections that are new stand after the others.
func TestPatchSections(t *testing.T) {
	const patch = `Parameters:
  Stage:
    Type: String
    Default: test
Conditions:
  IsProduction: !Equals
    - !Ref Stage
    - production
Mappings:
  Delays:
    production:
      Seconds: 1
Metadata:
  Team: shop
Rules:
  Known:
    Assertions:
      - Assert: !Contains
          - - test
            - production
          - !Ref Stage
`
	got, diagnostics := patched(t, patch)
	if diff := cmp.Diff(string(few(t))+patch, string(got.Text)); diff != "" || len(diagnostics) > 0 {
		t.Errorf("%v; want -, got +\n%s", diagnostics, diff)
	}
}

// What would be lost, or refused by CloudFormation in the end, is said where it
// stands in the patch.
func TestPatchRefused(t *testing.T) {
	for patch, want := range map[string]string{
		"[]": "1:1: the patch is not a mapping",
		"Resources:\n  Order: {Properties: {DelaySeconds: 7}}":                                             "2:3: Resources.Order is not in the template, and has no Type; did you mean Orders? give it one if it is to be added",
		"Resources: {Order: null}":                                                                         "1:13: Resources.Order is not in the template, so that nothing is removed; did you mean Orders? correct the name",
		"Resources: {Orders: {Properties: {DelaySecond: null}}}":                                           "1:35: Resources.Orders.Properties.DelaySecond is not in the template, so that nothing is removed; did you mean DelaySeconds?",
		"Outputs: {Queue: {Description: d}}":                                                               "1:11: Outputs.Queue is not in the template, and has no Value",
		"Parameters: {Stage: {Default: d}}":                                                                "1:14: Parameters.Stage is not in the template, and has no Type",
		"Resource: {Orders: {Type: T}}":                                                                    "1:1: the patch has no entries for Resource",
		"Transform: AWS::Serverless-2016-10-31":                                                            "1:1: the patch has no entries for Transform",
		"Resources: null":                                                                                  "1:1: the patch has no entries for Resources",
		"Resources: {Orders: 5}":                                                                           "1:21: Resources.Orders is not a mapping",
		"Resources: {Orders: !Ref News}":                                                                   "1:21: Resources.Orders is not a mapping",
		"Resources: {Orders: {Type: 'AWS::SNS::Topic'}}":                                                   "1:28: Resources.Orders is of the type AWS::SQS::Queue",
		"Resources: {Orders: {Type: 'AWS::SQS::Queue', DelaySeconds: 7}}":                                  "1:47: Resources.Orders has no attribute DelaySeconds; write it below Properties",
		"Resources: {Orders: {Properties: {DelaySeconds: }}}":                                              "1:35: Resources.Orders.Properties.DelaySeconds has no value; write null to remove it",
		"Resources: {Orders: {Properties: {Tags: [null]}}}":                                                "1:42: Resources.Orders.Properties.Tags is null in a list or a function",
		"Resources: {Orders: {Properties: {Tags: [{Key: null}]}}}":                                         "1:48: Resources.Orders.Properties.Tags.Key is null in a list or a function",
		"Resources: {Orders: {Properties: {Tags: {Ref: null}}}}":                                           "1:47: Resources.Orders.Properties.Tags.Ref is null in a list or a function",
		"Resources: {Orders: {Properties: {Tags: !Foo {Key: }}}}":                                          "1:52: Resources.Orders.Properties.Tags.Key is null in a list or a function",
		"Resources: {Orders: {Properties: {Tags: &t [], Others: *t}}}":                                     "1:56: Resources.Orders.Properties.Others is an alias",
		"Resources: {Orders: {<<: {Properties: {}}}}":                                                      "1:22: Resources.Orders has a key that is no name",
		"Resources: {Orders: {Properties: {}}, Orders: {}}":                                                "1:39: Resources.Orders is there twice",
		"Resources: {Orders: {Properties: {Tags: [{? [a] : b}]}}}":                                         "1:45: Resources.Orders.Properties.Tags has a key that is no name",
		"Resources: {Orders: {Properties: {QueueName: !Ref New}}}":                                         "1:46: Resources.Orders refers to New, which is not in the template; did you mean News?",
		"Resources: {Orders: {Properties: {QueueName: {Ref: AWS::Regio}}}}":                                "1:52: Resources.Orders refers to AWS::Regio, which is not in the template; did you mean AWS::Region?",
		"Resources: {Orders: {Properties: {QueueName: !GetAtt Old.Arn}}}":                                  "1:46: Resources.Orders refers to Old,",
		"Resources: {Orders: {Properties: {QueueName: !GetAtt [Old, Arn]}}}":                               "1:55: Resources.Orders refers to Old,",
		"Resources: {Orders: {Properties: {QueueName: !Sub 'a${ Old.Arn }'}}}":                             "1:46: Resources.Orders refers to Old,",
		"Resources: {Orders: {Properties: {QueueName: !Sub ['${a}${Old}', {a: !Ref News}]}}}":              "1:52: Resources.Orders refers to Old,",
		"Resources: {Orders: {Properties: {QueueName: !Sub ['${a}', {a: !Ref Older}]}}}":                   "1:64: Resources.Orders refers to Older,",
		"Resources: {Orders: {DependsOn: Old}}":                                                            "1:33: Resources.Orders refers to Old,",
		"Resources: {Orders: {DependsOn: [News, Old]}}":                                                    "1:40: Resources.Orders refers to Old,",
		"Outputs: {News: {Value: !Ref Old}}":                                                               "1:25: Outputs.News refers to Old,",
		"Resources: {Orders: null}":                                                                        "1:13: Outputs.Orders refers to Orders, which is removed here; remove that too, or keep this",
		"Resources: {News: null}":                                                                          "1:13: Resources.Letters refers to News, which is removed here",
		"Resources: {Letters: null, Orders: {Properties: {QueueName: null, RedrivePolicy: !Ref Letters}}}": "1:82: Resources.Orders refers to Letters, which is not in the template",
	} {
		got, diagnostics := patched(t, patch)
		if len(diagnostics) != 1 || !strings.HasPrefix(diagnostics[0].String(), "patch.yaml:"+strings.Replace(want, ": ", ": error: ", 1)) || got.Text != nil {
			t.Errorf("%s:\n%v\nwant %s", patch, diagnostics, want)
		}
	}
}

// What lies over a template has limits as the rest has: functions are what they are,
// however they are written.
func TestPatchedStack(t *testing.T) {
	got, diagnostics := patched(t, `Resources:
  Orders:
    Properties:
      Refs: [!Ref News, {Ref: 'AWS::Region'}, !GetAtt News.TopicName, !GetAtt [News, TopicName], {'Fn::GetAtt': [News, TopicName]}]
      Texts: [!Sub 'a${News}b${AWS::Region}', {'Fn::Sub': '${News.TopicName}'}, !Sub ['${News}', {}], !Join ['', [a, !Ref News]], !Join [',', [a]], !If [a, b, c], !Sub ['${Low}${Mid}', {Low: a, Mid: b}]]
      Numbers: [7, '7', 7.5, true, 2012-10-17]
      Mappings: [{A: {B: c}}]
  Bus: {Type: 'AWS::Events::EventBus'}
Outputs: {Bus: {Value: !Ref Bus}}`)
	want := output.Mapping{
		{Key: "QueueName", Value: stack.Join{"", stack.StackName, "-orders"}}, {Key: "DelaySeconds", Value: 5}, {Key: "KmsMasterKeyId", Value: output.Text("on")},
		{Key: "Tags", Value: []any{output.Mapping{{Key: "Key", Value: output.Text("a")}}, output.Mapping{{Key: "Key", Value: output.Text("b")}}}},
		{Key: "RedrivePolicy", Value: output.Mapping{{Key: "deadLetterTargetArn", Value: stack.Join{"", stack.Arn("Letters"), ""}}, {Key: "maxReceiveCount", Value: 4}}},
		{Key: "Refs", Value: []any{stack.Join{"", stack.Ref("News"), ""}, stack.Join{"", stack.Region, ""}, stack.Join{"", stack.Attribute{ID: "News", Name: "TopicName"}, ""},
			stack.Join{"", stack.Attribute{ID: "News", Name: "TopicName"}, ""}, stack.Join{"", stack.Attribute{ID: "News", Name: "TopicName"}, ""}}},
		{Key: "Texts", Value: []any{stack.Join{"a", stack.Ref("News"), "b", stack.Region, ""}, stack.Join{"", stack.Attribute{ID: "News", Name: "TopicName"}, ""},
			stack.Join{"", stack.Ref("News"), ""}, stack.Join{output.Text("a"), stack.Join{"", stack.Ref("News"), ""}}, stack.Join{""}, stack.Join{""}, stack.Join{"", stack.Unique, "", stack.Ref("Mid"), ""}}},
		{Key: "Numbers", Value: []any{7, output.Text("7"), output.Text("7.5"), output.Text("true"), output.Text("2012-10-17")}},
		{Key: "Mappings", Value: []any{output.Mapping{{Key: "A", Value: output.Mapping{{Key: "B", Value: output.Text("c")}}}}}},
	}
	if len(diagnostics) > 0 || len(got.Stack.Resources) != 4 || len(got.Stack.Outputs) != 2 {
		t.Fatalf("%v, %+v", diagnostics, got.Stack)
	}
	if diff := cmp.Diff(want[3:], got.Stack.Resources[1].Properties[3:]); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
	if at := got.At["Bus"]; at.String() != "patch.yaml:8:3" || len(got.At) != 3 || got.At[""].String() != "patch.yaml:1:1" {
		t.Errorf("the positions are %v", got.At)
	}
}

// Whatever a patch holds, it is refused, or the template is the merge of the two, as
// the algorithm of the RFC makes it.
//
// https://www.rfc-editor.org/rfc/rfc7396#section-2
func FuzzPatch(f *testing.F) {
	for _, seed := range []string{
		"{}", "a", "Resources: {Orders: {Properties: {DelaySeconds: 7, KmsMasterKeyId: null}}}", "Resources: {Orders: null}\nOutputs: {Orders: null}",
		"Resources: {Orders: {Properties: {QueueName: !Sub ['${a}', {a: b}], Tags: [], RedrivePolicy: {a: {b: c}}}}}",
		"Resources: {Orders: {Properties: {QueueName: !If [a, !Ref 'AWS::NoValue', {'Fn::Sub': \"a\\n\\tb\\u2028${News}\"}]}}}",
		`{"Resources": {"Orders": {"Properties": {"RedrivePolicy": {"Ref": "News"}, "DelaySeconds": {"a": [1, {"b": null}]}}}}}`,
		"Metadata: {a: &x [1], b: *x}", "Metadata: {a: !!binary aGk=, b: !!str 5, c: ! d, d: !<tag:x> e}", "Metadata: {<<: {a: b}}", "Metadata: {? [a] : b}", "Metadata: {yes: no, 012: 0o7, ~: .inf, 2012-10-17: 1e3}",
		"Metadata:\n  a: |\n     b\n    \n  c: >-\n    d\n    e\n  # f\n  g: \"h\" # i\n", "Metadata: {a: '', b: \"\", c: !Ref '', d: !Sub }", "Parameters: {Stage: {Type: String}}", "Resources: {'': {Type: ''}}",
		"Metadata:\n- a", "Resources: {Orders: {Properties: !Ref News, DependsOn: {a: b}, Type: [a]}}", "Outputs: {Orders: {Value: {Ref: {Ref: [a]}}}}", "Resources: {A: {Type: T, Properties: [a]}, B: {Type: {a: b}}}",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, patch string) {
		got, diagnostics := patched(t, patch)
		if len(diagnostics) > 0 {
			for _, d := range diagnostics {
				if d.Pos.Line < 1 || d.Pos.Filename != "patch.yaml" {
					t.Errorf("%s has no place in the patch", d)
				}
			}
			return
		}
		want := merged(generic(few(t)), generic([]byte(patch)))
		if diff := cmp.Diff(want, generic(got.Text)); diff != "" {
			t.Errorf("want -, got +\n%s\n%s", diff, got.Text)
		}
	})
}

// merged is MergePatch of the RFC.
func merged(target, patch any) any {
	p, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	t, _ := target.(map[string]any)
	t = maps.Clone(t)
	if t == nil {
		t = map[string]any{}
	}
	for name, value := range p {
		if value == nil {
			delete(t, name)
		} else {
			t[name] = merged(t[name], value)
		}
	}
	return t
}

// generic is what YAML says: mappings, lists, null, and texts for scalars, with their
// tags. A function is a list of its name and its argument.
func generic(data []byte) any {
	var document yaml.Node
	if yaml.Unmarshal(data, &document) != nil || len(document.Content) == 0 {
		return "no YAML"
	}
	return genericNode(document.Content[0])
}

func genericNode(n *yaml.Node) any {
	var out any
	switch n.Kind {
	case yaml.ScalarNode:
		out = n.ShortTag() + " " + n.Value
		if n.ShortTag() == "!!null" {
			return nil
		}
	case yaml.SequenceNode:
		list := []any{}
		for _, element := range n.Content {
			list = append(list, genericNode(element))
		}
		out = list
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i < len(n.Content); i += 2 {
			m[n.Content[i].Value] = genericNode(n.Content[i+1])
		}
		out = m
		if len(m) == 1 && slices.ContainsFunc(slices.Collect(maps.Keys(m)), func(key string) bool { return key == "Ref" || strings.HasPrefix(key, "Fn::") }) {
			return []any{"calls", m}
		}
	}
	if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") {
		return []any{n.Tag, out}
	}
	return out
}
