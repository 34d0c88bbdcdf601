package build

import (
	"go/token"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen/internal/model"
)

// What the last build deployed is not lost without a word: the warning is at the
// function that would take its place, and its way out gives back the identity.
func TestRenamed(t *testing.T) {
	queue := func(resource string) model.Trigger { return model.Queue{Name: resource} }
	function := func(name string, trigger model.Trigger, was ...string) model.Function {
		f := model.Function{Name: name, Handler: model.Handler{PkgPath: "example.com/shop", Name: model.Camel(name)},
			Trigger: trigger, Pos: token.Position{Filename: name + ".go", Line: 5, Column: 1}}
		if len(was) > 0 {
			f.Was, f.Since = was[0], was[1:]
		}
		return f
	}
	handler := func(name string, functions ...model.Function) []model.Function {
		for i := range functions {
			functions[i].Handler.Name = name
		}
		return functions
	}
	tests := []struct {
		name              string
		before            []RecordedFunction
		now, left, others []model.Function
		want              []string
	}{
		{name: "nothing changed", before: []RecordedFunction{{Function: "confirm", Trigger: "queue", Resource: "orders"}},
			now: []model.Function{function("confirm", queue("orders"))}},
		{name: "removed", before: []RecordedFunction{{Function: "confirm", Trigger: "queue", Resource: "orders"}}},
		{name: "renamed", before: []RecordedFunction{{Function: "confirm", Trigger: "queue", Resource: "orders"}},
			now:  []model.Function{function("checkout", queue("orders")), function("other", queue("others"))},
			want: []string{"checkout.go:5:1: warning: checkout: aws: confirm of the last build is gone and this has its trigger, so that deploying removes the one and creates the other; if it is the same one write //fn:name checkout was=confirm [identity-changed]"}},
		{name: "renamed with was=", before: []RecordedFunction{{Function: "confirm", Trigger: "queue", Resource: "orders"}},
			now: []model.Function{function("checkout", queue("orders"), "confirm")}},
		{name: "renamed again", before: []RecordedFunction{{Function: "checkout", Was: []string{"confirm"}, Trigger: "queue", Resource: "orders"}},
			now: []model.Function{function("purchase", queue("orders"), "confirm", "checkout")}},
		{name: "renamed again without the first name", before: []RecordedFunction{{Function: "checkout", Was: []string{"confirm"}, Trigger: "queue", Resource: "orders"}},
			now:  []model.Function{function("purchase", queue("orders"), "checkout")},
			want: []string{"purchase.go:5:1: warning: purchase: aws: checkout of the last build is deployed as confirm, and this would be another function; if it is the same one write //fn:name purchase was=confirm,checkout [identity-changed]"}},
		{name: "was= removed", before: []RecordedFunction{{Function: "checkout", Was: []string{"confirm"}, Trigger: "queue", Resource: "orders"}},
			now:  []model.Function{function("checkout", queue("orders"))},
			want: []string{"checkout.go:5:1: warning: checkout: aws: checkout of the last build is deployed as confirm, and this would be another function; if it is the same one write //fn:name checkout was=confirm [identity-changed]"}},
		{name: "was= added after a build without it", before: []RecordedFunction{{Function: "checkout", Trigger: "queue", Resource: "orders"}},
			now: []model.Function{function("checkout", queue("orders"), "confirm")}},
		{name: "rolled back", before: []RecordedFunction{{Function: "checkout", Was: []string{"confirm"}, Trigger: "queue", Resource: "orders"}},
			now: []model.Function{function("confirm", queue("orders"))}},
		{name: "the other was there before", before: []RecordedFunction{{Function: "audit", Trigger: "topic", Resource: "news"}, {Function: "bill", Trigger: "topic", Resource: "news"}},
			now: []model.Function{function("bill", model.Topic{Name: "news"})}},
		{name: "another trigger", before: []RecordedFunction{{Function: "confirm", Trigger: "queue", Resource: "orders"}},
			now: []model.Function{function("checkout", model.Topic{Name: "orders"})}},
		{name: "left out of the target", before: []RecordedFunction{{Function: "confirm", Trigger: "topic", Resource: "news"}},
			now: []model.Function{function("checkout", model.Topic{Name: "news"})}, left: []model.Function{function("confirm", model.Topic{Name: "news"})}},
		{name: "refused", before: []RecordedFunction{{Function: "confirm", Trigger: "topic", Resource: "news"}},
			now: []model.Function{function("checkout", model.Topic{Name: "news"})}, others: []model.Function{function("confirm", model.Topic{Name: "news"})}},
		{name: "the route's methods and wildcards are written otherwise", before: []RecordedFunction{{Function: "show", Trigger: "http", Resource: "GET,POST /orders/{id}"}},
			now:  []model.Function{function("display", model.HTTP{Methods: []string{"POST", "GET"}, Path: "/orders/{order}"})},
			want: []string{"display.go:5:1: warning: display: aws: show of the last build is gone and this has its trigger, so that deploying removes the one and creates the other; if it is the same one write //fn:name display was=show [identity-changed]"}},
		{name: "another method", before: []RecordedFunction{{Function: "show", Trigger: "http", Resource: "GET /orders/{id}"}},
			now: []model.Function{function("create", model.HTTP{Methods: []string{"POST"}, Path: "/orders/{id}"})}},
		{name: "all methods", before: []RecordedFunction{{Function: "show", Trigger: "http", Resource: "/orders/{id...}"}},
			now:  []model.Function{function("get", model.HTTP{Methods: []string{"GET"}, Path: "/orders/{rest...}"}), function("one", model.HTTP{Path: "/orders/{rest}"})},
			want: []string{"get.go:5:1: warning: get: aws: show of the last build is gone and this has its trigger, so that deploying removes the one and creates the other; if it is the same one write //fn:name get was=show [identity-changed]"}},
		{name: "a handler of several triggers", before: []RecordedFunction{{Function: "confirm-queue", Trigger: "queue", Resource: "orders"}, {Function: "confirm-topic", Trigger: "topic", Resource: "news"}},
			now: handler("Checkout", function("checkout-queue", queue("orders")), function("checkout-topic", model.Topic{Name: "news"})),
			want: []string{
				"checkout-queue.go:5:1: warning: checkout-queue: aws: confirm-queue of the last build is gone and this has its trigger, so that deploying removes the one and creates the other; if it is the same one write //fn:name checkout was=confirm [identity-changed]",
				"checkout-topic.go:5:1: warning: checkout-topic: aws: confirm-topic of the last build is gone and this has its trigger, so that deploying removes the one and creates the other; if it is the same one write //fn:name checkout was=confirm [identity-changed]"}},
		{name: "a trigger is added", before: []RecordedFunction{{Function: "confirm", Trigger: "queue", Resource: "orders"}},
			now:  handler("Confirm", function("confirm-queue", queue("orders")), function("confirm-topic", model.Topic{Name: "news"})),
			want: []string{"confirm-queue.go:5:1: warning: confirm-queue: aws: confirm of the last build is gone and this has its trigger, so that deploying removes the one and creates the other; if it is the same one write a handler of its own for the other trigger, so that this one stays confirm [identity-changed]"}},
		{name: "a trigger is removed", before: []RecordedFunction{{Function: "confirm-queue", Trigger: "queue", Resource: "orders"}, {Function: "confirm-topic", Trigger: "topic", Resource: "news"}},
			now:  []model.Function{function("confirm", queue("orders"))},
			want: []string{"confirm.go:5:1: warning: confirm: aws: confirm-queue of the last build is gone and this has its trigger, so that deploying removes the one and creates the other; if it is the same one write //fn:name confirm was=confirm-queue [identity-changed]"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			root := testRoot(t)
			text, err := Record{Target: "aws", Go: "go1.26.0", Functions: test.before}.format()
			if err != nil {
				t.Fatal(err)
			}
			put(t, root, recordPath("aws"), string(text))
			var got []string
			for _, d := range Renamed(root, "aws", model.App{Functions: test.now, Others: test.others}, test.left) {
				got = append(got, d.String())
			}
			slices.Sort(got)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("findings differ (-want +got):\n%s", diff)
			}
			if strings.Contains(strings.Join(got, ""), "error") {
				t.Error("a rename is refused")
			}
		})
	}
}
