package vet

import (
	"go/token"
	"slices"
	"strings"
	"testing"

	"github.com/fngen/fngen/gen/internal/model"
)

// What go vet prints becomes findings, by position, each of its check's code and
// with a path that is relative to the application.
func TestRead(t *testing.T) {
	got, err := read("/app", []byte(`# example.com/shop/b
{
	"example.com/shop/b": {
		"vendorsdk": [
			{"posn": "/app/b/b.go:7:2", "category": "", "message": "this is an SDK; leave it [vendor-sdk]"}
		],
		"processexit": [
			{"posn": "/app/b/b.go:9:3", "message": "os.Exit ends the process; return an error [process-exit]"}
		]
	}
}
# example.com/shop/a
{}
{"example.com/other": {"processexit": [{"posn": "/elsewhere/a.go:1:1", "message": "m"}]}}
`))
	want := []model.Diagnostic{
		{Code: "process-exit", Severity: model.Warning, Pos: token.Position{Filename: "/elsewhere/a.go", Line: 1, Column: 1}, Message: "m"},
		{Code: "vendor-sdk", Severity: model.Warning, Pos: token.Position{Filename: "b/b.go", Line: 7, Column: 2}, Message: "this is an SDK; leave it"},
		{Code: "process-exit", Severity: model.Warning, Pos: token.Position{Filename: "b/b.go", Line: 9, Column: 3}, Message: "os.Exit ends the process; return an error"},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v\ngot  %+v\nwant %+v", err, got, want)
	}
}

// A check that could not be made is an error, and what go vet does not print by
// its form too.
func TestReadErrors(t *testing.T) {
	for text, want := range map[string]string{
		`{"example.com/shop": {"processexit": {"error": "no facts"}}}`: "vet example.com/shop: processexit: ",
		"panic: no": "decode what go vet prints",
	} {
		if _, err := read("/app", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q in it", text, err, want)
		}
	}
}
