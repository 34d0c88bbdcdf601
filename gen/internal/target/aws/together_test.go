package aws_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/target/aws"
)

// An application whose template CloudFormation would refuse is refused before.
func TestTooLarge(t *testing.T) {
	target := aws.New(config.Sections{Target: &config.Settings{}})
	for n, want := range map[int]bool{60: false, 90: true} {
		var functions []model.Function
		for i := range n {
			functions = append(functions, model.Function{Name: fmt.Sprintf("f%02d", i), Trigger: model.Event{Type: fmt.Sprintf("t%d", i)}})
		}
		_, diagnostics, err := target.Infrastructure(model.App{Functions: functions})
		if err != nil {
			t.Fatal(err)
		}
		if got := len(diagnostics) == 1 && strings.Contains(diagnostics[0].Message, "split the application"); got != want {
			t.Errorf("%d functions: %v", n, diagnostics)
		}
	}
}
