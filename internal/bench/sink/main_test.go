package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// Both ways to send an event are taken by the server, and have their row.
func TestSending(t *testing.T) {
	for service, sending := range map[string]func(io.Writer, int, int) error{"SQS": sendingSQS, "Pub/Sub": sendingPubSub} {
		var b bytes.Buffer
		if err := sending(&b, 1, 2); err != nil {
			t.Fatalf("%s: %v", service, err)
		}
		for _, row := range []string{"| one event to " + service, "| fn.Emit |", "| hand-written, full client |"} {
			if !strings.Contains(b.String(), row) {
				t.Errorf("no row %s in\n%s", row, b.String())
			}
		}
	}
}
