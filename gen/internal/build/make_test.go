package build

import (
	"context"
	"slices"
	"testing"

	"github.com/fngen/fngen/gen/internal/model"
)

// An edited maker is one whose source is edited while it compiles, if edits
// says so.
type editedMaker struct {
	source   string
	edits    bool
	compiled []string
}

func (m *editedMaker) names(f model.Function) ([]string, error) { return []string{f.Name}, nil }
func (m *editedMaker) decides(f model.Function) (any, error)    { return f.Name + m.source, nil }
func (m *editedMaker) reload(context.Context) error             { return nil }
func (m *editedMaker) archives(f model.Function) ([]archive, error) {
	return []archive{{Archive: model.Archive{Path: f.Name + archiveExt, Files: []model.File{{Path: "source", Data: []byte(m.source)}}}}}, nil
}

func (m *editedMaker) compile(_ context.Context, functions []model.Function) error {
	for _, f := range functions {
		m.compiled = append(m.compiled, f.Name)
	}
	if m.edits {
		m.source += "edited"
	}
	return nil
}

type named struct{ model.Target }

func (named) Name() string { return "aws" }

// What was compiled while its source was edited is built, but not kept: neither
// the earlier source nor the later one may get it.
func TestEditWhileBuilding(t *testing.T) {
	t.Parallel()
	w := &Workspace{app: model.App{Root: t.TempDir()}}
	cache := testCache(t)
	build := func(m *editedMaker, functions ...string) {
		t.Helper()
		var list []model.Function
		for _, name := range functions {
			list = append(list, model.Function{Name: name})
		}
		m.compiled = nil
		jobs, err := w.make(t.Context(), named{}, m, list, cache)
		if err != nil || len(jobs) != len(functions) || slices.ContainsFunc(jobs, func(j *job) bool { return len(j.files) != 2 }) {
			t.Fatalf("jobs %v, %v", jobs, err)
		}
	}
	m := &editedMaker{source: "first", edits: true}
	build(m, "a", "b")
	for _, source := range []string{"first", "firstedited"} {
		again := &editedMaker{source: source}
		build(again, "a", "b")
		if !slices.Equal(again.compiled, []string{"a", "b"}) {
			t.Errorf("%s: compiled %v", source, again.compiled)
		}
		build(again, "a", "b", "c")
		if !slices.Equal(again.compiled, []string{"c"}) {
			t.Errorf("%s, built again: compiled %v, want c, which is new", source, again.compiled)
		}
	}
}
