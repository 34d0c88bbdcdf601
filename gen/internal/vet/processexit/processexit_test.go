package processexit_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/fngen/fngen/gen/internal/vet/processexit"
)

// What ends the process is reported where a handler comes to it by calls that are
// certain, through packages of its module, and nowhere else.
func Test(t *testing.T) {
	if testing.Short() {
		t.Skip("the standard library is type-checked from its source")
	}
	analysistest.Run(t, analysistest.TestData(), processexit.Analyzer, "./shop", "./stock")
}
