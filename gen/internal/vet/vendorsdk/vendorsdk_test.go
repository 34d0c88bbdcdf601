package vendorsdk_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/fngen/fngen/gen/internal/vet/vendorsdk"
)

// A vendor's SDK is reported where handlers for other platforms link it, by
// packages of their own module, and nowhere else.
func Test(t *testing.T) {
	if testing.Short() {
		t.Skip("the standard library is type-checked from its source")
	}
	analysistest.Run(t, analysistest.TestData(), vendorsdk.Analyzer, "./shop", "./bound", "./allowed", "./setup", "./types", "./deep")
}
