package directive

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fngen/fngen/gen/internal/model"
)

// A Set is what the directives of one function say, taken together: of a handler
// its triggers, one at least unless one is not understood, or that it is a
// setup.
type Set struct {
	Triggers []Trigger
	Options
}

// A Trigger is the trigger of one directive.
type Trigger struct {
	model.Trigger
	Pos     token.Pos
	Unclear bool // something is wrong with it, so that nothing is concluded from it
}

// mention is in every file that a directive, or a near miss of one, is in.
var mention = regexp.MustCompile(`(?i)` + tool + `[ \t]*:|//[@+/]?(?:go:)?(?:` + tool + `|` + mistyped + `)\b`)

// Mentioned reports whether the text of a file may hold a directive. Any other
// file need not be parsed.
func Mentioned(src []byte) bool { return mention.Match(src) }

// Written reports whether the text of a file that cannot be parsed seems to hold
// a directive, or what was meant as one.
func Written(src []byte) bool { return bytes.Contains(src, []byte("//fn:")) || missedLine.Match(src) }

// Read reads the directives in the doc comment of the function with the name. It
// returns all that is wrong with them, and false if there are none or if they
// contradict each other. targets are the names of the targets there are.
func Read(name string, doc *ast.CommentGroup, targets []string) (Set, []Finding, bool) {
	ds, wrong := directives(doc)
	if len(ds) == 0 {
		return Set{}, wrong, false
	}
	var set Set
	findings := wrong
	for _, d := range ds {
		t, more := triggerOf(d)
		findings = append(findings, more...)
		if t != nil {
			set.Triggers = append(set.Triggers, Trigger{t, d.pos, len(more) > 0})
		}
	}
	var more []Finding
	set.Options, more = optionsOf(ds, targets)
	findings = append(findings, more...)
	if f := set.contradiction(name, ds, len(wrong) > 0); f.Message != "" {
		return Set{}, append(findings, f), false
	}
	return set, findings, true
}

// contradiction says what is wrong with the directives taken together. unread
// says that there are more, which are not understood.
func (s Set) contradiction(name string, ds []directive, unread bool) Finding {
	switch {
	case s.Setup && slices.ContainsFunc(ds, func(d directive) bool {
		return slices.Contains(verbs, d.verb) && !slices.Contains([]string{"setup", "use", "allow"}, d.verb)
	}):
		return Finding{"setup-alone", s.Positions["setup"], fmt.Sprintf("%s is a setup, which takes no other directive than use; remove the others", name)}
	case s.Setup:
		return Finding{}
	case uses(ds):
		return Finding{"use-alone", s.Positions["use"], fmt.Sprintf("%s is no setup, and services come to handlers through one; move //fn:use beside the //fn:setup of the receiver's type, and give that the parameter", name)}
	case len(s.Triggers) == 0 && !unread && !slices.ContainsFunc(ds, func(d directive) bool { return !slices.Contains(verbs, d.verb) }):
		return Finding{"trigger-missing", ds[0].pos, fmt.Sprintf("%s has directives but no trigger; add one of //fn:%s", name, strings.Join(verbs[:8], ", //fn:"))}
	}
	for i, t := range s.Triggers {
		if slices.ContainsFunc(s.Triggers[:i], func(before Trigger) bool { return before.Kind() == t.Kind() }) {
			return Finding{"trigger-twice", t.Pos, fmt.Sprintf("%s has a second %s trigger, so two functions would have one name; keep one, or write a handler of its own for the other", name, t.Kind())}
		}
	}
	return Finding{}
}

func uses(ds []directive) bool {
	return slices.ContainsFunc(ds, func(d directive) bool { return d.verb == "use" })
}

// Options are what the directives of one function say besides its triggers. What
// they do not say is zero.
type Options struct {
	Name       string
	Was        []string // former names, the first one first
	Timeout    time.Duration
	Retries    *int
	DeadLetter string
	Sinks      []model.Sink
	Targets    []string
	Setup      bool
	Uses       []Use
	Allows     []Allow
	Positions  map[string]token.Pos // of the last directive, by verb
}

// An Allow acknowledges the function's warnings of a code.
type Allow struct {
	Code   model.Code
	Reason string
	Pos    token.Pos
}

// optionsOf understands all directives that are no triggers, and says which
// are not known at all. targets are the names of the targets there are.
func optionsOf(ds []directive, targets []string) (Options, []Finding) {
	o := Options{Positions: map[string]token.Pos{}}
	var findings []Finding
	for _, d := range ds {
		w := &words{d: d, args: slices.Clone(d.args)}
		if _, twice := o.Positions[d.verb]; twice && !slices.Contains([]string{"sink", "allow", "use"}, d.verb) {
			w.fail("directive-twice", arg{}, "//fn:%s stands here twice; keep one", d.verb)
		}
		switch d.verb {
		case "http", "queue", "topic", "schedule", "object", "document", "stream", "event":
			continue
		case "name":
			o.Name = w.required("a name", validFunctionName)
			if len(w.findings) > 0 {
				o.Name = "" // it is reported here, not once more as the function's
			}
			o.Was = w.formerNames(o.Name)
		case "timeout":
			w.required("a duration", func(s string) (err error) {
				o.Timeout, err = parseDuration(s)
				if err == nil && o.Timeout%time.Second != 0 {
					return model.ErrText("%q is no whole number of seconds; round it", s)
				}
				if err != nil {
					return fmt.Errorf("the timeout %w", err)
				}
				return nil
			})
		case "retries":
			w.required("a number", func(s string) error {
				n, err := strconv.Atoi(s)
				if err != nil || n < 0 || n > 100 {
					return model.ErrText("%q is not a number of retries; give 0 to 100", s)
				}
				o.Retries = &n
				return nil
			})
		case "deadletter":
			o.DeadLetter = w.required("a queue's name or none", model.ValidName)
		case "sink":
			o.Sinks = append(o.Sinks, w.sink(o.Sinks))
		case "targets":
			o.Targets = w.targets(targets)
		case "allow":
			if a := w.allow(o.Allows); len(w.findings) == 0 {
				o.Allows = append(o.Allows, a)
			}
		case "setup":
			o.Setup = true
		case "use":
			u := w.use(o.Uses)
			w.end()
			w.args, u.Unclear = nil, len(w.findings) > 0
			o.Uses = append(o.Uses, u)
		default:
			w.fail("directive-unknown", arg{}, "unknown directive //fn:%s; %sthe directives are %s", model.Clip(d.verb), model.DidYouMean(d.verb, verbs), strings.Join(verbs, ", "))
			w.args = nil
		}
		w.end()
		o.Positions[d.verb] = d.pos
		findings = append(findings, w.findings...)
	}
	return o, findings
}

// formerNames takes was=, the names that the function of the name had before.
func (w *words) formerNames(name string) []string {
	var names []string
	list := w.option("was", func(text string) error {
		for was := range strings.SplitSeq(text, ",") {
			switch {
			case was == name:
				return model.ErrText("has %q, the name that the function has now; give those that it had before", was)
			case slices.Contains(names, was):
				return model.ErrText("has %q twice; give it once", was)
			}
			if err := validFunctionName(was); err != nil {
				return err
			}
			names = append(names, was)
		}
		return nil
	})
	if list == "" {
		return nil
	}
	return names
}

func (w *words) sink(before []model.Sink) model.Sink {
	var s model.Sink
	w.required("a kind and a name", func(text string) error {
		kind, name, _ := strings.Cut(text, ":")
		if !slices.Contains([]string{"queue", "topic", "event", "http"}, kind) {
			return model.ErrText("%q is not a sink; write %s", text, usage["sink"])
		}
		s.Kind, s.Name = kind, name
		for _, b := range before {
			if b.Kind == kind && b.Name == name {
				return model.ErrText("the sink %s stands here twice; keep one", text)
			}
			if b.Name == name {
				return model.ErrText("another sink has the name of %s, by which handlers tell them apart; choose another", text)
			}
		}
		return model.ValidName(name)
	})
	s.Type = w.option("type", validEventType)
	return s
}

func (w *words) allow(before []Allow) Allow {
	a := Allow{Pos: w.d.pos}
	w.required("a code", func(text string) error {
		a.Code = model.Code(text)
		if slices.ContainsFunc(before, func(b Allow) bool { return b.Code == a.Code }) {
			return model.ErrText("%s is allowed here twice; keep one", text)
		}
		return model.Allowable(a.Code)
	})
	if a.Code == "" {
		return a // which is said
	}
	a.Reason = w.required("a reason", func(text string) error {
		if strings.TrimSpace(text) == "" {
			return fmt.Errorf("the reason is empty; say why the warning is none here")
		}
		return nil
	})
	return a
}

func (w *words) targets(known []string) []string {
	var out []string
	w.required("targets", func(text string) error {
		for name := range strings.SplitSeq(text, ",") {
			if !slices.Contains(known, name) {
				return model.ErrText("%q is not a target; the targets are %s", name, strings.Join(known, ", "))
			}
			if slices.Contains(out, name) {
				return model.ErrText("%q stands here twice; keep one", name)
			}
			out = append(out, name)
		}
		return nil
	})
	return out
}
