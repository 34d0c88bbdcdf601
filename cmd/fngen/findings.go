package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/fngen/fngen/gen"
)

// A finding is a line of standard error with -o json. docs/finding.schema.json
// says what each member is.
type finding struct {
	Severity string `json:"severity"`
	Code     string `json:"code,omitempty"`
	Message  string `json:"message"`
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
	Function string `json:"function,omitempty"`
	Target   string `json:"target,omitempty"`
}

func (o *options) line(f finding) { printLine(o.stderr, f) }

// find says the finding.
func (o *options) find(d gen.Diagnostic) {
	if o.output != "json" {
		fmt.Fprintln(o.stderr, d)
		return
	}
	f := finding{Severity: d.Severity.String(), Code: d.Code, Message: d.Message, File: d.Pos.Filename, Function: d.Function, Target: d.Target}
	if d.Pos.Line > 0 {
		f.Line, f.Column = d.Pos.Line, max(d.Pos.Column, 1)
	}
	o.line(f)
}

// tell says what is no finding: a warning of what the command did, or a note.
func (o *options) tell(severity, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	switch {
	case o.output == "json":
		o.line(finding{Severity: severity, Message: message})
	case severity == "note":
		fmt.Fprintln(o.stderr, message)
	default:
		fmt.Fprintf(o.stderr, "%s: %s\n", severity, message)
	}
}

// refused says the findings that an error is made of, which ends in errFindings
// then.
func (o *options) refused(err error) error {
	var findings gen.Findings
	if errors.As(err, &findings) {
		return o.report(findings, 0)
	}
	return err
}

// fail says why the command ends without having done what it should.
func (o *options) fail(err error) {
	if o.output == "json" {
		o.line(finding{Severity: "error", Message: err.Error()})
		return
	}
	fmt.Fprintf(o.stderr, "fngen: error: %v\n", err)
}

// sum counts findings, if there are any, and acknowledged warnings, for people.
func (o *options) sum(findings []gen.Diagnostic, acknowledged int) {
	if o.output == "json" {
		return
	}
	failed, warnings := 0, 0
	for _, d := range findings {
		if d.Severity == gen.Error {
			failed++
		} else {
			warnings++
		}
	}
	var counts []string
	for _, c := range []struct {
		n    int
		noun string
	}{{failed, "error"}, {warnings, "warning"}, {acknowledged, "acknowledged warning"}} {
		if c.n > 0 {
			counts = append(counts, count(c.n, c.noun))
		}
	}
	switch {
	case failed+warnings > 0:
		fmt.Fprintf(o.stderr, "%s; fngen help findings says what the codes mean\n", strings.Join(counts, ", "))
	case len(counts) > 0:
		fmt.Fprintln(o.stderr, counts[0])
	}
}

// findingsHelp lists the codes of all findings with what they mean.
func findingsHelp() string {
	var b strings.Builder
	b.WriteString(`The code at the end of a finding says of which kind it is. A warning that is known
and right is acknowledged, and said no more: one of a function at the function,

	//fn:allow CODE "REASON"

or all of its kind in fngen.yaml, as allow: {CODE: REASON}. Errors are not acknowledged.
`)
	for _, part := range []struct {
		severity gen.Severity
		title    string
	}{{gen.Error, "Errors:"}, {gen.Warning, "Warnings:"}} {
		fmt.Fprintf(&b, "\n%s\n\n", part.title)
		for _, kind := range gen.Kinds() {
			if kind.Severity == part.severity {
				fmt.Fprintf(&b, "  %-21s  %s\n", kind.Code, kind.Means)
			}
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}
