package openwhisk_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen/internal/model"
)

// Where a collection is stands in the archive, and how it is reached is a
// parameter of the action that only the environment of wskdeploy knows: the
// credentials of the collection's feed. A function without uses has neither.
func TestUses(t *testing.T) {
	o, diagnostics := target(t, `
resources:
  users: {openwhisk: {url: "https://db.example:6984/", name: "us$ers/a+b"}}
  big-log: {openwhisk: {url: "https://db.example"}}
`)
	if len(diagnostics) > 0 {
		t.Fatal(diagnostics)
	}
	functions := []model.Function{
		model.Function{Name: "greet", App: "example.com/shop", Trigger: model.Document{Collection: "users", Created: true, Updated: true, Deleted: true}}.Using(
			model.Use{Param: "users", Kind: model.UseDocument, Name: "users", Read: true},
			model.Use{Param: "log", Kind: model.UseDocument, Name: "big-log", Write: true},
			model.Use{Param: "again", Kind: model.UseDocument, Name: "users", Write: true},
			model.Use{Param: "table", Kind: model.UseDocument, Name: "users", Read: true, AsName: true},
		),
		{Name: "print", App: "example.com/shop", Trigger: model.Topic{Name: "news"}},
	}
	files, found, err := o.Infrastructure(model.App{Path: "example.com/shop", Functions: functions})
	if err != nil || len(found) > 0 {
		t.Fatal(found, err)
	}
	environment := asked(t, files[0].Data)
	for _, name := range []string{"USERS_USERNAME", "USERS_PASSWORD", "BIG_LOG_USERNAME", "BIG_LOG_PASSWORD"} {
		if environment[name] == "" {
			t.Errorf("%s is not asked for", name)
		}
	}
	if len(environment) != 4 {
		t.Errorf("asked for are %v", environment)
	}
	_, pkg := parse(t, files[0].Data)
	users := "value of USERS_USERNAME:value of USERS_PASSWORD"
	want := map[string]any{"dbname": "us$ers/a+b", "FNGEN_USE_USERS": users, "FNGEN_USE_AGAIN": users, "FNGEN_USE_LOG": "value of BIG_LOG_USERNAME:value of BIG_LOG_PASSWORD"}
	if diff := cmp.Diff(want, arrived(t, pkg.Actions["greet"].Inputs, environment)); diff != "" {
		t.Errorf("the action's parameters (-want +got):\n%s", diff)
	}
	if got := pkg.Actions["print"].Inputs; len(got) > 0 {
		t.Errorf("what uses nothing has the parameters %v", got)
	}
	if strings.Contains(string(files[0].Data), "db.example/") {
		t.Error("the manifest says where the database is")
	}

	var places []string
	for _, v := range launch(t, o, functions[0]) {
		if strings.HasPrefix(v, model.UseVariable("")) {
			places = append(places, v)
		}
	}
	slices.Sort(places)
	database := "https://db.example:6984/us$ers%2Fa%2Bb"
	if diff := cmp.Diff([]string{"FNGEN_USE_AGAIN=" + database, "FNGEN_USE_LOG=https://db.example/big-log", "FNGEN_USE_TABLE=" + database, "FNGEN_USE_USERS=" + database}, places); diff != "" {
		t.Errorf("the places (-want +got):\n%s", diff)
	}
}

// Another use, or another order of them, changes no parameter of the others.
func TestUsesAreIndependent(t *testing.T) {
	o, _ := target(t, `resources: {users: {openwhisk: {url: "https://db.example"}}, log: {openwhisk: {url: "https://db.example"}}}`)
	uses := []model.Use{{Param: "users", Kind: model.UseDocument, Name: "users", Read: true}, {Param: "log", Kind: model.UseDocument, Name: "log", Read: true}}
	inputs := func(uses ...model.Use) map[string]any {
		f := model.Function{Name: "print", App: "example.com/shop", Trigger: model.Topic{Name: "news"}}.Using(uses...)
		files, _, err := o.Infrastructure(model.App{Path: "example.com/shop", Functions: []model.Function{f}})
		if err != nil {
			t.Fatal(err)
		}
		_, pkg := parse(t, files[0].Data)
		return arrived(t, pkg.Actions["print"].Inputs, asked(t, files[0].Data))
	}
	both, one := inputs(uses...), inputs(uses[0])
	if both["FNGEN_USE_USERS"] != one["FNGEN_USE_USERS"] || len(both) != 2 || len(one) != 1 {
		t.Errorf("the parameters are %v, and of one use %v", both, one)
	}
	if diff := cmp.Diff(both, inputs(uses[1], uses[0])); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
