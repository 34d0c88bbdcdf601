package run

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/fngen/fngen/fn"
)

// Each brings every record to its outcome; results are in the records' order.
//
// Groups run in parallel up to the policy's concurrency, a group strictly in
// order. A retry stops its group: what follows is not started. Handlers run in
// goroutines of their own, and Each returns before ctx ends even if a handler
// does not: the context that handlers see ends the reserve earlier, and what has
// not returned some time after that is a retry. A panic or runtime.Goexit in a
// handler is a retry of its record. Errors of results are [mark.Settled]. Each keeps
// records, which a handler that is late may still read.
func Each(ctx context.Context, h fn.Handler, p Policy, records []Record) []Result {
	b := newBatch(ctx, h, p, records)
	defer b.reserved.End()
	b.reserved.Run(b.run)
	return b.finish()
}

// newBatch returns the records of an invocation, none of which has begun.
func newBatch(ctx context.Context, h fn.Handler, p Policy, records []Record) *batch {
	b := &batch{handler: h, policy: p, records: records, groups: groups(records)}
	if b.results = b.one[:]; len(records) != 1 {
		b.results = make([]Result, len(records))
	}
	for i := range b.results {
		b.results[i] = Result{Outcome: Retry, Err: errNotStarted, Late: true}
		records[i].context = recordContext{&b.reserved, &records[i]}
	}
	b.reserved.from(ctx)
	return b
}

type batch struct {
	handler fn.Handler
	policy  Policy
	records []Record
	groups  [][]int // indexes of records; nil if each is a group of its own

	reserved Reserved // the context for handlers

	next  atomic.Int64
	begun atomic.Int64 // records whose turn has come

	mu       sync.Mutex
	results  []Result
	one      [1]Result // the results of a single record
	finished bool
}

// count is the number of groups.
func (b *batch) count() int {
	if b.groups == nil {
		return len(b.records)
	}
	return len(b.groups)
}

// groups splits the records' indexes into order groups, in the order of their
// first records. It returns nil if each record is a group of its own.
func groups(records []Record) [][]int {
	if len(records) == 1 || !slices.ContainsFunc(records, func(r Record) bool { return r.Group != "" }) {
		return nil
	}
	out := make([][]int, 0, len(records))
	at := map[string]int{}
	for i, r := range records {
		if r.Group == "" {
			out = append(out, []int{i})
			continue
		}
		g, ok := at[r.Group]
		if !ok {
			g = len(out)
			at[r.Group] = g
			out = append(out, nil)
		}
		out[g] = append(out[g], i)
	}
	return out
}

func (b *batch) run() {
	workers := min(max(b.policy.Concurrency, 1), b.count())
	if workers <= 1 {
		(&worker{batch: b}).work()
		return
	}
	var wg sync.WaitGroup
	for range workers {
		wg.Go((&worker{batch: b}).work)
	}
	wg.Wait()
}

// set notes the result and reports whether it still counts.
func (b *batch) set(i int, r Result) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.finished {
		b.results[i] = r
	}
	return !b.finished
}

// isFinished reports whether the platform is being answered, or is already.
func (b *batch) isFinished() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.finished
}

// finish returns the results, in which nothing changes any more. What becomes
// of the records that are late or were not started is decided now.
func (b *batch) finish() []Result {
	b.mu.Lock()
	b.finished = true
	b.mu.Unlock()
	var left []int
	for i := range b.results {
		if err := b.results[i].Err; err == ErrNotReturned || err == errNotStarted {
			left = append(left, i)
		}
	}
	if left != nil {
		b.giveUp(left)
	}
	return b.results
}
