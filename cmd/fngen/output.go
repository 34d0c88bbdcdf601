package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/fngen/fngen/gen"
)

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// printLine prints strings and numbers, which always encode, as a line of JSON.
func printLine(w io.Writer, v any) {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(v)
}

// printList prints the elements as JSON, or a line for each.
func printList[T any](o *options, list []T, line func(T) string) error {
	if o.output == "json" {
		return printJSON(o.stdout, append([]T{}, list...))
	}
	for _, element := range list {
		fmt.Fprintln(o.stdout, line(element))
	}
	return nil
}

// progress shows what takes long: one line that changes on a terminal, plain
// lines elsewhere.
type progress struct {
	w        io.Writer
	silent   bool // standard error is JSON
	terminal bool
	shown    bool
}

func newProgress(o *options) *progress {
	return &progress{w: o.stderr, silent: o.output == "json", terminal: isTerminal(o.stderr) && !o.verbose}
}

func (p *progress) step(s gen.Step) {
	if p.silent {
		return
	}
	text := fmt.Sprintf("%s: compiling and packaging %s for %s", s.Target, count(s.Functions, "function"), s.Platform)
	if !p.terminal {
		fmt.Fprintln(p.w, text)
		return
	}
	fmt.Fprintf(p.w, "\r\x1b[K%s…", text)
	p.shown = true
}

// end clears the line.
func (p *progress) end() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
}

// isTerminal reports whether a person is at the other end of the reader or writer.
func isTerminal(end any) bool {
	f, ok := end.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
