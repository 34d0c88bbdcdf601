// Package collection is the table of what becomes of calls of a collection of
// documents: the same in memory and on every platform. The tests of each run it.
package collection

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/fngen/fngen/fn/document"
)

// A Subject is a collection, empty at first, and what can happen to its calls.
type Subject struct {
	*document.Collection
	Faults Faults                   // nil in memory, whose answers are never lost
	Apart  func(name string) string // why a row has another outcome; "" for none
}

// Faults are what happens to calls on the way to the service.
type Faults interface {
	LoseAnswer()    // of the next call, which is done
	Throttle(n int) // the next n calls
	Break(n int)    // the next n calls, by an error of the server
}

// An outcome is what a call came to.
type outcome string

const (
	ok       outcome = "ok"
	notFound outcome = "not found"
	exists   outcome = "exists"
	conflict outcome = "conflict"
	refused  outcome = "refused" // or failed otherwise
)

func outcomeOf(err error) outcome {
	switch {
	case err == nil:
		return ok
	case errors.Is(err, document.ErrNotFound):
		return notFound
	case errors.Is(err, document.ErrExists):
		return exists
	case errors.Is(err, document.ErrConflict):
		return conflict
	}
	return refused
}

// A call is a step of a row.
type call struct {
	op   string // get, create, put, replace, delete
	key  string // "" is the row's own
	doc  any    // what is written; a raw for JSON as it stands
	at   string // the name of the revision
	keep string // the name under which the revision that is returned is kept
	want outcome
	json string // what get returns; "" is not compared
	on   string // what happens to the call: lose, throttle, break
}

type row struct {
	name  string
	calls []call
}

type raw = json.RawMessage

// Run runs the table.
func Run(t *testing.T, s Subject) {
	calls := 0
	for i, r := range rows() {
		calls += len(r.calls)
		t.Run(r.name, func(t *testing.T) {
			if s.Apart != nil {
				if why := s.Apart(r.name); why != "" {
					t.Skip(why)
				}
			}
			s.run(t, fmt.Sprintf("row%d", i), r)
		})
	}
	if calls < 80 {
		t.Errorf("the table has %d calls", calls)
	}
}

func (s Subject) run(t *testing.T, own string, r row) {
	revisions := map[string]string{"": "", "never": "never a revision"}
	for i, c := range r.calls {
		key := c.key
		if key == "" {
			key = own
		}
		var got raw
		var revision string
		do := func() (err error) {
			switch c.op {
			case "get":
				revision, err = s.Get(t.Context(), key, &got)
			case "create":
				revision, err = s.Create(t.Context(), key, c.doc)
			case "put":
				revision, err = s.Put(t.Context(), key, c.doc)
			case "replace":
				revision, err = s.Replace(t.Context(), key, c.doc, revisions[c.at])
			case "delete":
				err = s.Delete(t.Context(), key, revisions[c.at])
			default:
				t.Fatalf("call %d: %s is no call", i, c.op)
			}
			return err
		}
		err := s.under(c.on, do)
		if outcomeOf(err) != c.want {
			t.Errorf("call %d, %s %.60q: %s (%v), want %s", i, c.op, key, outcomeOf(err), err, c.want)
		}
		if err == nil && c.op != "delete" && revision == "" {
			t.Errorf("call %d, %s: no revision", i, c.op)
		}
		if err != nil && revision != "" {
			t.Errorf("call %d, %s: the revision %q with an error", i, c.op, revision)
		}
		if c.json != "" && string(got) != c.json {
			t.Errorf("call %d, get: %.200s, want %.200s", i, got, c.json)
		}
		if c.keep != "" {
			revisions[c.keep] = revision
		}
	}
}

// under makes a call while something happens. In memory an answer that is lost is
// a call that is made twice.
func (s Subject) under(fault string, do func() error) error {
	switch {
	case fault == "lose" && s.Faults == nil:
		_ = do()
	case fault == "lose":
		s.Faults.LoseAnswer()
	case fault == "throttle" && s.Faults != nil:
		s.Faults.Throttle(3)
	case fault == "break" && s.Faults != nil:
		s.Faults.Break(2)
	}
	return do()
}

// Increment has 1,000 increments of one document made by writers at once, each by
// Get and Replace, until it succeeds. None may be lost.
func Increment(t *testing.T, c *document.Collection) {
	const writers, each = 10, 100
	type counter struct{ N int }
	if _, err := c.Create(t.Context(), "counter", counter{}); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range each {
				if err := increment(t.Context(), c); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	var got counter
	if _, err := c.Get(t.Context(), "counter", &got); err != nil || got.N != writers*each {
		t.Errorf("%d increments are there (%v), want %d", got.N, err, writers*each)
	}
}

func increment(ctx context.Context, c *document.Collection) error {
	for {
		var n struct{ N int }
		revision, err := c.Get(ctx, "counter", &n)
		if err != nil {
			return err
		}
		n.N++
		if _, err = c.Replace(ctx, "counter", n, revision); !errors.Is(err, document.ErrConflict) {
			return err
		}
	}
}

// Race has writers create one document at once: one of them does. Each row of the
// table is for itself, so that this one stands beside it.
func Race(t *testing.T, c *document.Collection) {
	const writers = 8
	outcomes := make([]outcome, writers)
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			_, err := c.Create(t.Context(), "race", map[string]int{"by": i})
			outcomes[i] = outcomeOf(err)
		})
	}
	wg.Wait()
	count := map[outcome]int{}
	for _, o := range outcomes {
		count[o]++
	}
	if count[ok] != 1 || count[exists] != writers-1 {
		t.Errorf("outcomes %v, want one ok and else exists", count)
	}
}

func nested(levels int) raw {
	return raw(strings.Repeat(`{"v":`, levels) + "1" + strings.Repeat("}", levels))
}
