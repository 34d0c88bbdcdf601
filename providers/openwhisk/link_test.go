package openwhisk

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// linked returns the symbols of the program in the folder of testdata.
func linked(t *testing.T, name string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds a program")
	}
	binary := filepath.Join(t.TempDir(), name)
	if out, err := exec.Command("go", "build", "-o", binary, "./testdata/"+name).CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	symbols, err := exec.Command("go", "tool", "nm", binary).Output()
	if err != nil {
		t.Fatalf("go tool nm: %v", err)
	}
	return string(symbols)
}

// A function links its own source and no other. It breaks as soon as shared
// code names a source, in a type switch or a table for instance.
func TestLinksItsOwnSourceOnly(t *testing.T) {
	symbols := linked(t, "queue")
	const own = "github.com/fngen/fngen/providers/openwhisk."
	if !strings.Contains(symbols, own+"Kafka.decode") {
		t.Error("the queue's own decoder is not found: the test looks for the wrong names")
	}
	for _, other := range []string{"Trigger", "Alarm", "CouchDB", "decodeCouchDB", "Fail"} {
		for line := range strings.Lines(symbols) {
			if strings.Contains(line, own+other) {
				t.Errorf("linked: %s", strings.TrimSpace(line))
			}
		}
	}
}

// A function that sends nothing links no sink and nothing that one needs, and
// another its own sink alone.
func TestLinksSinksOnDemand(t *testing.T) {
	for name, want := range map[string]bool{"queue": false, "letters": true} {
		symbols := linked(t, name)
		for _, symbol := range []string{"providers/openwhisk/sink/trigger.", " net/http.", " crypto/tls."} {
			if got := strings.Contains(symbols, symbol); got != want {
				t.Errorf("%s: %s is linked: %v, want %v", name, symbol, got, want)
			}
		}
		if strings.Contains(symbols, "fn/emit/httpsink.") {
			t.Errorf("%s: the sink of HTTP is linked", name)
		}
	}
}
