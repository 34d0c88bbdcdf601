package actionloop

import (
	"strings"
	"testing"
)

// Levels are counted, not brackets: those in strings and those side by side do
// not add up.
func TestDeeper(t *testing.T) {
	for _, test := range []struct {
		json   string
		levels int
	}{
		{`1`, 0},
		{`"[[["`, 0},
		{`"\"[[["`, 0},
		{`"\\"`, 0},
		{`[]`, 1},
		{`[[],[],{}]`, 2},
		{`{"a":{"b":[1,{"c":null}]},"d":[]}`, 4},
		{`["\\",[["]\"["]]]`, 3},
		{strings.Repeat("[", 50) + strings.Repeat("]", 50), 50},
	} {
		if deeper([]byte(test.json), test.levels) {
			t.Errorf("%s is deeper than %d", test.json, test.levels)
		}
		if test.levels > 0 && !deeper([]byte(test.json), test.levels-1) {
			t.Errorf("%s is not deeper than %d", test.json, test.levels-1)
		}
	}
}

// Every parameter is checked.
func TestCheckNesting(t *testing.T) {
	deep := func(levels int) []byte { return []byte(strings.Repeat("[", levels) + strings.Repeat("]", levels)) }
	if err := (Value{"a": []byte("1"), "b": deep(1000)}).CheckNesting(); err != nil {
		t.Error(err)
	}
	err := Value{"a": []byte("1"), "b": deep(1001)}.CheckNesting()
	if want := "the payload is nested deeper than 1000 levels"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
