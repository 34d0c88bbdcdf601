package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
)

// A planned is a plan that counts what becomes of it.
type planned struct {
	fails          error
	run, discarded int
}

func (p *planned) Changes() bool           { return true }
func (p *planned) Print(io.Writer)         {}
func (p *planned) Discard(context.Context) { p.discarded++ }
func (p *planned) Reached() []string       { return nil }
func (p *planned) Run(context.Context, func(string)) error {
	p.run++
	return p.fails
}

// Plans that are shown and not carried out are taken back: those of a dry run, those
// that nobody consents to, and those after one that fails.
func TestDiscarded(t *testing.T) {
	broken := errors.New("aws: the stack is gone")
	for name, c := range map[string]struct {
		shipping
		answer string
		fails  error
		run    [2]int
		want   string
	}{
		"a dry run": {shipping: shipping{dryRun: true}},
		"no":        {answer: "n\n", want: "nothing was changed"},
		"yes":       {answer: "y\n", run: [2]int{1, 1}},
		"a failure": {shipping: shipping{yes: true}, fails: broken, run: [2]int{1, 0}, want: broken.Error()},
	} {
		first, second := &planned{fails: c.fails}, &planned{}
		o := &options{stdin: strings.NewReader(c.answer), stdout: io.Discard, stderr: &bytes.Buffer{}}
		err := ship(t.Context(), o, c.shipping, "Deploy", []plan{first, second})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the error is %v, want %q", name, err, c.want)
		}
		if got := [2]int{first.run, second.run}; got != c.run || first.discarded != 1 || second.discarded != 1 {
			t.Errorf("%s: run %v, discarded %d and %d", name, got, first.discarded, second.discarded)
		}
	}
}
