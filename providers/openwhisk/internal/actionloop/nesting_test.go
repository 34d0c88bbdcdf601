package actionloop

import (
	"strings"
	"testing"
)

// Every parameter is checked. Levels are counted, not brackets: those in strings
// and those side by side do not add up.
func TestCheckNesting(t *testing.T) {
	deep := func(levels int) []byte { return []byte(strings.Repeat("[", levels) + strings.Repeat("]", levels)) }
	flat := Value{
		"a": []byte("1"), "b": deep(1000), "quoted": []byte(`"\"` + strings.Repeat("[", 2000) + `\\"`),
		"beside": []byte("[" + strings.Repeat(`[],{"a":"]"},`, 2000) + "{}]"),
	}
	if err := flat.CheckNesting(); err != nil {
		t.Error(err)
	}
	err := Value{"a": []byte("1"), "b": deep(1001)}.CheckNesting()
	if want := "the payload is nested deeper than 1000 levels"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
