package aws

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const own = "github.com/fngen/fngen/providers/aws."

// built returns the program of the folder in testdata.
func built(t *testing.T, name string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds a program")
	}
	binary := filepath.Join(t.TempDir(), name)
	build := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", binary, "./testdata/"+name)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

// linked returns the symbols of a program.
func linked(t *testing.T, binary string) string {
	t.Helper()
	symbols, err := exec.Command("go", "tool", "nm", binary).Output()
	if err != nil {
		t.Fatalf("go tool nm: %v", err)
	}
	return string(symbols)
}

// A function links its own source and no other. It breaks as soon as shared
// code names a source, in a type switch or a table for instance.
func TestLinksItsOwnSourceOnly(t *testing.T) {
	symbols := linked(t, built(t, "queue"))
	if !strings.Contains(symbols, own+"SQS.decode") {
		t.Error("the queue's own decoder is not found: the test looks for the wrong names")
	}
	for _, other := range []string{"S3", "EventBridge", "SNS", "Kinesis", "DynamoDB", "Scheduler", "(*server)", "(*response)", "(*proxyRequest)", "Fail", "changeFromBus", "eventFromBus", "describeNotification",
		"answerWhole", "answerLowest", "splitAggregate", "isAggregate", "(*snsRecord)", "(*firing)", "(*kinesisRecord)", "(*dynamoDBRecord)"} {
		for line := range strings.Lines(symbols) {
			if strings.Contains(line, own+other) {
				t.Errorf("linked: %s", strings.TrimSpace(line))
			}
		}
	}
	for _, foreign := range []string{"net/rpc.", "google.golang.org/protobuf/", "github.com/fngen/fngen/providers/aws/internal/item.", "github.com/fngen/fngen/internal/documents.Encode", "github.com/fngen/fngen/fn/document.", "github.com/fngen/fngen/providers/aws/resource/"} {
		if strings.Contains(symbols, " "+foreign) {
			t.Errorf("%s is linked", foreign)
		}
	}
}

// A function that does not stream has nothing of it. It breaks as soon as Serve
// is no longer small enough to become part of main.
func TestLinksStreamingOnDemand(t *testing.T) {
	for name, want := range map[string]bool{"requests": false, "stream": true} {
		symbols := linked(t, built(t, name))
		if !strings.Contains(symbols, own+"(*server).Invoke") {
			t.Errorf("%s: the server of requests is not found: the test looks for the wrong names", name)
		}
		for _, symbol := range []string{"(*stream).Read", "(*streamWriter).FlushError", "(*server).stream"} {
			if got := strings.Contains(symbols, own+symbol); got != want {
				t.Errorf("%s: %s is linked: %v, want %v", name, symbol, got, want)
			}
		}
	}
}
