package aws_test

import (
	"strings"
	"testing"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/target/aws"
	"github.com/fngen/fngen/internal/testkit/cfn"
)

// What the operator says of a queue's messages and a table's keys stands in
// the entrypoint, where a reader sees it.
func TestResources(t *testing.T) {
	c := config.Parse([]byte(`
resources:
  orders: {aws: {envelope: sns+s3}}
  users: {aws: {keys: [tenant, id]}}
`), []string{"aws"})
	target := aws.New(c.Target("aws"), c.Resources("aws"))
	if diagnostics := c.Diagnostics(); len(diagnostics) > 0 {
		t.Fatal(diagnostics)
	}
	handler := model.Handler{PkgPath: "example.com/shop", PkgName: "shop", Name: "Handle"}
	for want, trigger := range map[string]model.Trigger{
		`aws.SQS{Queue: "orders", Envelope: "sns+s3", DeadLetter: letters}`:                      model.Queue{Name: "orders"},
		`aws.SQS{Queue: "others", DeadLetter: letters}`:                                          model.Queue{Name: "others"},
		`aws.DynamoDB{Collection: "users", Keys: []string{"tenant", "id"}, DeadLetter: letters}`: model.Document{Collection: "users", Created: true, Updated: true, Deleted: true},
		`aws.DynamoDB{Collection: "orders", Updated: true, DeadLetter: letters}`:                 model.Document{Collection: "orders", Updated: true},
	} {
		files, err := target.Entrypoint(model.Function{Name: "handle", Handler: handler, Trigger: trigger})
		if err != nil || len(files) != 1 {
			t.Fatalf("%d files, %v", len(files), err)
		}
		if text := string(files[0].Data); !strings.Contains(text, want) {
			t.Errorf("want %s in\n%s", want, text)
		}
	}
}

// A limit of instances is the mapping's for a queue, by which messages stay in
// it, from 2 to 1000, which are all that a mapping takes; one instance is the
// function's own limit.
func TestMaxInstancesOfQueue(t *testing.T) {
	target := aws.New(&config.Settings{}, nil)
	for n, want := range map[int][2]any{0: {nil, nil}, 1: {nil, 1}, 2: {2, nil}, 3: {3, nil}, 999: {999, nil}, 1000: {1000, nil}} {
		f := model.Function{Name: "confirm", Trigger: model.Queue{Name: "orders"}, Operation: model.Operation{MaxInstances: n}}
		if diagnostics := target.Check(f); len(diagnostics) > 0 {
			t.Errorf("%d instances: %v", n, diagnostics)
		}
		files, _, err := target.Infrastructure(model.App{Path: "example.com/shop", Functions: []model.Function{f}})
		if err != nil {
			t.Fatal(err)
		}
		template, err := cfn.Parse(files[0].Data)
		if err != nil {
			t.Fatal(err)
		}
		var mapping any
		if scaling, ok := template.Resources["ConfirmMapping"].Properties["ScalingConfig"].(map[string]any); ok {
			mapping = scaling["MaximumConcurrency"]
		}
		if got := [2]any{mapping, template.Resources["ConfirmFunction"].Properties["ReservedConcurrentExecutions"]}; got != want {
			t.Errorf("%d instances: the mapping's and the function's limits are %v, want %v", n, got, want)
		}
	}
}
