package daytwo

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// The comparer knows what the platforms' tools do: each case is one of their
// rules, by which something stays or is lost.
func TestCompare(t *testing.T) {
	const queue = "  Orders:\n    Type: AWS::SQS::Queue\n"
	const template = "Resources:\n"
	tests := []struct {
		name, target, before, after string
		want                        []string // the changes but for what is kept
		lost, gone                  []string
	}{
		{name: "nothing", target: "aws", before: template + queue, after: template + queue},
		{name: "an attribute in place", target: "aws", before: template + queue,
			after: template + queue + "    Properties: {VisibilityTimeout: 60}\n",
			want:  []string{"updated AWS::SQS::Queue Orders"}},
		{name: "another logical id", target: "aws", before: template + queue, after: template + strings.Replace(queue, "Orders", "Others", 1),
			want: []string{"removed AWS::SQS::Queue Orders (with what it holds)", "created AWS::SQS::Queue Others"},
			lost: []string{"removed AWS::SQS::Queue Orders (with what it holds)"}, gone: []string{"AWS::SQS::Queue generated Orders"}},
		{name: "another logical id, retained", target: "aws", before: template + queue + "    DeletionPolicy: RetainExceptOnCreate\n", after: template + strings.Replace(queue, "Orders", "Others", 1),
			want: []string{"removed AWS::SQS::Queue Orders", "created AWS::SQS::Queue Others"}, gone: []string{"AWS::SQS::Queue generated Orders"}},
		{name: "a property that forces replacement", target: "aws", before: template + queue, after: template + queue + "    Properties: {FifoQueue: true}\n",
			want: []string{"replaced AWS::SQS::Queue Orders: FifoQueue (with what it holds)"},
			lost: []string{"replaced AWS::SQS::Queue Orders: FifoQueue (with what it holds)"}, gone: []string{"AWS::SQS::Queue generated Orders"}},
		{name: "a property that forces replacement, retained", target: "aws", before: template + queue + "    UpdateReplacePolicy: Retain\n",
			after: template + queue + "    UpdateReplacePolicy: Retain\n    Properties: {FifoQueue: true}\n",
			want:  []string{"replaced AWS::SQS::Queue Orders: FifoQueue"}, gone: []string{"AWS::SQS::Queue generated Orders"}},
		{name: "what refers to a replaced one", target: "aws",
			before: template + "  F: {Type: AWS::Lambda::Function}\n  U: {Type: AWS::Lambda::Url, Properties: {TargetFunctionArn: !Ref F}}\n  P: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [!GetAtt U.FunctionUrl]}}\n",
			after:  template + "  F: {Type: AWS::Lambda::Function, Properties: {PackageType: Image}}\n  U: {Type: AWS::Lambda::Url, Properties: {TargetFunctionArn: !Ref F}}\n  P: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [!GetAtt U.FunctionUrl]}}\n",
			want:   []string{"replaced AWS::Lambda::Function F: PackageType", "updated AWS::SQS::QueuePolicy P", "replaced AWS::Lambda::Url U: TargetFunctionArn"},
			gone:   []string{"AWS::Lambda::Function generated F", "AWS::Lambda::Url generated U"}},
		{name: "a route under another id", target: "aws",
			before: template + "  A: {Type: AWS::ApiGatewayV2::Route, Properties: {RouteKey: GET /}}\n", after: template + "  B: {Type: AWS::ApiGatewayV2::Route, Properties: {RouteKey: GET /}}\n",
			want: []string{"removed AWS::ApiGatewayV2::Route A", "created AWS::ApiGatewayV2::Route B"}},

		{name: "another label", target: "gcp",
			before: `resource "google_pubsub_subscription" "a" { name = "x" }`, after: `resource "google_pubsub_subscription" "b" { name = "x" }`,
			want: []string{"removed google_pubsub_subscription google_pubsub_subscription.a (with what it holds)", "created google_pubsub_subscription google_pubsub_subscription.b"},
			lost: []string{"removed google_pubsub_subscription google_pubsub_subscription.a (with what it holds)"}},
		{name: "moved", target: "gcp",
			before: `resource "google_pubsub_subscription" "a" { name = "x" }`,
			after:  "resource \"google_pubsub_subscription\" \"c\" { name = \"x\" }\nmoved {\n  from = google_pubsub_subscription.a\n  to = google_pubsub_subscription.b\n}\nmoved {\n  from = google_pubsub_subscription.b\n  to = google_pubsub_subscription.c\n}\n"},
		{name: "moved, and renamed", target: "gcp",
			before: `resource "google_pubsub_subscription" "a" { name = "x" }`,
			after:  "resource \"google_pubsub_subscription\" \"b\" { name = \"y\" }\nmoved {\n  from = google_pubsub_subscription.a\n  to = google_pubsub_subscription.b\n}\n",
			want:   []string{"replaced google_pubsub_subscription google_pubsub_subscription.b: name (with what it holds)"},
			lost:   []string{"replaced google_pubsub_subscription google_pubsub_subscription.b: name (with what it holds)"}, gone: []string{`google_pubsub_subscription "x"`}},
		{name: "prevent_destroy refuses a replacement, not a removal", target: "gcp",
			before: "resource \"google_pubsub_subscription\" \"a\" {\n  name = \"x\"\n  filter = \"f\"\n  lifecycle {\n    prevent_destroy = true\n  }\n}\nresource \"google_pubsub_subscription\" \"b\" {\n  name = \"y\"\n  lifecycle {\n    prevent_destroy = true\n  }\n}\n",
			after:  "resource \"google_pubsub_subscription\" \"a\" {\n  name = \"x\"\n  filter = \"g\"\n  lifecycle {\n    prevent_destroy = true\n  }\n}\n",
			want:   []string{"removed google_pubsub_subscription google_pubsub_subscription.b (with what it holds)", "replaced google_pubsub_subscription google_pubsub_subscription.a: filter"},
			lost:   []string{"removed google_pubsub_subscription google_pubsub_subscription.b (with what it holds)"}, gone: []string{`google_pubsub_subscription "y"`}},
		{name: "a reference by another label", target: "gcp",
			before: "resource \"google_pubsub_topic\" \"a\" { name = \"x\" }\nresource \"google_pubsub_subscription\" \"s\" {\n  name = \"y\"\n  topic = google_pubsub_topic.a.id\n}\n",
			after:  "resource \"google_pubsub_topic\" \"b\" { name = \"x\" }\nresource \"google_pubsub_subscription\" \"s\" {\n  name = \"y\"\n  topic = google_pubsub_topic.b.id\n}\nmoved {\n  from = google_pubsub_topic.a\n  to = google_pubsub_topic.b\n}\n"},
		{name: "a topic under another name", target: "gcp",
			before: "resource \"google_pubsub_topic\" \"a\" { name = \"x\" }\nresource \"google_pubsub_subscription\" \"s\" {\n  name = \"y\"\n  topic = google_pubsub_topic.a.id\n}\n",
			after:  "resource \"google_pubsub_topic\" \"a\" { name = \"z\" }\nresource \"google_pubsub_subscription\" \"s\" {\n  name = \"y\"\n  topic = google_pubsub_topic.a.id\n}\n",
			want:   []string{"replaced google_pubsub_subscription google_pubsub_subscription.s: topic (with what it holds)", "replaced google_pubsub_topic google_pubsub_topic.a: name"},
			lost:   []string{"replaced google_pubsub_subscription google_pubsub_subscription.s: topic (with what it holds)"}, gone: []string{`google_pubsub_topic "x"`}},
		{name: "a bucket of which Google refuses the removal while it holds something", target: "gcp",
			before: "resource \"google_storage_bucket\" \"a\" { name = \"x\" }\nresource \"google_pubsub_topic\" \"t\" { name = \"t\" }", after: "resource \"google_pubsub_topic\" \"t\" { name = \"t\" }",
			want: []string{"removed google_storage_bucket google_storage_bucket.a"}, gone: []string{`google_storage_bucket "x"`}},

		{name: "deploy leaves what is gone", target: "openwhisk",
			before: manifest("", "{feed: messaging/kafkaFeed, inputs: {topic: a}}", "old"), after: manifest("", "{feed: messaging/kafkaFeed, inputs: {topic: a}}", "new"),
			want: []string{"left behind action action shop/old", "left behind rule rule shop.old", "created action action shop/new", "created rule rule shop.new"}},
		{name: "sync removes it", target: "openwhisk",
			before: manifest("# wskdeploy sync\n", "{feed: messaging/kafkaFeed, inputs: {topic: a}}", "old"), after: manifest("# wskdeploy sync\n", "{feed: messaging/kafkaFeed, inputs: {topic: a}}", "new"),
			want: []string{"removed action action shop/old", "removed rule rule shop.old", "created action action shop/new", "created rule rule shop.new"}},
		{name: "a feed with other inputs", target: "openwhisk",
			before: manifest("", "{feed: messaging/kafkaFeed, inputs: {topic: a}}", "old"), after: manifest("", "{feed: messaging/kafkaFeed, inputs: {topic: b}}", "old"),
			want: []string{"replaced feed trigger t: inputs (with what it holds)"}, lost: []string{"replaced feed trigger t: inputs (with what it holds)"}},
	}
	for _, test := range tests {
		t.Run(test.target+" "+test.name, func(t *testing.T) {
			r := readers[test.target]
			before, err := r.read([]byte(test.before))
			if err != nil {
				t.Fatal(err)
			}
			after, err := r.read([]byte(test.after))
			if err != nil {
				t.Fatal(err)
			}
			changes, err := compare(before, after, r.forces)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, of(changes, created, updated, replaced, removed, left), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.lost, lostIn(changes), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("lost (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.gone, gone(changes), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("addresses that are gone (-want +got):\n%s", diff)
			}
		})
	}
}

// manifest has one trigger and one action that it fires.
func manifest(head, trigger, action string) string {
	return head + "project:\n  name: shop\n  packages:\n    shop:\n      actions: {" + action + ": {}}\n      triggers: {t: " + trigger + "}\n" +
		"      rules: {shop." + action + ": {trigger: t, action: " + action + "}}\n"
}

// What is not known is an error, and not taken for what stays.
func TestUnknown(t *testing.T) {
	for target, text := range map[string]string{
		"aws": "Resources: {A: {Type: AWS::New::Thing}}",
		"gcp": `resource "google_new_thing" "a" {}`,
	} {
		e, err := readers[target].read([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := compare(e, e, readers[target].forces); err == nil {
			t.Errorf("%s is compared", text)
		}
	}
	e, err := readTerraform([]byte("moved {\n  from = google_pubsub_topic.a\n  to = google_pubsub_topic.b\n}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := compare(e, e, google); err == nil {
		t.Error("what is moved to nowhere is compared")
	}
}
