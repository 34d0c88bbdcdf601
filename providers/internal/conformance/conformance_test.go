package conformance

import (
	"slices"
	"strings"
	"testing"

	"github.com/fngen/fngen/internal/native"
)

// platforms are those that the suite knows.
func platforms() []string { return []string{"aws", "gcp", "openwhisk"} }

// The table is as large as the model is, and says of every occurrence what has
// to become of it.
func TestOccurrences(t *testing.T) {
	const least = 60
	all := Occurrences()
	if len(all) < least {
		t.Errorf("%d occurrences, want at least %d", len(all), least)
	}
	names := map[string]bool{}
	triggers := map[string]int{}
	for _, o := range all {
		if names[o.Name] {
			t.Errorf("%s is there twice", o.Name)
		}
		names[o.Name] = true
		triggers[o.Directive.Trigger]++
		if !strings.HasPrefix(o.Name, o.Directive.Trigger+"/") {
			t.Errorf("%s is an occurrence of %s", o.Name, o.Directive.Trigger)
		}
		if (len(o.Records) > 1) != (len(o.Batches) > 0) {
			t.Errorf("%s has %d records and %d batches", o.Name, len(o.Records), len(o.Batches))
		}
		for i, r := range o.Records {
			if r.Fate == Handled && r.Want.Type == "" {
				t.Errorf("%s: nobody says what event record %d is", o.Name, i+1)
			}
		}
		for _, b := range o.Batches {
			for mode, want := range b.Want {
				if e, err := parseWant(want, mode.final()); err != nil || len(e) != len(o.Records) {
					t.Errorf("%s, %s: %q for %d records: %v", o.Name, b.Name, want, len(o.Records), err)
				}
			}
		}
	}
	for _, trigger := range []string{"http", "schedule", "queue", "topic", "object", "document", "stream", "event"} {
		if triggers[trigger] < 3 {
			t.Errorf("%d occurrences of %s", triggers[trigger], trigger)
		}
	}
}

// No occurrence is in the table for its own sake, and no gap is one of nothing:
// each is of one platform and one occurrence that there are, once.
func TestGaps(t *testing.T) {
	supported := map[string]int{}
	for _, o := range Occurrences() {
		supported[o.Name] = len(platforms())
	}
	seen := map[string]bool{}
	for _, g := range gaps() {
		if !slices.Contains(platforms(), g.platform) || g.reason == "" {
			t.Errorf("gap of %q for %q", g.platform, g.reason)
		}
		for _, name := range g.occurrences {
			if _, ok := supported[name]; !ok || seen[g.platform+" "+name] {
				t.Errorf("gap of %s: %q is no occurrence, or a gap already", g.platform, name)
			}
			seen[g.platform+" "+name] = true
			supported[name]--
		}
	}
	for _, name := range native.Names(supported) {
		if supported[name] < 1 {
			t.Errorf("no platform delivers %s", name)
		}
	}
}

// What is expected is compact, and means what its comment says.
func TestParseWant(t *testing.T) {
	got, err := parseWant("A1 R0 D3", false)
	if err != nil || !slices.Equal(got, []expectation{{Acknowledged, false, 1}, {Retried, false, 0}, {Acknowledged, true, 3}}) {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err = parseWant("D1", true); err != nil || !slices.Equal(got, []expectation{{Failed, true, 1}}) {
		t.Errorf("where nobody delivers again: %+v, %v", got, err)
	}
	for _, wrong := range []string{"X1", "A", "1"} {
		if _, err := parseWant(wrong, false); err == nil {
			t.Errorf("%q is accepted", wrong)
		}
	}
}

// A letter in the log is put together from its pieces.
func TestLetters(t *testing.T) {
	got, err := letters([]byte(`{"msg":"event failed","record":"m"}
{"msg":"event dropped","piece":1,"pieces":2,"event":"{\"id\":"}
{"msg":"event dropped","piece":2,"pieces":2,"event":"\"e\"}"}
{"msg":"event dropped","piece":1,"pieces":1,"raw_base64":"AP8="}
`))
	if err != nil || !slices.Equal(got, []letter{{event: `{"id":"e"}`}, {raw: "\x00\xff"}}) || got[0].id() != "e" {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := letters([]byte(`{"msg":"event dropped","piece":2,"pieces":2,"event":"x"}`)); err == nil {
		t.Error("a letter without its first piece is accepted")
	}
}
