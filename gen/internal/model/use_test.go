package model

import (
	"go/token"
	"testing"
)

// What infrastructure sets and what the providers read is one variable, and a
// finding about a use stands at its own directive, whatever others there are.
func TestUse(t *testing.T) {
	users := Use{Param: "users", Kind: UseDocument, Name: "users", Read: true, Write: true, Pos: token.Position{Filename: "shop.go", Line: 3, Column: 1}}
	key := Use{Param: "apiKey", Kind: UseSecret, Name: "stripe/api", Read: true, Pos: token.Position{Filename: "shop.go", Line: 4, Column: 1}}
	before := Function{Name: "refund", Pos: token.Position{Filename: "shop.go", Line: 9, Column: 1}, Positions: map[string]token.Position{"sink": {Filename: "shop.go", Line: 8, Column: 1}}}
	f := before.Using(users, key)
	if len(before.Positions) != 1 || len(before.Uses) != 0 {
		t.Errorf("Using changed the function that it was called of: %+v", before)
	}
	if got := users.Variable() + " " + key.Variable(); got != "FNGEN_USE_USERS FNGEN_USE_APIKEY" {
		t.Errorf("the variables are %s", got)
	}
	if got := users.Resource() + ", " + key.Resource(); got != "document:users, secret:stripe/api" {
		t.Errorf("the resources are %s", got)
	}
	if got := users.Right() + ", " + key.Right() + ", " + (Use{Write: true}).Right(); got != "read and write, read, write" {
		t.Errorf("the rights are %s", got)
	}
	report := NewReport("aws", f)
	for _, u := range f.Uses {
		report.ErrorAt("directive-value", u.Key(), "is wrong")
		if got := report.Diagnostics[len(report.Diagnostics)-1].Pos; got != u.Pos {
			t.Errorf("a finding about %s stands at %s", u.Param, Position(got))
		}
	}
}
