package platform

import (
	"slices"
	"testing"

	"github.com/fngen/fngen/gen/internal/dev/store"
	"github.com/fngen/fngen/gen/internal/model"
)

// The value of a secret that a function uses is the developer's: of the environment
// first, and else of the file. Where it is from is said, and never what it is.
func TestSecretValues(t *testing.T) {
	f := model.Function{Name: "pay"}.Using(
		model.Use{Param: "key", Kind: model.UseSecret, Name: "stripe/api", Read: true}, model.Use{Param: "pin", Kind: model.UseSecret, Name: "pin", Read: true},
		model.Use{Param: "users", Kind: model.UseDocument, Name: "users", Read: true})
	t.Setenv("FNGEN_SECRET_KEY", "of here")
	values, from, err := Secrets(f, "# a comment\nFNGEN_SECRET_KEY=other\nFNGEN_SECRET_PIN=a=b\r\n")
	want := []string{"the secret stripe/api is FNGEN_SECRET_KEY of the environment", "the secret pin is FNGEN_SECRET_PIN of .fngen/secrets.env"}
	if err != nil || len(values) != 2 || values["key"] != "of here" || values["pin"] != "a=b" || !slices.Equal(from, want) {
		t.Errorf("%q, %q, %v", values, from, err)
	}
	if _, _, err := Secrets(f, ""); err == nil || err.Error() != "pay: the secret pin, which is not known here; set FNGEN_SECRET_PIN in the environment, or write FNGEN_SECRET_PIN=… into .fngen/secrets.env" {
		t.Error(err)
	}
}

// What is bound to an action is among its parameters, in front of which those of
// the activation stand.
func TestBound(t *testing.T) {
	s, err := store.New(store.Options{Target: "openwhisk", Folder: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	f := model.Function{Name: "pay"}.Using(model.Use{Param: "users", Kind: model.UseDocument, Name: "users", Read: true})
	x := &proxy{process: &Process{view: s.View(f, nil, nil, nil)}}
	for body, want := range map[string]string{
		`{"a":1}`: `{"FNGEN_USE_USERS":"local:local","a":1}`, `{}`: `{"FNGEN_USE_USERS":"local:local"}`,
		`null`: `{"FNGEN_USE_USERS":"local:local"}`, `{"FNGEN_USE_USERS":"x"}`: `{"FNGEN_USE_USERS":"x"}`,
	} {
		if got, err := x.bound([]byte(body)); string(got) != want || err != nil {
			t.Errorf("%s becomes %s, %v", body, got, err)
		}
	}
	if got, err := (&proxy{process: &Process{}}).bound([]byte(`[1]`)); string(got) != `[1]` || err != nil {
		t.Errorf("%s, %v", got, err)
	}
}
