package main

import (
	"bytes"
	"strings"
	"testing"
)

// Both ways to send an event are taken by the server, and have their row.
func TestSending(t *testing.T) {
	var b bytes.Buffer
	if err := sending(&b, 1, 2); err != nil {
		t.Fatal(err)
	}
	for _, row := range []string{"| fn.Emit |", "| hand-written, full client |"} {
		if !strings.Contains(b.String(), row) {
			t.Errorf("no row %s in\n%s", row, b.String())
		}
	}
}
