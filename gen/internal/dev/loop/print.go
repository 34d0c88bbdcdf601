package loop

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/fngen/fngen/gen/internal/dev/broker"
	"github.com/fngen/fngen/gen/internal/dev/page"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/native"
)

// A Printer writes notes for people, in colours or not.
type Printer struct {
	W       io.Writer
	Colours bool
	width   int // of the functions' names
}

const (
	red    = "31"
	yellow = "33"
	bold   = "1"
	faint  = "2"
)

func (p *Printer) colour(code, text string) string {
	if !p.Colours || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// Print writes the note.
func (p *Printer) Print(n Note) {
	switch n.Kind {
	case Started:
		p.line("", p.colour(bold, "http://"+n.Text)+", in memory: what waits here is lost at exit; the page is "+p.colour(bold, "http://"+n.Text+page.Path))
		p.line("", fmt.Sprintf("waits between deliveries are %d times shorter than on the platform", broker.Compression))
	case Serving:
		p.serving(n)
	case Stale:
		for i, text := range strings.Split(n.Err.Error(), "\n") {
			if i == 0 {
				text = served(n.Build) + ": " + text
			}
			p.line("", p.colour(yellow, text))
		}
	case Current:
		p.line("", fmt.Sprintf("build %d is the newest again", n.Build))
	case Happened:
		p.happened(*n.Delivery)
	case Logged:
		p.line(n.Function, "| "+n.Text)
	case Ended, Remarked:
		p.line("", n.Text)
	}
}

// served says what is served in the place of the newest source.
func served(build int) string {
	if build == 0 {
		return "nothing is served yet"
	}
	return fmt.Sprintf("still serving build %d", build)
}

// line writes a line behind the function's name, or one of no function.
func (p *Printer) line(function, text string) {
	if function != "" {
		h := fnv.New32a()
		h.Write([]byte(function))
		code := fmt.Sprint(32 + []uint32{0, 2, 3, 4}[h.Sum32()%4]) // green, blue, magenta or cyan
		text = p.colour(code, fmt.Sprintf("%-*s", p.width, function)) + "  " + text
	}
	fmt.Fprintln(p.W, text) // who reads it may be gone
}

func (p *Printer) serving(n Note) {
	wide := 0
	p.width = 0
	for _, f := range n.Functions {
		p.width = max(p.width, len(f.Function))
		wide = max(wide, len(trigger(f.Trigger)))
	}
	if n.Build == 1 {
		for _, f := range n.Functions {
			where := strings.Join(append(f.URLs, f.Folder), " ")
			p.line(f.Function, strings.TrimSpace(fmt.Sprintf("%-*s  %s", wide, trigger(f.Trigger), where)))
		}
	}
	p.line("", p.colour(bold, fmt.Sprintf("build %d is served, after %s", n.Build, round(n.Duration))))
}

// trigger is the trigger in a few words.
func trigger(t model.Trigger) string {
	text := t.Kind() + " " + t.Resource()
	if o, ok := t.(model.Object); ok && o.Suffix != "" {
		text += " suffix=" + o.Suffix
	}
	return text
}

func (p *Printer) happened(e broker.Entry) {
	for i, l := range e.Logs {
		if e.Cut > 0 && i == len(e.Logs)/2 {
			p.line(e.Function, fmt.Sprintf("| … %d lines …", e.Cut))
		}
		p.line(e.Function, "| "+l.Text)
	}
	if r := e.Request; r != nil {
		code := faint
		if r.Status >= 500 {
			code = yellow
		}
		p.line(e.Function, p.colour(code, outcome(fmt.Sprintf("%s %d in %s", e.From, r.Status, round(e.Duration)), e)))
		return
	}
	if e.Kind != broker.Delivered {
		code := yellow
		if e.Kind == broker.DeadLettered || e.Kind == broker.Dropped {
			code = red
		}
		text := strings.Join(strings.Fields(fmt.Sprintf("%s %s %s", e.From, numbers(e.Events), e.Kind)), " ")
		if e.Text != "" {
			text += ": " + e.Text
		}
		p.line(e.Function, p.colour(code, text))
		return
	}
	fates := map[native.Fate]int{}
	for _, one := range e.Events {
		fates[one.Fate]++
	}
	code, parts := faint, []string{}
	for _, fate := range []native.Fate{native.Acknowledged, native.Redelivered, native.Failed} {
		switch n := fates[fate]; {
		case n == 0:
			continue
		case n == len(e.Events):
			parts = append(parts, fate.String())
		default:
			parts = append(parts, fmt.Sprintf("%d %s", n, fate))
		}
		if fate != native.Acknowledged {
			code = yellow
		}
	}
	p.line(e.Function, p.colour(code, outcome(fmt.Sprintf("%s %s %s in %s", e.From, numbers(e.Events), strings.Join(parts, ", "), round(e.Duration)), e)))
}

// outcome is the text with what was sent, and why it failed.
func outcome(text string, e broker.Entry) string {
	for _, sent := range e.Emissions {
		text += ", sent to " + sent.Kind + " " + sent.Name
	}
	for _, written := range e.Writes {
		text += ", " + written
	}
	if e.Failure != "" {
		text += ": " + e.Failure
	}
	return text
}

// numbers are those of the events, with the attempt if it is not the first.
func numbers(events []broker.Event) string {
	switch len(events) {
	case 0:
		return ""
	case 1:
		if e := events[0]; e.Attempt > 1 {
			return fmt.Sprintf("#%d attempt %d", e.Number, e.Attempt)
		}
		if events[0].Number == 0 {
			return ""
		}
		return fmt.Sprintf("#%d", events[0].Number)
	}
	return fmt.Sprintf("#%d and %d more", events[0].Number, len(events)-1)
}

func round(d time.Duration) time.Duration {
	if d > time.Second {
		return d.Round(10 * time.Millisecond)
	}
	return d.Round(100 * time.Microsecond)
}

// jsonNote is a note as a line of JSON.
type jsonNote struct {
	Kind      string        `json:"kind"`
	Time      time.Time     `json:"time"`
	Build     int           `json:"build"`
	Function  string        `json:"function,omitempty"`
	From      string        `json:"from,omitempty"` // queue orders, or a request's method and target
	Text      string        `json:"text,omitempty"`
	Findings  []jsonFinding `json:"findings,omitempty"`
	Functions []jsonPlace   `json:"functions,omitempty"`
	Events    []jsonEvent   `json:"events,omitempty"`
	Status    int           `json:"status,omitempty"`
	Failure   string        `json:"failure,omitempty"`
	Duration  time.Duration `json:"duration,omitempty"` // nanoseconds
	Logs      []string      `json:"logs,omitempty"`
	Emissions []string      `json:"emissions,omitempty"` // the sinks: queue orders
	Writes    []string      `json:"writes,omitempty"`    // document users/7 created
}

type jsonFinding struct {
	Code    string `json:"code,omitempty"`
	Message string `json:"message"`
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
}

type jsonPlace struct {
	Function string   `json:"function"`
	Trigger  string   `json:"trigger"`
	Resource string   `json:"resource"`
	URLs     []string `json:"urls,omitempty"`
	Folder   string   `json:"folder,omitempty"`
}

type jsonEvent struct {
	Number  int64  `json:"number"`
	Attempt int    `json:"attempt"`
	Fate    string `json:"fate,omitempty"`
}

// PrintJSON writes the note as a line of JSON.
func PrintJSON(w io.Writer, n Note) {
	out := jsonNote{Kind: string(n.Kind), Time: n.Time, Build: n.Build, Function: n.Function, Text: n.Text, Duration: n.Duration}
	var findings model.Findings
	if errors.As(n.Err, &findings) {
		for _, d := range findings {
			out.Findings = append(out.Findings, jsonFinding{string(d.Code), d.Message, filepath.ToSlash(d.Pos.Filename), d.Pos.Line, d.Pos.Column})
		}
	} else if n.Err != nil {
		out.Findings = append(out.Findings, jsonFinding{Message: n.Err.Error()})
	}
	for _, f := range n.Functions {
		out.Functions = append(out.Functions, jsonPlace{f.Function, f.Trigger.Kind(), f.Trigger.Resource(), f.URLs, f.Folder})
	}
	if e := n.Delivery; e != nil {
		out.Kind, out.From, out.Text, out.Failure, out.Duration = string(e.Kind), e.From, e.Text, e.Failure, e.Duration
		if e.Request != nil {
			out.Status = e.Request.Status
		}
		for _, one := range e.Events {
			j := jsonEvent{Number: one.Number, Attempt: one.Attempt}
			if e.Kind == broker.Delivered {
				j.Fate = one.Fate.String()
			}
			out.Events = append(out.Events, j)
		}
		for _, l := range e.Logs {
			out.Logs = append(out.Logs, l.Text)
		}
		out.Writes = e.Writes
		for _, sent := range e.Emissions {
			out.Emissions = append(out.Emissions, sent.Kind+" "+sent.Name)
		}
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(out) // who reads it may be gone
}
