package model

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A Build is what users decide of how functions are compiled, on all platforms
// alike.
type Build struct {
	Tags   []string
	Values []string // importpath.name=value: strings that the linker sets; of several for a name the last counts
}

// With returns the platform as the application is compiled for it.
func (p Platform) With(b Build) Platform {
	p.Tags = slices.Concat(p.Tags, b.Tags)
	slices.Sort(p.Tags)
	p.Tags = slices.Compact(p.Tags)
	p.Values = slices.Concat(p.Values, b.Values)
	return p
}

// LinkerFlags are the flags that set the platform's values, as one argument of
// -ldflags, which may not begin with a quote.
func (p Platform) LinkerFlags() string {
	var flags []string
	for _, v := range p.Values {
		switch {
		case !strings.ContainsAny(v, spaces):
		case !strings.Contains(v, "'"):
			v = "'" + v + "'"
		default:
			v = `"` + v + `"`
		}
		flags = append(flags, "-X "+v)
	}
	return strings.Join(flags, " ")
}

// TagGrammar is that of build tags.
var TagGrammar = regexp.MustCompile(`^[A-Za-z0-9_.]+$`)

// TagWant says what to write instead of what TagGrammar does not take.
const TagWant = "a build tag of letters, digits, _ and ."

// LinkerValues returns what the flags of the linker set: -X is the only one
// that is the user's, and those that fngen gives itself are passed over. The
// error completes the name of what holds the flags to a sentence.
func LinkerValues(flags string) ([]string, error) {
	words, err := SplitFlags(flags)
	if err != nil {
		return nil, err
	}
	var values []string
	for i := 0; i < len(words); i++ {
		name, value, hasValue := strings.Cut(words[i], "=")
		switch name = strings.Replace(name, "--", "-", 1); name {
		case "-X":
			if !hasValue && i+1 < len(words) {
				i++
				value = words[i]
			}
			if !valueGrammar.MatchString(value) {
				return nil, fmt.Errorf("sets %q; write -X importpath.name=value", Clip(cmp.Or(value, words[i])))
			}
			if strings.HasPrefix(value, "main.") {
				return nil, fmt.Errorf("sets %q, and the package main of a function is generated; move the variable to a package of its own, and write its import path", Clip(value))
			}
			if strings.ContainsFunc(value, Unprintable) {
				return nil, fmt.Errorf("sets %q, with a character that not every platform's files can hold; leave it out", Clip(value))
			}
			values = append(values, value)
		case "-s", "-w", "-buildid":
		default:
			return nil, fmt.Errorf("holds %s, and of the linker's flags functions take -X alone, so that they are the same on every platform; remove it", Clip(words[i]))
		}
	}
	return values, nil
}

var valueGrammar = regexp.MustCompile(`^[^\s='"]+\.[^\s='"./]+=`)

const spaces = " \t\r\n"

// SplitFlags splits flags at spaces, as the go command does: quotes around one
// keep it together, and nothing in them is special. The error completes the
// name of what holds the flags to a sentence.
func SplitFlags(text string) ([]string, error) {
	var flags []string
	all := text
	for {
		text = strings.TrimLeft(text, spaces)
		if text == "" {
			return flags, nil
		}
		end, rest := strings.IndexAny(text, spaces), 0
		if quote := text[0]; quote == '"' || quote == '\'' {
			text = text[1:]
			if end, rest = strings.IndexByte(text, quote), 1; end < 0 {
				return nil, fmt.Errorf("is %q, with a quote that does not end; end it", Clip(all))
			}
		}
		if end < 0 {
			end = len(text)
		}
		flags = append(flags, text[:end])
		text = text[end+rest:]
	}
}
