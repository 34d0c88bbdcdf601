package aws

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A function links its own source and no other. It breaks as soon as shared
// code names a source, in a type switch or a table for instance.
func TestLinksItsOwnSourceOnly(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program")
	}
	binary := filepath.Join(t.TempDir(), "queue")
	build := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", binary, "./testdata/queue")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	symbols, err := exec.Command("go", "tool", "nm", binary).Output()
	if err != nil {
		t.Fatalf("go tool nm: %v", err)
	}
	const own = "github.com/fngen/fngen/providers/aws."
	if !strings.Contains(string(symbols), own+"SQS.decode") {
		t.Error("the queue's own decoder is not found: the test looks for the wrong names")
	}
	for _, other := range []string{"S3", "EventBridge", "SNS", "Kinesis", "DynamoDB", "Scheduler", "(*server)", "(*response)", "(*proxyRequest)", "Fail", "changeFromBus", "eventFromBus", "describeNotification",
		"answerWhole", "answerLowest", "splitAggregate", "isAggregate", "(*itemDecoder)", "decodeItem", "(*snsRecord)", "(*firing)", "(*kinesisRecord)", "(*dynamoDBRecord)"} {
		for line := range strings.Lines(string(symbols)) {
			if strings.Contains(line, own+other) {
				t.Errorf("linked: %s", strings.TrimSpace(line))
			}
		}
	}
	if strings.Contains(string(symbols), " net/rpc.") {
		t.Error("net/rpc is linked")
	}
}
