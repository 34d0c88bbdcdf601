package main

import (
	"bytes"
	"testing"

	"github.com/fngen/fngen/gen"
)

// What the command prints is the schema and nothing else.
func TestSchema(t *testing.T) {
	want, err := gen.Schema()
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"schema"}, &stdout, &stderr); code != 0 || stderr.Len() > 0 || !bytes.Equal(stdout.Bytes(), want) {
		t.Errorf("exit code %d, %s%s", code, stderr.String(), stdout.String())
	}
}
