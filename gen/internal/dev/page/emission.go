package page

import (
	"fmt"
	"strings"

	"github.com/fngen/fngen/gen/internal/dev/broker"
	"github.com/fngen/fngen/gen/internal/dev/platform"
)

func sentOf(e platform.Emission) sent {
	out := sent{Kind: e.Kind, Name: e.Name, IsLetter: e.IsLetter, Body: shown(emissionText(e))}
	if event, err := e.Event(); err == nil {
		out.Type = event.Type()
	}
	return out
}

func emissionText(e platform.Emission) string {
	return headed(indented(e.Body), attributes(e.Attributes), pair("group", e.Group))
}

// whole is all of an entry as text.
func whole(e broker.Entry) string {
	var out strings.Builder
	word, _ := outcomeOf(e)
	fmt.Fprintf(&out, "%s %s %s %s\n", e.Time.Format("2006-01-02T15:04:05.000Z07:00"), e.Function, e.From, word)
	for _, line := range []string{e.Text, e.Failure} {
		if line != "" {
			fmt.Fprintln(&out, line)
		}
	}
	if e.Build > 0 {
		fmt.Fprintf(&out, "build %d\n", e.Build)
	}
	if e.Request != nil {
		fmt.Fprintf(&out, "\n-- request --\n%s\n", requestText(*e.Request))
	}
	for _, one := range e.Events {
		_, text := describe(one.Occurrence)
		fmt.Fprintf(&out, "\n-- event %d, attempt %d, %s --\n%s\n", one.Number, one.Attempt, one.Fate, text)
	}
	if len(e.Logs) > 0 {
		fmt.Fprintf(&out, "\n-- log --\n")
	}
	for _, l := range e.Logs {
		fmt.Fprintf(&out, "%s %s\n", l.Time.Format("15:04:05.000"), l.Text)
	}
	for _, one := range e.Emissions {
		fmt.Fprintf(&out, "\n-- sent to %s %s --\n%s\n", one.Kind, one.Name, emissionText(one))
	}
	return out.String()
}
