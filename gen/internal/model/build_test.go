package model

import (
	"slices"
	"strings"
	"testing"
)

// Flags are split as the go command splits them.
func TestSplitFlags(t *testing.T) {
	for text, want := range map[string][]string{
		"":                    nil,
		" -a\t-b=c\n":         {"-a", "-b=c"},
		`'-a=b c' "-d='e f'"`: {"-a=b c", "-d='e f'"},
		`-a="b c"`:            {`-a="b`, `c"`},
		`''-a`:                {"", "-a"},
	} {
		if got, err := SplitFlags(text); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %q, %v; want %q", text, got, err, want)
		}
	}
	if got, err := SplitFlags(`-a "b`); err == nil {
		t.Errorf("a quote that does not end: %q", got)
	}
}

// Of the linker's flags the user has -X, however it is written, and what is
// written again is read as the same.
func TestLinkerValues(t *testing.T) {
	for flags, want := range map[string][]string{
		"":                     nil,
		"-s -w -buildid=":      nil,
		"-X=a.b/c.Version=1":   {"a.b/c.Version=1"},
		"-X a.b/c.V=1 --X=d.E": nil,
		"-X a.b/c.V=1 --X=d.E= '-X=f.G=h i' \"-X=f.J=it's so\" -X=k.L=m='\"": {"a.b/c.V=1", "d.E=", "f.G=h i", "f.J=it's so", `k.L=m='"`},
	} {
		got, err := LinkerValues(flags)
		if !slices.Equal(got, want) || (err != nil) != strings.HasSuffix(flags, "d.E") {
			t.Errorf("%s: %q, %v; want %q", flags, got, err, want)
		}
		again, err := LinkerValues(Platform{Values: got}.LinkerFlags())
		if err != nil || !slices.Equal(again, got) {
			t.Errorf("%s: written again it is %q, %v", flags, again, err)
		}
	}
	for flags, want := range map[string]string{
		"-X":                   `sets "-X"; write -X importpath.name=value`,
		"-X=Version":           `sets "Version"; write -X importpath.name=value`,
		"-X=a.b/c=d":           `sets "a.b/c=d"; write -X importpath.name=value`,
		"'-X=a.B=c\nd'":        `sets "a.B=c\nd", with a character that not every platform's files can hold; leave it out`,
		"-X main.Version=1":    `sets "main.Version=1", and the package main of a function is generated; move the variable to a package of its own, and write its import path`,
		"-linkmode=external":   "holds -linkmode=external, and of the linker's flags functions take -X alone, so that they are the same on every platform; remove it",
		"all=-X=a.B=c":         "holds all=-X=a.B=c, and of the linker's flags functions take -X alone, so that they are the same on every platform; remove it",
		"'-X=a.B=c":            `is "'-X=a.B=c", with a quote that does not end; end it`,
		"-s -w -checklinkname": "holds -checklinkname, and of the linker's flags functions take -X alone, so that they are the same on every platform; remove it",
	} {
		if got, err := LinkerValues(flags); err == nil || err.Error() != want {
			t.Errorf("%s: %q, %v; want %s", flags, got, err, want)
		}
	}
}

// Tags of the platform and of the application are one list.
func TestPlatformWith(t *testing.T) {
	p := Platform{GOOS: "linux", GOARCH: "arm64", Tags: []string{"lambda.norpc"}}
	with := p.With(Build{Tags: []string{"prod", "eu", "prod"}, Values: []string{"a.B=c"}})
	if !slices.Equal(with.Tags, []string{"eu", "lambda.norpc", "prod"}) || !slices.Equal(with.Values, []string{"a.B=c"}) || len(p.Tags) != 1 {
		t.Errorf("%v with the application's is %v", p, with)
	}
}
