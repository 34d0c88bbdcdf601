package eject

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/build/gocmd"
)

// makefile returns the Makefile, which holds for make of any kind.
func makefile(targets []Target, rules []rule) []byte {
	var b strings.Builder
	b.WriteString(`# Makes the archives of the functions, beside the files that deploy them, with
# plain go commands: make builds all, make aws/NAME.zip one. The go command
# decides what has changed.

GO = go

`)
	var archives []string
	for _, r := range rules {
		archives = append(archives, r.archive)
	}
	for _, t := range targets {
		if len(t.App.Functions) == 0 {
			continue
		}
		name := strings.ToUpper(t.Name())
		platform := t.App.Platform
		fmt.Fprintf(&b, "%s_ENV = %s\n", name, words(gocmd.Settings(platform)))
		isOfTarget := func(r rule) bool { return r.target == t.Name() }
		flags := gocmd.CompileFlags(platform)
		if rules[slices.IndexFunc(rules, isOfTarget)].module == "" {
			flags = append(flags, gocmd.LinkFlags(platform)...)
		} else {
			flags = slices.DeleteFunc(flags, func(f string) bool { return f == "-trimpath" }) // which list does without
		}
		fmt.Fprintln(&b, strings.TrimSpace(name+"_FLAGS = "+words(flags))+"\n")
	}
	fmt.Fprintf(&b, "all: %s\n", strings.Join(archives, " \\\n\t"))
	for _, r := range rules {
		name := strings.ToUpper(r.target)
		fmt.Fprintf(&b, "\n%s: always\n", r.archive)
		if r.module != "" {
			fmt.Fprintf(&b, "\t$(GO) run ./pack source $@ %s ./%s $(%s_ENV) $(%[3]s_FLAGS)\n", word(r.module), r.entry, name)
			continue
		}
		fmt.Fprintf(&b, "\tenv $(%s_ENV) $(GO) build $(%[1]s_FLAGS) -o bin/%s ./%s\n", name, path.Base(r.entry), r.entry)
		fmt.Fprintf(&b, "\t$(GO) run ./pack zip $@ %s\n", words(r.files))
	}
	b.WriteString("\nclean:\n\trm -rf bin")
	for _, a := range archives {
		b.WriteString(" " + a)
	}
	b.WriteString("\n\nalways:\n\n.PHONY: all always clean\n")
	return []byte(b.String())
}

// words returns the texts as words of a shell, in a Makefile.
func words(texts []string) string {
	var out []string
	for _, t := range texts {
		out = append(out, word(t))
	}
	return strings.Join(out, " ")
}

func word(text string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_=./,:@+%", r)
	}
	if text == "" || strings.ContainsFunc(text, func(r rune) bool { return !plain(r) }) {
		text = "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
	}
	return strings.NewReplacer("$", "$$", "#", `\#`).Replace(text)
}
