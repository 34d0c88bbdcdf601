package payload

import (
	"bytes"
	"testing"
)

// A line has the size that is asked for, and its end at the end alone.
func TestActivation(t *testing.T) {
	for _, size := range []int{617, 66_000} {
		line, err := Activation(size)
		if err != nil {
			t.Fatal(err)
		}
		if len(line) != size || bytes.IndexByte(line, '\n') != size-1 {
			t.Errorf("%d bytes, want %d", len(line), size)
		}
	}
	if line, err := Activation(100); err == nil {
		t.Errorf("100 bytes: %s", line)
	}
}
