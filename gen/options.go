package gen

import (
	"fmt"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"time"
)

// options is what the directives of one handler say besides its triggers.
type options struct {
	name       string
	timeout    time.Duration
	retries    *int
	deadLetter string
	sinks      []Sink
	targets    []string
	setup      bool
	positions  map[string]token.Pos // of the directive, by verb
}

// optionsOf understands all directives that are no triggers, and says which
// are not known at all. targets are the names of the targets there are.
func optionsOf(ds []directive, targets []string) (options, []finding) {
	o := options{positions: map[string]token.Pos{}}
	var findings []finding
	for _, d := range ds {
		w := &words{d: d, args: slices.Clone(d.args)}
		if _, twice := o.positions[d.verb]; twice && d.verb != "sink" {
			w.fail(arg{}, "//fn:%s stands here twice; keep one", d.verb)
		}
		switch d.verb {
		case "http", "queue", "topic", "schedule", "object", "document", "stream", "event":
			continue
		case "name":
			o.name = w.required("a name", validFunctionName)
			if len(w.findings) > 0 {
				o.name = "" // it is reported here, not once more as the function's
			}
		case "timeout":
			w.required("a duration", func(s string) (err error) {
				o.timeout, err = parseDuration(s)
				if err == nil && o.timeout%time.Second != 0 {
					return errText("%q is no whole number of seconds; round it", s)
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
					return errText("%q is not a number of retries; give 0 to 100", s)
				}
				o.retries = &n
				return nil
			})
		case "deadletter":
			o.deadLetter = w.required("a queue's name or none", validName)
		case "sink":
			o.sinks = append(o.sinks, w.sink(o.sinks))
		case "targets":
			o.targets = w.targets(targets)
		case "setup":
			o.setup = true
		default:
			w.fail(arg{}, "unknown directive //fn:%s; the directives are %s", clip(d.verb), strings.Join(verbs, ", "))
			w.args = nil
		}
		w.end()
		o.positions[d.verb] = d.pos
		findings = append(findings, w.findings...)
	}
	return o, findings
}

func (w *words) sink(before []Sink) Sink {
	var s Sink
	w.required("a kind and a name", func(text string) error {
		kind, name, _ := strings.Cut(text, ":")
		if !slices.Contains([]string{"queue", "topic", "event", "http"}, kind) {
			return errText("%q is not a sink; write %s", text, usage["sink"])
		}
		s.Kind, s.Name = kind, name
		for _, b := range before {
			if b.Kind == kind && b.Name == name {
				return errText("the sink %s stands here twice; keep one", text)
			}
			if b.Name == name {
				return errText("another sink has the name of %s, by which handlers tell them apart; choose another", text)
			}
		}
		return validName(name)
	})
	s.Type = w.option("type", validEventType)
	return s
}

func (w *words) targets(known []string) []string {
	var out []string
	w.required("targets", func(text string) error {
		for name := range strings.SplitSeq(text, ",") {
			if !slices.Contains(known, name) {
				return errText("%q is not a target; the targets are %s", name, strings.Join(known, ", "))
			}
			if slices.Contains(out, name) {
				return errText("%q stands here twice; keep one", name)
			}
			out = append(out, name)
		}
		return nil
	})
	return out
}
