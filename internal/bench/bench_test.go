package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// All subjects answer the request with one answer.
func TestSameAnswer(t *testing.T) {
	c, err := httpOnLambda()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range c.subjects {
		answer, err := s.run()
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

// What has a goal for allocations keeps it. Unlike the time they do not depend
// on the machine.
func TestAllocations(t *testing.T) {
	all, err := comparisons()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if c.allocs == 0 {
			continue
		}
		n := testing.AllocsPerRun(1000, func() { _, err = c.subjects[0].run() })
		if n > c.allocs || err != nil {
			t.Errorf("%s: %v allocations, want %v at most; error %v", c.what, n, c.allocs, err)
		}
	}
}

// A row has the medians, and the median of the shares round by round.
func TestRows(t *testing.T) {
	var b bytes.Buffer
	c := comparison{what: "work", time: 0.5, subjects: []subject{{name: "ours"}, {name: "theirs"}}}
	c.rows(&b, [][]sample{
		{{900, 5, 50}, {30, 5, 50}, {20, 5, 50}},
		{{9000, 9, 90}, {100, 9, 90}, {40, 9, 90}},
	})
	want := "| work | ours | 30 | 0.30 | 0.50 | 5 | 50 |\n|  | theirs | 100 | 1.00 |  | 9 | 90 |\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

// The command prints a row for each subject, all of which work.
func TestRun(t *testing.T) {
	var b bytes.Buffer
	if err := run(&b, 1, time.Microsecond, ""); err != nil {
		t.Fatal(err)
	}
	all, err := comparisons()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		for _, s := range c.subjects {
			if !strings.Contains(b.String(), "| "+s.name+" |") {
				t.Errorf("no row of %s in\n%s", s.name, b.String())
			}
		}
	}
}
