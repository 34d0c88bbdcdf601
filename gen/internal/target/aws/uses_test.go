package aws_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/target/aws"
	"github.com/fngen/fngen/internal/testkit/cfn"
)

const usingYAML = `resources:
  archive: {aws: {name: acme-archive, actions: ["s3:GetObjectTagging"]}}
  people: {aws: {name: acme-people}}
  orders: {aws: {keys: [number], actions: ["dynamodb:Query"]}}
`

// using is an application that uses services of each kind, its own and those
// that are there: a table with a trigger and one without, and a bucket whose
// objects feed the function that reads and writes it.
func using() model.App {
	handler := func(recv, name string) model.Handler {
		return model.Handler{PkgPath: "example.com/shop", PkgName: "shop", Recv: recv, Pointer: true, Setup: "New" + recv, Name: name}
	}
	shop := []model.Use{
		{Param: "users", Kind: model.UseDocument, Name: "users", Read: true, Write: true},
		{Param: "orders", Kind: model.UseDocument, Name: "orders", Read: true},
		{Param: "table", Kind: model.UseDocument, Name: "orders", Read: true, Write: true, AsName: true},
		{Param: "people", Kind: model.UseDocument, Name: "people", Write: true},
		{Param: "key", Kind: model.UseSecret, Name: "stripe/api", Read: true},
	}
	album := []model.Use{
		{Param: "in", Kind: model.UseObject, Name: "pictures", Read: true, Prefix: "in/"},
		{Param: "out", Kind: model.UseObject, Name: "pictures", Write: true, Prefix: "out/"},
		{Param: "archive", Kind: model.UseObject, Name: "archive", Read: true, Write: true},
		{Param: "drafts", Kind: model.UseObject, Name: "drafts", Read: true, Write: true},
	}
	return model.App{Path: "example.com/shop", Functions: []model.Function{
		model.Function{Name: "greet", Handler: handler("Shop", "Greet"), Trigger: model.Document{Collection: "users", Created: true}}.Using(shop[:1]...),
		model.Function{Name: "order", Handler: handler("Shop", "Order"), Trigger: model.HTTP{Path: "/orders"}}.Using(shop...),
		model.Function{Name: "thumbnail", Handler: handler("Album", "Thumbnail"), Trigger: model.Object{Bucket: "pictures", Created: true, Prefix: "in/"}}.Using(album...),
	}}
}

// A table has a stream if it feeds a function, and the key that the adapter
// knows; a bucket that feeds no function tells nobody.
func TestUsedResources(t *testing.T) {
	found := template(t, usingYAML, using())
	for id, want := range map[string][2]any{"UsersTable": {"NEW_IMAGE", "_id"}, "OrdersTable": {nil, "number"}} {
		p := found.Resources[id].Properties
		if got := [2]any{at(p, "StreamSpecification", "StreamViewType"), at(p, "KeySchema", 0, "AttributeName")}; got != want {
			t.Errorf("%s has %v, want %v", id, got, want)
		}
	}
	drafts := found.Resources["DraftsBucket"]
	if drafts.Properties["NotificationConfiguration"] != nil || drafts.DependsOn != nil || drafts.DeletionPolicy != "RetainExceptOnCreate" {
		t.Errorf("the bucket is %v", drafts)
	}
	for _, id := range []string{"PeopleTable", "ArchiveBucket"} {
		if _, ok := found.Resources[id]; ok {
			t.Errorf("%s is created, and is there already", id)
		}
	}
	if tables, buckets := len(found.IDs("AWS::DynamoDB::Table")), len(found.IDs("AWS::S3::Bucket")); tables != 2 || buckets != 3 { // and that of dead letters
		t.Errorf("%d tables and %d buckets", tables, buckets)
	}
}

// The function finds what it uses by its variables.
func TestUseVariables(t *testing.T) {
	found := template(t, usingYAML, using())
	order := at(found.Resources["OrderFunction"].Properties, "Environment", "Variables").(map[string]any)
	for name, want := range map[string]string{
		"FNGEN_USE_USERS":  "map[Ref:UsersTable]",
		"FNGEN_USE_ORDERS": "map[Fn::Sub:${OrdersTable}/number]",
		"FNGEN_USE_TABLE":  "map[Ref:OrdersTable]",
		"FNGEN_USE_PEOPLE": "acme-people",
		"FNGEN_USE_KEY":    "stripe/api",
	} {
		if got := fmt.Sprint(order[name]); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	thumbnail := at(found.Resources["ThumbnailFunction"].Properties, "Environment", "Variables").(map[string]any)
	for name, want := range map[string]any{"FNGEN_USE_IN": found.Resources["PicturesBucket"].Properties["BucketName"],
		"FNGEN_USE_DRAFTS": "map[Ref:DraftsBucket]", "FNGEN_USE_ARCHIVE": "acme-archive"} {
		if got := fmt.Sprint(thumbnail[name]); got != fmt.Sprint(want) {
			t.Errorf("%s is %s, want %v", name, got, want)
		}
	}
	existing := template(t, "resources: {users: {aws: {name: acme-users, keys: [id]}}}", model.App{Functions: []model.Function{
		model.Function{Name: "a", Trigger: model.Queue{Name: "a"}}.Using(using().Functions[0].Uses...)}})
	if got := at(existing.Resources["AFunction"].Properties, "Environment", "Variables", "FNGEN_USE_USERS"); got != "acme-users/id" {
		t.Errorf("a table with a key of its own is %v", got)
	}
}

// The policies of a role count together, as long as names may become, on each
// side of IAM's limit; what most of them are for is said.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
func TestRoleLimit(t *testing.T) {
	uses := func(n int, pad string) []model.Use {
		var out []model.Use
		for i := range n {
			out = append(out, model.Use{Param: fmt.Sprintf("p%d", i), Kind: model.UseSecret, Name: fmt.Sprintf("secret/%02d%s", i, pad), Read: true})
		}
		out[0].Name += pad
		return out
	}
	build := func(f model.Function) string {
		_, diagnostics, err := aws.New(config.Sections{Target: &config.Settings{}}).Infrastructure(model.App{Path: "example.com/shop", Functions: []model.Function{f}})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range diagnostics {
			if d.Code == "policy-size" && len(f.Uses) > 0 && d.Pos.Line != 7 {
				t.Errorf("%v stands at line %d, want that of the last use", d, d.Pos.Line)
			}
		}
		return codes(diagnostics)
	}
	with := func(uses []model.Use) model.Function {
		uses[len(uses)-1].Pos.Line = 7
		return model.Function{Name: "confirm", Trigger: model.HTTP{Path: "/", Public: true}}.Using(uses...)
	}
	most := 0
	for n := range 100 {
		if strings.Contains(build(with(uses(n+1, ""))), "policy-size") {
			break
		}
		most = n + 1
	}
	all := uses(most, "")
	long := 0
	for pad := range 300 {
		all[0].Name = "secret/00" + strings.Repeat("x", pad)
		if strings.Contains(build(with(slices.Clone(all))), "policy-size") {
			break
		}
		long = pad
	}
	all[0].Name = "secret/00" + strings.Repeat("x", long)
	if size := roleSize(t, with(slices.Clone(all))); size != 10_240 {
		t.Errorf("%d characters are the most", size)
	}

	sinks := model.Function{Name: "confirm", Trigger: model.Queue{Name: "orders"}}
	for i := range 80 {
		sinks.Sinks = append(sinks.Sinks, model.Sink{Kind: "topic", Name: fmt.Sprintf("topic-%d", i)})
	}
	if got := build(sinks); !strings.Contains(got, "policy-size") {
		t.Errorf("of many sinks is said: %s", got)
	}
}

// roleSize is how many characters the policies in the function's role have,
// with the longest names that there are.
func roleSize(t *testing.T, f model.Function) int {
	t.Helper()
	policies, err := cfn.Resolve(template(t, "", model.App{Path: "example.com/shop", Functions: []model.Function{f}}).Resources["ConfirmRole"].Properties["Policies"], func(r cfn.Reference) (string, error) {
		const place = ":ap-southeast-1:123456789012:"
		known := map[string]string{"AWS::Partition": "aws-us-gov", "AWS::Region": "ap-southeast-1", "AWS::AccountId": "123456789012",
			"ConfirmLogs.Arn": "arn:aws-us-gov:logs" + place + "log-group:" + strings.Repeat("s", 128) + "-ConfirmLogs-0123456789ABC:*"}
		if known[r.String()] == "" {
			t.Errorf("%s is not known", r)
		}
		return known[r.String()], nil
	})
	if err != nil {
		t.Fatal(err)
	}
	size := 0
	for _, p := range policies.([]any) {
		data, err := json.Marshal(p.(map[string]any)["PolicyDocument"])
		if err != nil {
			t.Fatal(err)
		}
		size += len(data)
	}
	return size
}

// The environment counts with the places of what is used: the name of a bucket
// that is put together has twelve digits more than its own.
func TestUseEnvironmentLimit(t *testing.T) {
	own := len(`{"FNGEN_USE_PICTURES":"pictures-0d0e9e202a51","LONG":""}`)
	for size, want := range map[int]string{4096 - own: "", 4096 - own + 1: "env-size"} {
		f := model.Function{Name: "confirm", Trigger: model.HTTP{Path: "/", Public: true}, Operation: model.Operation{Env: []model.Variable{{Name: "LONG", Value: strings.Repeat("x", size)}}}}.Using(
			model.Use{Param: "pictures", Kind: model.UseObject, Name: "pictures", Read: true})
		fed := model.Function{Name: "thumbnail", Trigger: model.Object{Bucket: "pictures", Created: true}}
		_, diagnostics, err := aws.New(config.Sections{Target: &config.Settings{}}).Infrastructure(model.App{Path: "example.com/shop", Functions: []model.Function{f, fed}})
		if err != nil || codes(diagnostics) != want {
			t.Errorf("%d bytes: %v, %v, want %s", size, diagnostics, err, want)
		}
	}
}
