package directive

import (
	"fmt"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fngen/fngen/gen/internal/model"
)

// Options are what the directives of one function say besides its triggers. What
// they do not say is zero.
type Options struct {
	Name       string
	Timeout    time.Duration
	Retries    *int
	DeadLetter string
	Sinks      []model.Sink
	Targets    []string
	Setup      bool
	Positions  map[string]token.Pos // of the last directive, by verb
}

// optionsOf understands all directives that are no triggers, and says which
// are not known at all. targets are the names of the targets there are.
func optionsOf(ds []directive, targets []string) (Options, []Finding) {
	o := Options{Positions: map[string]token.Pos{}}
	var findings []Finding
	for _, d := range ds {
		w := &words{d: d, args: slices.Clone(d.args)}
		if _, twice := o.Positions[d.verb]; twice && d.verb != "sink" {
			w.fail(arg{}, "//fn:%s stands here twice; keep one", d.verb)
		}
		switch d.verb {
		case "http", "queue", "topic", "schedule", "object", "document", "stream", "event":
			continue
		case "name":
			o.Name = w.required("a name", validFunctionName)
			if len(w.findings) > 0 {
				o.Name = "" // it is reported here, not once more as the function's
			}
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
		case "setup":
			o.Setup = true
		default:
			w.fail(arg{}, "unknown directive //fn:%s; the directives are %s", model.Clip(d.verb), strings.Join(verbs, ", "))
			w.args = nil
		}
		w.end()
		o.Positions[d.verb] = d.pos
		findings = append(findings, w.findings...)
	}
	return o, findings
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
