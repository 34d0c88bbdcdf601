package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// All subjects do the same work: their answers to the request are one answer.
func TestSameAnswer(t *testing.T) {
	payload, err := request()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := invocation()
	defer cancel()
	for _, s := range subjects() {
		answer, err := s.handler.Invoke(ctx, payload)
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		var got struct {
			StatusCode        int
			Headers           map[string]string
			MultiValueHeaders map[string][]string
			Body              string
			IsBase64Encoded   bool
		}
		if err := json.Unmarshal(answer, &got); err != nil {
			t.Fatalf("%s: %s: %v", s.name, answer, err)
		}
		contentType := strings.Join(got.MultiValueHeaders["Content-Type"], "") + got.Headers["Content-Type"]
		if got.StatusCode != 200 || got.Body != greeting || got.IsBase64Encoded || contentType != "application/json" {
			t.Errorf("%s: %s", s.name, answer)
		}
	}
}

// A GET with ten headers costs at most 25 allocations, the handler's own among
// them. Unlike the time they do not depend on the machine.
func TestAllocations(t *testing.T) {
	payload, err := request()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := invocation()
	defer cancel()
	h := subjects()[0].handler
	if n := testing.AllocsPerRun(1000, func() { _, err = h.Invoke(ctx, payload) }); n > 25 || err != nil {
		t.Errorf("%v allocations, want 25 at most; error %v", n, err)
	}
}

// The table has the medians, and the median of the shares round by round.
func TestTable(t *testing.T) {
	var b bytes.Buffer
	table(&b, []subject{{name: "ours"}, {name: "theirs"}}, [][]sample{
		{{900, 5, 50}, {30, 5, 50}, {20, 5, 50}},
		{{9000, 9, 90}, {100, 9, 90}, {40, 9, 90}},
	})
	want := "| | ns per request | of httpadapter | allocations | bytes |\n|---|--:|--:|--:|--:|\n" +
		"| ours | 30 | 0.30 | 5 | 50 |\n| theirs | 100 | 1.00 | 9 | 90 |\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

// The command prints a row for each subject.
func TestRun(t *testing.T) {
	var b bytes.Buffer
	if err := run(&b, 1, 10); err != nil {
		t.Fatal(err)
	}
	for _, s := range subjects() {
		if strings.Count(b.String(), "| "+s.name+" |") != 2 {
			t.Errorf("no rows of %s in\n%s", s.name, b.String())
		}
	}
}
