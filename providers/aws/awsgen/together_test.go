package awsgen_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fngen/fngen/gen"
	"github.com/fngen/fngen/providers/aws/awsgen"
)

// An application whose template CloudFormation would refuse is refused before.
func TestTooLarge(t *testing.T) {
	target := awsgen.New(&gen.Settings{}, nil)
	for n, want := range map[int]bool{60: false, 90: true} {
		var functions []gen.Function
		for i := range n {
			functions = append(functions, gen.Function{Name: fmt.Sprintf("f%02d", i), Trigger: gen.Event{Type: fmt.Sprintf("t%d", i)}})
		}
		diagnostics := target.CheckApp(functions)
		if got := len(diagnostics) == 1 && strings.Contains(diagnostics[0].Message, "split the application"); got != want {
			t.Errorf("%d functions: %v", n, diagnostics)
		}
	}
}
