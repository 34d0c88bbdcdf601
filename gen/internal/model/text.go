package model

import (
	"fmt"
	"strings"
	"unicode"
)

// Clip shortens text from a user's file for a message.
func Clip(s string) string {
	const limit = 60
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}

// Printable replaces the characters that a terminal may act on.
func Printable(message string) string {
	return strings.Map(func(r rune) rune {
		if Unprintable(r) {
			return unicode.ReplacementChar
		}
		return r
	}, message)
}

// ErrText is an error about text from a user's file.
func ErrText(format, text string, args ...any) error {
	return fmt.Errorf(format, append([]any{Clip(text)}, args...)...)
}

// Unprintable reports whether a reader would not see the character, or see
// another text than there is: controls, formats such as bidirectional
// overrides, separators of lines, and what is no UTF-8.
func Unprintable(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) || r == unicode.ReplacementChar
}
