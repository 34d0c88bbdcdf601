package model

import "strings"

// Findings are an error that is made of diagnostics: something was not done
// because of what is in the user's files.
type Findings []Diagnostic

func (f Findings) Error() string {
	var lines []string
	for _, d := range f {
		lines = append(lines, d.String())
	}
	return strings.Join(lines, "\n")
}
