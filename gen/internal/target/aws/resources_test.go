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
	target := aws.New(c.Sections("aws"))
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
// it, from 2 to 1000, which are all that a mapping takes. Where the function has a
// limit too, of one instance or of those that are reserved, the queue feeds no
// more, or as few as it can, and that is said.
func TestMaxInstancesOfQueue(t *testing.T) {
	target := aws.New(config.Sections{Target: &config.Settings{}})
	for _, c := range []struct {
		most, reserved    int
		mapping, function any
		want              string // the code of the finding
	}{
		{0, 0, nil, nil, ""},
		{1, 0, 2, 1, "instances-paired"},
		{2, 0, 2, nil, ""},
		{1000, 0, 1000, nil, ""},
		{1001, 0, 1001, nil, "instances-limit"},
		{0, 1, 2, 1, "instances-paired"},
		{1, 1, 2, 1, "instances-paired"},
		{0, 2, 2, 2, "instances-paired"},
		{0, 1000, 1000, 1000, "instances-paired"},
		{0, 1001, nil, 1001, ""}, // as many as pollers start
		{5, 5, 5, 5, ""},
	} {
		for _, fifo := range []bool{false, true} {
			f := model.Function{Name: "confirm", Trigger: model.Queue{Name: "orders", FIFO: fifo}, Operation: model.Operation{MaxInstances: c.most, Reserved: c.reserved}}
			if diagnostics := target.Check(f); len(diagnostics) > 0 {
				t.Errorf("%+v: %v", c, diagnostics)
			}
			files, diagnostics, err := target.Infrastructure(model.App{Path: "example.com/shop", Functions: []model.Function{f}})
			if err != nil {
				t.Fatal(err)
			}
			if got := codes(diagnostics); got != c.want {
				t.Errorf("%+v: findings %v", c, diagnostics)
			}
			template, err := cfn.Parse(files[0].Data)
			if err != nil {
				t.Fatal(err)
			}
			mapping := at(template.Resources["ConfirmMapping"].Properties, "ScalingConfig", "MaximumConcurrency")
			if got := template.Resources["ConfirmFunction"].Properties["ReservedConcurrentExecutions"]; mapping != c.mapping || got != c.function {
				t.Errorf("%+v: the mapping's and the function's limits are %v and %v", c, mapping, got)
			}
		}
	}
}

// codes are those of the findings.
func codes(diagnostics []model.Diagnostic) string {
	var out []string
	for _, d := range diagnostics {
		out = append(out, string(d.Code))
	}
	return strings.Join(out, " ")
}

// A bucket's own notifications and the rule for one that exists already ask for
// the same: whoever deletes an object, and be it the bucket's lifecycle, it is
// deleted.
func TestObjectCarriers(t *testing.T) {
	onBus := map[string]string{ // by the name in a notification
		"s3:ObjectCreated:*":       "Object Created",
		"s3:ObjectRemoved:*":       "Object Deleted",
		"s3:LifecycleExpiration:*": "Object Deleted",
	}
	for want, trigger := range map[string]model.Object{
		"Object Created": {Bucket: "uploads", Created: true},
		"Object Deleted": {Bucket: "uploads", Deleted: true},
	} {
		app := model.App{Path: "example.com/shop", Functions: []model.Function{{Name: "handle", Trigger: trigger}}}
		own := template(t, "", app).Resources["UploadsBucket"].Properties["NotificationConfiguration"].(map[string]any)["LambdaConfigurations"].([]any)
		asked := map[string]bool{}
		for _, n := range own {
			asked[n.(map[string]any)["Event"].(string)] = true
		}
		rule := template(t, "resources: {uploads: {aws: {name: acme-uploads}}}", app).Resources["HandleRule"].Properties["EventPattern"].(map[string]any)["detail-type"].([]any)
		if len(rule) != 1 || rule[0] != want {
			t.Errorf("the rule asks for %v, want %s", rule, want)
		}
		for name, kind := range onBus {
			if asked[name] != (kind == want) {
				t.Errorf("%s: the notifications ask for %v", want, asked)
			}
			delete(asked, name)
		}
		if len(asked) > 0 {
			t.Errorf("%s: the notifications ask for %v, which no rule gets", want, asked)
		}
	}
}

// S3 compares a filter with keys in their form encoding, in which a space is a
// plus sign.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
func TestObjectFilter(t *testing.T) {
	for key, want := range map[string]string{
		"in box/ä+b/": "in+box/%C3%A4%2Bb/",
		" (1).png":    "+%281%29.png",
		"a  b":        "a++b",
		"a%20b":       "a%2520b",
		"plain/a.png": "plain/a.png",
	} {
		for _, trigger := range []model.Object{{Bucket: "uploads", Created: true, Prefix: key}, {Bucket: "uploads", Created: true, Suffix: key}} {
			app := model.App{Path: "example.com/shop", Functions: []model.Function{{Name: "handle", Trigger: trigger}}}
			bucket := template(t, "", app).Resources["UploadsBucket"].Properties
			if got := at(bucket, "NotificationConfiguration", "LambdaConfigurations", 0, "Filter", "S3Key", "Rules", 0, "Value"); got != want {
				t.Errorf("%q is %v, want %s", key, got, want)
			}
			rule := template(t, "resources: {uploads: {aws: {name: acme-uploads}}}", app).Resources["HandleRule"].Properties
			for how, got := range at(rule, "EventPattern", "detail", "object", "key", 0).(map[string]any) {
				if got != key { // keys are as they are on the bus
					t.Errorf("%s of the rule is %v, want %q", how, got, key)
				}
			}
		}
	}
}

// template returns the template of the application as fngen.yaml has it.
func template(t *testing.T, yaml string, app model.App) cfn.Template {
	t.Helper()
	parsed, err := cfn.Parse(infrastructure(t, yaml, app)[0].Data)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// infrastructure returns the files of the same.
func infrastructure(t *testing.T, yaml string, app model.App) []model.File {
	t.Helper()
	c := config.Parse([]byte(yaml), []string{"aws"})
	files, _, err := aws.New(c.Sections("aws")).Infrastructure(app)
	if err != nil || len(c.Diagnostics()) > 0 {
		t.Fatal(err, c.Diagnostics())
	}
	return files
}
