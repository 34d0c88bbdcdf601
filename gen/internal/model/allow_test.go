package model

import (
	"go/token"
	"testing"
)

// An allow counts from its function's first line to its last, for its code and
// for warnings alone, and knows whether it has counted.
func TestAllows(t *testing.T) {
	at := func(file string, line int) token.Position {
		return token.Position{Filename: file, Line: line, Column: 1}
	}
	list := []Allow{
		{Code: "left-out", Pos: at("a.go", 21), First: at("a.go", 20), Last: 30},
		{Code: "left-out", Pos: at("a.go", 11), First: at("a.go", 10), Last: 15},
		{Code: "kafka-text", Pos: at("a.go", 12), First: at("a.go", 10), Last: 15},
		{Code: "topic-json", Pos: at("fngen.yaml", 2)},
	}
	for _, c := range []struct {
		code     Code
		severity Severity
		file     string
		line     int
		covered  token.Position // by which; none if it is not
	}{
		{"left-out", Warning, "a.go", 9, token.Position{}},
		{"left-out", Warning, "a.go", 10, at("a.go", 11)},
		{"left-out", Warning, "a.go", 15, at("a.go", 11)},
		{"left-out", Warning, "a.go", 16, token.Position{}},
		{"left-out", Warning, "a.go", 20, at("a.go", 21)},
		{"left-out", Warning, "a.go", 30, at("a.go", 21)},
		{"left-out", Warning, "a.go", 31, token.Position{}},
		{"left-out", Error, "a.go", 10, token.Position{}},
		{"left-out", Warning, "b.go", 10, token.Position{}},
		{"kafka-text", Warning, "a.go", 20, token.Position{}},
		{"kafka-text", Warning, "a.go", 12, at("a.go", 12)},
		{"topic-json", Warning, "b.go", 1, at("fngen.yaml", 2)},
		{"topic-json", Error, "b.go", 1, token.Position{}},
	} {
		a := NewAllows(list)
		pos := at(c.file, c.line)
		covered := a.Cover(Diagnostic{Code: c.code, Severity: c.severity, Pos: pos}, []token.Position{pos})
		if covered != c.covered.IsValid() {
			t.Errorf("%+v: covered is %t", c, covered)
		}
		unused := a.Unused()
		if _, is := unused[c.covered]; is || len(unused) != len(list)-map[bool]int{true: 1}[covered] {
			t.Errorf("%+v: unused are %v", c, unused)
		}
	}
}

// A slip is one letter, and of longer words a few; other words are none.
func TestDidYouMean(t *testing.T) {
	words := []string{"queue", "topic", "object", "deadletter", "http"}
	for text, want := range map[string]string{
		"queu": "queue", "quueue": "queue", "uqeue": "queue", "qeueu": "", "htpp": "http", "tpic": "topic", "Topic": "topic",
		"dedletter": "deadletter", "dead-letter": "deadletter", "deadleters": "deadletter", "deadqueue": "",
		"": "", "x": "", "q": "", "cron": "", "objekte": "object", "subject": "object",
	} {
		if want != "" {
			want = "did you mean " + want + "? "
		}
		if got := DidYouMean(text, words); got != want {
			t.Errorf("DidYouMean(%q) = %q, want %q", text, got, want)
		}
	}
}
