package tfschema

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Override fails the test unless terraform, the program, lays the override over
// main.tf if it fits, and otherwise refuses it for a resource that is not there. Its
// own formatter changes neither file.
func Override(t *testing.T, terraform string, main []byte, override string, fits bool) {
	t.Helper()
	dir := t.TempDir()
	for name, data := range map[string][]byte{"main.tf": main, "operations_override.tf": []byte(override)} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.CommandContext(t.Context(), terraform, "-chdir="+dir, "fmt", "-check", "-diff").CombinedOutput(); err != nil {
		t.Errorf("terraform fmt: %v\n%s", err, out)
	}
	out, err := exec.CommandContext(t.Context(), terraform, "-chdir="+dir, "providers", "-no-color").CombinedOutput()
	if missing := strings.Contains(string(out), "Missing resource to override"); (err == nil) != fits || missing == fits {
		t.Errorf("terraform providers: %v\n%s", err, out)
	}
}
