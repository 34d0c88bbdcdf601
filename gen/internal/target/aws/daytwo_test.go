package aws_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/target/aws"
	"github.com/fngen/fngen/internal/testkit/cfn"
)

// everything is a function on each trigger, called as the argument says.
func everything(called func(string) string) []model.Function {
	handler := func(name string) model.Handler {
		return model.Handler{PkgPath: "example.com/shop", PkgName: "shop", Name: model.Camel(name)}
	}
	var out []model.Function
	for name, trigger := range map[string]model.Trigger{
		"confirm": model.Queue{Name: "orders"},
		"ledger":  model.Queue{Name: "ledger", FIFO: true},
		"mail":    model.Topic{Name: "news"},
		"picture": model.Object{Bucket: "uploads", Created: true},
		"user":    model.Document{Collection: "users", Created: true, Updated: true, Deleted: true},
		"click":   model.Stream{Name: "clicks"},
		"placed":  model.Event{Type: "com.example.placed"},
		"nightly": model.Schedule{Cron: "0 4 * * *"},
		"article": model.HTTP{Methods: []string{"GET", "POST"}, Path: "/articles/{id}", CORS: []string{"*"}},
		"files":   model.HTTP{Path: "/files/{rest...}", Public: true},
	} {
		f := model.Function{Name: called(name), Handler: handler(called(name)), Trigger: trigger}
		if name == "mail" {
			f.Sinks, f.DeadLetter = []model.Sink{{Kind: "queue", Name: "parcels"}, {Kind: "topic", Name: "sent"}}, "lost"
		}
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b model.Function) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func same(name string) string { return name }

// apiTemplate is the template of the functions behind one API.
func apiTemplate(t *testing.T, functions []model.Function) cfn.Template {
	t.Helper()
	return template(t, "targets: {aws: {http: api}}", model.App{Path: "example.com/shop", Functions: functions})
}

// Whatever a function is called, what holds data keeps its logical id, and so do
// the topics, the API and its routes, which others know the addresses of. What a
// function alone has for its dead letters goes with the function, and stays where
// it is when that goes.
func TestRename(t *testing.T) {
	before := apiTemplate(t, everything(same))
	after := apiTemplate(t, everything(func(name string) string { return "z-" + name }))
	own := regexp.MustCompile(`^(Click|Nightly|Picture|Placed|User)(DeadLetters|Refused)$`)
	for _, id := range before.IDs("") {
		kind := before.Resources[id].Type
		if _, kept := after.Resources[id]; !kept && (holdsData(kind) || slices.Contains(addressed, kind)) && !own.MatchString(strings.TrimSuffix(id, "Policy")) {
			t.Errorf("%s, a %s, is gone", id, kind)
		}
	}
}

// A function whose directive says how it was called keeps all that it had.
func TestRenameSaid(t *testing.T) {
	renamed := everything(func(name string) string { return "z-" + name })
	for i, f := range renamed {
		renamed[i].Was = strings.TrimPrefix(f.Name, "z-")
	}
	before, after := apiTemplate(t, everything(same)), apiTemplate(t, renamed)
	if diff := cmp.Diff(before.IDs(""), after.IDs("")); diff != "" {
		t.Errorf("logical ids (-before +after):\n%s", diff)
	}
}

// addressed are the types of what others send to, and who may.
var addressed = []string{"AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy",
	"AWS::ApiGatewayV2::Api", "AWS::ApiGatewayV2::Stage", "AWS::ApiGatewayV2::Route"}

// Neither the order of functions and of a directive's methods nor a wildcard's
// name decides what a resource is.
func TestReorder(t *testing.T) {
	functions := everything(same)
	before := apiTemplate(t, functions)
	slices.Reverse(functions)
	for i, f := range functions {
		if trigger, ok := f.Trigger.(model.HTTP); ok {
			slices.Reverse(trigger.Methods)
			if trigger.Path == "/articles/{id}" {
				trigger.Path = "/articles/{name}"
			}
			functions[i].Trigger = trigger
		}
	}
	after := apiTemplate(t, functions)
	if diff := cmp.Diff(before.IDs(""), after.IDs("")); diff != "" {
		t.Errorf("logical ids (-before +after):\n%s", diff)
	}
	for _, id := range before.IDs("AWS::ApiGatewayV2::Route") {
		before, after := before.Resources[id].Properties, after.Resources[id].Properties
		if before["AuthorizationType"] != after["AuthorizationType"] || !cmp.Equal(before["Target"], after["Target"]) {
			t.Errorf("%s was %v and is %v", id, before, after)
		}
	}
}

// Of two stacks of one application each has a bucket of its own: parts of the
// ids that differ are in its name, which is one that S3 takes.
func TestBucketNames(t *testing.T) {
	bucket := template(t, "", model.App{Functions: []model.Function{{Name: "picture", Trigger: model.Object{Bucket: "uploads", Created: true}}}}).Resources["UploadsBucket"]
	names := map[string]bool{}
	for _, uuid := range []string{"0d0e9e20-2a51-11f0-9b4a-0a58a9feac02", "0d0e9e21-2a51-11f0-9b4a-0a58a9feac02", "0d0e9e20-2a52-11f0-9b4a-0a58a9feac02"} {
		name, err := cfn.Resolve(bucket.Properties["BucketName"], func(cfn.Reference) (string, error) {
			return "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop-prod/" + uuid, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if want := "uploads-" + uuid[:8] + uuid[9:13]; name != want {
			t.Errorf("the name is %v, want %s", name, want)
		}
		names[name.(string)] = true
	}
	if len(names) != 3 {
		t.Errorf("the names are %v, want three", names)
	}
}

// Of two functions that could have a route, that one has it whose directive says
// so: net/http has the bare folder redirect, unless it has a pattern of its own,
// and HEAD go to GET.
func TestImpliedRoutes(t *testing.T) {
	for _, c := range []struct {
		a, b model.HTTP
		want map[string]string // integrations by route key
	}{
		{model.HTTP{Methods: []string{"GET"}, Path: "/carts"}, model.HTTP{Methods: []string{"GET"}, Path: "/carts/{rest...}"},
			map[string]string{"GET /carts": "A", "HEAD /carts": "A", "GET /carts/{rest+}": "B", "HEAD /carts/{rest+}": "B"}},
		{model.HTTP{Path: "/carts"}, model.HTTP{Methods: []string{"GET"}, Path: "/carts/"},
			map[string]string{"ANY /carts": "A", "GET /carts/{below+}": "B", "HEAD /carts/{below+}": "B"}},
		{model.HTTP{Methods: []string{"HEAD"}, Path: "/x"}, model.HTTP{Methods: []string{"GET"}, Path: "/x"},
			map[string]string{"HEAD /x": "A", "GET /x": "B"}},
		{model.HTTP{Path: "/x"}, model.HTTP{Methods: []string{"GET"}, Path: "/x"},
			map[string]string{"ANY /x": "A", "GET /x": "B", "HEAD /x": "B"}},
		{model.HTTP{Path: "/{$}"}, model.HTTP{Path: "/carts/{rest...}"},
			map[string]string{"ANY /": "A", "ANY /carts": "B", "ANY /carts/{rest+}": "B"}},
		{model.HTTP{Path: "/{$}"}, model.HTTP{Path: "/"},
			map[string]string{"ANY /": "A", "ANY /{below+}": "B"}},
	} {
		for _, functions := range [][]model.Function{{{Name: "a", Trigger: c.a}, {Name: "b", Trigger: c.b}}, {{Name: "b", Trigger: c.b}, {Name: "a", Trigger: c.a}}} {
			found, got := apiTemplate(t, functions), map[string]string{}
			for _, id := range found.IDs("AWS::ApiGatewayV2::Route") {
				p := found.Resources[id].Properties
				got[p["RouteKey"].(string)] = strings.TrimSuffix(one(t, p["Target"]).ID, "Integration")
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%+v (-want +got):\n%s", c, diff)
			}
			target := aws.New(config.Parse([]byte("targets: {aws: {http: api}}"), []string{"aws"}).Sections("aws"))
			if diagnostics := target.CheckApp(functions); len(diagnostics) > 0 {
				t.Errorf("%+v: %v", c, diagnostics)
			}
		}
	}
}

// Routes are those that net/http has: below a folder and the folder itself,
// whichever wildcard says so. What browsers ask before they send credentials is
// open; nothing else is.
//
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
func TestRoutes(t *testing.T) {
	for _, c := range []struct {
		trigger      model.HTTP
		keys, opened []string
	}{
		{model.HTTP{Path: "/{path...}"}, []string{"ANY /", "ANY /{path+}"}, nil},
		{model.HTTP{Path: "/"}, []string{"ANY /", "ANY /{below+}"}, nil},
		{model.HTTP{Path: "/{$}"}, []string{"ANY /"}, nil},
		{model.HTTP{Path: "/{id}"}, []string{"ANY /{id}"}, nil},
		{model.HTTP{Path: "/files/"}, []string{"ANY /files", "ANY /files/{below+}"}, nil},
		{model.HTTP{Methods: []string{"GET"}, Path: "/files/{rest...}"}, []string{"GET /files", "GET /files/{rest+}", "HEAD /files", "HEAD /files/{rest+}"}, nil},
		{model.HTTP{Methods: []string{"POST"}, Path: "/x", CORS: []string{"*"}}, []string{"OPTIONS /x", "POST /x"}, []string{"OPTIONS /x"}},
		{model.HTTP{Methods: []string{"POST"}, Path: "/x/{y...}", CORS: []string{"*"}}, []string{"OPTIONS /x", "OPTIONS /x/{y+}", "POST /x", "POST /x/{y+}"}, []string{"OPTIONS /x", "OPTIONS /x/{y+}"}},
		{model.HTTP{Path: "/x", CORS: []string{"*"}, Public: true}, []string{"ANY /x"}, []string{"ANY /x"}},
		{model.HTTP{Methods: []string{"POST"}, Path: "/x"}, []string{"POST /x"}, nil},
	} {
		var keys, opened []string
		found := apiTemplate(t, []model.Function{{Name: "f", Trigger: c.trigger}})
		for _, id := range found.IDs("AWS::ApiGatewayV2::Route") {
			p := found.Resources[id].Properties
			keys = append(keys, p["RouteKey"].(string))
			if p["AuthorizationType"] == "NONE" {
				opened = append(opened, p["RouteKey"].(string))
			}
		}
		slices.Sort(keys)
		slices.Sort(opened)
		if diff := cmp.Diff([][]string{c.keys, c.opened}, [][]string{keys, opened}); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", c.trigger, diff)
		}
	}
}
