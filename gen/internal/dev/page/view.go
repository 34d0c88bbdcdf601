package page

import (
	"embed"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"html/template"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/fngen/fngen/gen/internal/dev/broker"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/native"
)

//go:embed page.html page.css page.js icon.svg
var files embed.FS

var pages = template.Must(template.ParseFS(files, "page.html"))

// How much is on the page of what is whole in an entry's own text.
const (
	maxEntries = 100
	maxEvents  = 10 // of a delivery, and as many emissions
	maxLines   = 100
	maxHeld    = 100
)

// A part is one that changes while the page is open.
type part struct {
	ID, Version string // Version is another where the part is
	HTML        template.HTML
}

func render(name string, data any) string {
	var out strings.Builder
	if err := pages.ExecuteTemplate(&out, name, data); err != nil {
		return template.HTMLEscapeString(err.Error()) // a fault of the template's
	}
	return out.String()
}

func newPart(id string, data any) part {
	text := render(id, data)
	h := fnv.New64a()
	h.Write([]byte(text))
	return part{id, hex.EncodeToString(h.Sum(nil)), template.HTML(text)}
}

// parts are all of them, in the order of the page.
func parts(s Session, note note) []part {
	app := s.App()
	functions := newPart("functions", functionsOf(app, noNote))
	if note.Function != "" {
		functions.HTML = template.HTML(render("functions", functionsOf(app, note)))
	}
	return []part{
		newPart("status", app),
		newPart("chain", newChain(app.Functions, s.State())),
		functions,
		newPart("letters", lettersOf(s.Held())),
		newPart("documents", collectionsOf(s)),
	}
}

// maxDocuments is how many documents of a collection are on the page.
const maxDocuments = 50

// A collection is one on the page.
type collection struct {
	Name      string
	Documents []keptDocument
	All       int
}

type keptDocument struct {
	Key  string
	Body body
}

// More are those that the page has no room for.
func (c collection) More() int { return c.All - len(c.Documents) }

func collectionsOf(s Session) []collection {
	var out []collection
	for _, name := range s.Collections() {
		one := collection{Name: name}
		documents, all := s.Documents(name, maxDocuments)
		one.All = all
		for _, d := range documents {
			one.Documents = append(one.Documents, keptDocument{d.Key, shown(indented([]byte(d.JSON)))})
		}
		out = append(out, one)
	}
	return out
}

// A function is one on the page.
type function struct {
	model.Function
	Kind, Resource string
	URLs           []string
	Text           string // of its form
	Note           note
}

func functionsOf(app App, n note) []function {
	var out []function
	for _, f := range app.Functions {
		one := function{Function: f, Kind: f.Trigger.Kind(), Resource: f.Trigger.Resource(), URLs: app.URLs[f.Name]}
		if f.Trigger.Kind() != "schedule" {
			text, err := sampleOf(f, time.Now())
			if err != nil {
				text = err.Error()
			}
			one.Text = text
		}
		if n.Function == f.Name {
			one.Note = n
		}
		out = append(out, one)
	}
	return out
}

// Position is where the trigger is written.
func (f function) Position() string {
	if f.Pos.Filename == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d", f.Pos.Filename, f.Pos.Line)
}

// IsLink reports whether the address has no wildcards.
func (f function) IsLink(address string) bool {
	t, ok := f.Trigger.(model.HTTP)
	return ok && !strings.ContainsAny(address, "{}") && (len(t.Methods) == 0 || slices.Contains(t.Methods, "GET"))
}

// Rows are those of its form, which show all of a sample that is not long.
func (f function) Rows() int { return min(max(strings.Count(f.Text, "\n")+1, 3), 14) }

// Sinks are those that the events of the delivery have gone to, in a word each.
func (e entry) Sinks() []string {
	var out []string
	for _, one := range e.Sent {
		if name := one.Kind + " " + one.Name; !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

type letters struct {
	Letters []letter
	Queues  []queue // that have dead letters
	Dead    int     // of all
	All     int
}

// A queue is one with dead letters.
type queue struct {
	Name string
	Dead int
}

// More are those that the page has no room for.
func (l letters) More() int { return l.All - len(l.Letters) }

// A letter is a dead letter, or a message that nobody handles.
type letter struct {
	broker.Held
	At    string
	Title string
	Body  body
}

func lettersOf(held []broker.Held) letters {
	out := letters{All: len(held)}
	dead := map[string]int{}
	for _, h := range slices.Backward(held) {
		if h.Function != "" {
			out.Dead++
			dead[h.Queue]++
		}
		if len(out.Letters) < maxHeld {
			title, text := describe(h.Occurrence)
			out.Letters = append(out.Letters, letter{h, clock(h.Time), title, shown(text)})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(dead)) {
		out.Queues = append(out.Queues, queue{name, dead[name]})
	}
	return out
}

// An entry is one of the history.
type entry struct {
	broker.Entry
	At, Outcome, Class string
	Title              string
	Head               body // of a request
	CanRepeat          bool
	Attempt            int
	Took               string
	Events             []delivered
	MoreEvents         int
	Lines              []logLine
	MoreLines          int
	Sent               []sent
	MoreSent           int
}

type delivered struct {
	broker.Event
	Body body
}

type sent struct {
	Kind, Name, Type string
	IsLetter         bool
	Body             body
}

// The classes of entries, which give them a colour beside the word.
const (
	good    = "good"
	warning = "warning"
	bad     = "bad"
)

func entryOf(e broker.Entry) entry {
	out := entry{Entry: e, At: clock(e.Time), Title: e.Text}
	out.Outcome, out.Class = outcomeOf(e)
	out.CanRepeat = e.Function != "" && len(e.Events) > 0
	if e.Kind == broker.Delivered || e.Kind == broker.Answered {
		out.Took = took(e.Duration)
	}
	if e.Request != nil {
		out.Head, out.CanRepeat = shown(requestText(*e.Request)), e.Request.Left == 0
	}
	for i, one := range e.Events {
		title, text := describe(one.Occurrence)
		if i == 0 && e.Text == "" {
			out.Title = title
		}
		out.Attempt = max(out.Attempt, one.Attempt)
		if i < maxEvents {
			out.Events = append(out.Events, delivered{one, shown(text)})
		}
	}
	out.MoreEvents = len(e.Events) - len(out.Events)
	if n := len(e.Events); n > 1 && e.Text == "" {
		out.Title = fmt.Sprintf("%d events", n)
	}
	for _, l := range e.Logs[:min(len(e.Logs), maxLines)] {
		out.Lines = append(out.Lines, lineOf(l))
	}
	out.MoreLines = len(e.Logs) - len(out.Lines) + e.Cut
	for _, one := range e.Emissions[:min(len(e.Emissions), maxEvents)] {
		out.Sent = append(out.Sent, sentOf(one))
	}
	out.MoreSent = len(e.Emissions) - len(out.Sent)
	return out
}

// outcomeOf says in words, and by a class, what came of it.
func outcomeOf(e broker.Entry) (word, class string) {
	switch e.Kind {
	case broker.Answered:
		return answered(e.Request.Status)
	case broker.Delivered:
	case broker.Undelivered, broker.Expired, broker.Unheard:
		return string(e.Kind), warning
	default:
		return string(e.Kind), bad
	}
	counts := map[string]int{}
	for _, one := range e.Events {
		counts[one.Fate.String()]++
	}
	// A function that keeps an event among the dead letters itself acknowledges it.
	for _, one := range e.Emissions {
		if one.IsLetter && counts[native.Acknowledged.String()] > 0 {
			counts[native.Acknowledged.String()]--
			counts[string(broker.DeadLettered)]++
		}
	}
	var words []string
	for _, fate := range []struct{ word, class string }{
		{native.Acknowledged.String(), good}, {native.Redelivered.String(), warning}, {string(broker.DeadLettered), bad}, {native.Failed.String(), bad},
	} {
		n := counts[fate.word]
		if n == 0 {
			continue
		}
		class = fate.class
		if n == len(e.Events) {
			return fate.word, class
		}
		words = append(words, fmt.Sprintf("%d %s", n, fate.word))
	}
	return strings.Join(words, ", "), class
}

// answered says what the status of an answer means.
func answered(status int) (word, class string) {
	switch class = good; {
	case status >= 500:
		class = bad
	case status >= 400:
		class = warning
	}
	return fmt.Sprintf("answered %d", status), class
}

func clock(t time.Time) string { return t.Local().Format("15:04:05") }

func took(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return d.Round(time.Microsecond).String()
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	}
	return d.Round(10 * time.Millisecond).String()
}
