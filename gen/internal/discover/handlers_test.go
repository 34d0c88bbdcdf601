package discover

import (
	"go/ast"
	"go/parser"
	"go/token"
	"testing"
)

// Entrypoints lie below the application's root, so that the rule for internal
// folders decides which handlers they reach.
func TestVisible(t *testing.T) {
	for _, c := range []struct {
		app, pkg string
		want     bool
	}{
		{"example.com/shop", "example.com/shop", true},
		{"example.com/shop", "example.com/shop/internal", true},
		{"example.com/shop", "example.com/shop/internal/stock", true},
		{"example.com/shop", "example.com/shop/orders/internal/stock", false},
		{"example.com/shop", "example.com/shop/internal/a/internal/b", false},
		{"example.com/shop", "example.com/shop/internals/stock", true},
		{"example.com/shop", "example.com/shop/notinternal", true},
		{"example.com/m/shop", "example.com/m/internal/stock", true},
		{"example.com/m/shop", "example.com/m/shopping/internal/stock", false},
		{"example.com/m/shop", "example.com/m/shop/internal/stock", true},
	} {
		if got := visible(c.app, c.pkg); got != c.want {
			t.Errorf("visible(%q, %q) = %t; want %t", c.app, c.pkg, got, c.want)
		}
	}
}

// Every way to write a receiver names its type.
func TestReceiver(t *testing.T) {
	for receiverText, want := range map[string]struct {
		name    string
		pointer bool
	}{
		"s Shop":          {"Shop", false},
		"s *Shop":         {"Shop", true},
		"*Shop":           {"Shop", true},
		"(Shop)":          {"Shop", false},
		"s (*Shop)":       {"Shop", true},
		"s *(Shop)":       {"Shop", true},
		"b Box[T]":        {"Box", false},
		"b *Box[T]":       {"Box", true},
		"b *Box[K, V]":    {"Box", true},
		"s struct{ int }": {"", false}, // Go refuses it later
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "", "package p\nfunc ("+receiverText+") F() {}", 0)
		if err != nil {
			t.Fatal(err)
		}
		name, pointer := receiver(file.Decls[0].(*ast.FuncDecl))
		if name != want.name || pointer != want.pointer {
			t.Errorf("receiver (%s) = %q, %t; want %q, %t", receiverText, name, pointer, want.name, want.pointer)
		}
	}
}
