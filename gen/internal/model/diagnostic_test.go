package model

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Diagnostics come in the order of the files, each once, and warnings before errors.
func TestSortDiagnostics(t *testing.T) {
	at := func(file string, line, column int, message string, severity Severity) Diagnostic {
		p := Diagnostic{Code: "name-taken", Message: message, Severity: severity}
		p.Pos.Filename, p.Pos.Line, p.Pos.Column = file, line, column
		return p
	}
	got := Sort([]Diagnostic{
		at("b.go", 1, 1, "b", Error), at("a.go", 10, 1, "late", Error), at("a.go", 9, 2, "column", Warning), at("a.go", 9, 1, "z", Error),
		at("a.go", 9, 1, "a", Error), at("b.go", 1, 1, "b", Error),
	})
	var text []string
	for _, p := range got {
		text = append(text, p.String())
	}
	want := []string{"a.go:9:2: warning: column [name-taken]", "a.go:9:1: error: a [name-taken]", "a.go:9:1: error: z [name-taken]",
		"a.go:10:1: error: late [name-taken]", "b.go:1:1: error: b [name-taken]"}
	if diff := cmp.Diff(want, text); diff != "" {
		t.Errorf("diagnostics differ (-want +got):\n%s", diff)
	}
	if Failed(got[:1]) || !Failed(got) || Failed(nil) {
		t.Error("a warning fails nothing, an error does")
	}
}
