package retain_test

import (
	"strings"
	"testing"

	"github.com/fngen/fngen/internal/retain"
)

// Copies stay as they are, whatever is copied after them, and within one piece
// they cost one allocation.
func TestCopy(t *testing.T) {
	source := []byte(strings.Repeat("abcdefgh", 100))
	var s retain.Strings
	var copies, want []string
	for n := range 40 {
		v := string(source[n : 2*n*n%len(source)/2+n])
		copies, want = append(copies, s.Copy(v)), append(want, strings.Clone(v))
	}
	for i := range copies {
		if copies[i] != want[i] {
			t.Errorf("copy %d is %q, want %q", i, copies[i], want[i])
		}
	}
	if n := testing.AllocsPerRun(100, func() {
		var s retain.Strings
		for range 3 {
			if s.Copy("0123456789") == "" {
				t.Error("an empty copy")
			}
		}
	}); n != 1 {
		t.Errorf("%v allocations, want 1", n)
	}
}
