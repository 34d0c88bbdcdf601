// Package deploy is what deployment has in common on every platform: a plan,
// which is data until it is printed, what carries it out, and logs.
//
// A platform compares first and changes nothing of the application. What a plan does
// can be broken off between any two requests: the same command makes the rest.
package deploy

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// A Do is what becomes of a thing on the platform.
type Do string

const (
	Create Do = "create"
	Change Do = "change"
	Remove Do = "remove"
	Keep   Do = "keep"  // it is as it must be
	Leave  Do = "leave" // the application no longer has it, and --prune would remove it
)

// sign is how the plan shows it, and done what is said when it is done.
func (d Do) sign() string {
	return map[Do]string{Create: "+", Change: "~", Remove: "-", Leave: "!"}[d]
}

func (d Do) done() string {
	return map[Do]string{Create: "created", Change: "changed", Remove: "removed"}[d]
}

// A Step is what is done to one thing.
type Step struct {
	Do   Do     `json:"do"`
	Kind string `json:"kind"` // action, trigger, …; on aws and gcp the type of the resource
	Name string `json:"name"`
	Why  string `json:"why,omitempty"`
}

// Done is the step as a line of progress.
func (s Step) Done() string { return fmt.Sprintf("%s %s %s", s.Do.done(), s.Kind, s.Name) }

// Options say what a plan is made for.
type Options struct {
	Prune  bool // it removes what fngen has deployed and the application no longer has
	DryRun bool // it is shown and not carried out, and nothing is left of it on the platform
}

// A Plan is what an application needs on one platform, compared with what is
// there.
type Plan struct {
	Target string   `json:"target"`
	Place  string   `json:"place"` // where on the platform
	Steps  []Step   `json:"steps"`
	Notes  []string `json:"notes"` // what whoever deploys should know

	*Result // once it is carried out

	// Carry carries the plan out. It tells each step when it is done, what takes
	// long, and when the context ends what goes on without it.
	Carry func(ctx context.Context, tell func(string)) (Result, error) `json:"-"`

	// Drop takes back what making the plan has left on the platform; nil for nothing.
	Drop func(ctx context.Context) `json:"-"`
}

// A Result is what is there now.
type Result struct {
	Addresses []Address `json:"addresses"`
}

// An Address is where a function takes requests.
type Address struct {
	Function string `json:"function"`
	URL      string `json:"url"`
}

// Discard takes back what is left of a plan that is not carried out.
func (p *Plan) Discard(ctx context.Context) {
	if p.Drop != nil {
		p.Drop(context.WithoutCancel(ctx))
		p.Drop = nil
	}
}

// Run carries the plan out and keeps its result.
func (p *Plan) Run(ctx context.Context, tell func(string)) error {
	p.Drop = nil
	r, err := p.Carry(ctx, tell)
	if err != nil {
		return fmt.Errorf("%s: %w", p.Target, err)
	}
	p.Result = &r
	return nil
}

// Reached are the addresses of the result, a line each.
func (p *Plan) Reached() []string {
	var lines []string
	if p.Result != nil {
		for _, a := range p.Addresses {
			lines = append(lines, a.Function+" "+a.URL)
		}
	}
	return lines
}

// Count is the number of steps that do so.
func (p *Plan) Count(do Do) int {
	n := 0
	for _, s := range p.Steps {
		if s.Do == do {
			n++
		}
	}
	return n
}

// Changes reports whether the plan changes anything.
func (p *Plan) Changes() bool { return p.Count(Create)+p.Count(Change)+p.Count(Remove) > 0 }

// Summary is the plan in one line.
func (p *Plan) Summary() string {
	text := fmt.Sprintf("%d to create, %d to change, %d to remove, %d unchanged", p.Count(Create), p.Count(Change), p.Count(Remove), p.Count(Keep))
	if n := p.Count(Leave); n > 0 {
		text += fmt.Sprintf(", %d no longer in the application", n)
	}
	return text
}

// Print writes the plan for people: all but what is kept, which is counted.
func (p *Plan) Print(w io.Writer) {
	fmt.Fprintf(w, "%s: %s\n", p.Target, p.Place)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, s := range p.Steps {
		if s.Do == Keep {
			continue
		}
		line := fmt.Sprintf("  %s %s\t%s\t%s", s.Do.sign(), s.Kind, s.Name, s.Why)
		fmt.Fprintln(table, strings.TrimRight(line, "\t"))
	}
	table.Flush()
	for _, n := range p.Notes {
		fmt.Fprintf(w, "  note: %s\n", n)
	}
	fmt.Fprintf(w, "  %s\n", p.Summary())
}

// A Line is one that a function logged, or one of the platform about it.
type Line struct {
	Time time.Time `json:"time"`
	Text string    `json:"text"`
}

// LogOptions say which lines.
type LogOptions struct {
	Since  time.Time
	Follow bool          // until the context ends
	Every  time.Duration // that is asked for new ones
}

// Ask asks for what was logged since a time, once or with Follow until the context
// ends, which is no error then: again and again for what may come so late.
func (o LogOptions) Ask(ctx context.Context, late time.Duration, ask func(since time.Time) error) error {
	for since := o.Since; ; {
		begun := time.Now()
		err := ask(since)
		if o.Follow && ctx.Err() != nil {
			return nil
		}
		if err != nil || !o.Follow {
			return err
		}
		if recent := begun.Add(-late); recent.After(since) {
			since = recent
		}
		if Pause(ctx, o.Every) != nil {
			return nil
		}
	}
}

// Pause waits, unless the context ends before.
func Pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
