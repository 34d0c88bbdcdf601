package fnhttp_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A program that takes events one at a time links neither batches nor CORS.
func TestLinksWhatIsUsed(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program")
	}
	binary := filepath.Join(t.TempDir(), "plain")
	if out, err := exec.Command("go", "build", "-o", binary, "./testdata/plain").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	symbols, err := exec.Command("go", "tool", "nm", binary).Output()
	if err != nil {
		t.Fatalf("go tool nm: %v", err)
	}
	const own = "github.com/fngen/fngen/fn/fnhttp."
	if !strings.Contains(string(symbols), own+"(*handler).ServeHTTP") {
		t.Error("the handler is not found: the test looks for the wrong names")
	}
	for _, other := range []string{"(*batch)", "(*cors)", "split", "Handshake"} {
		if strings.Contains(string(symbols), own+other) {
			t.Errorf("%s is linked", other)
		}
	}
}
