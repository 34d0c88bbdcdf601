package aws_test

import (
	"strings"
	"testing"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/target/aws"
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
