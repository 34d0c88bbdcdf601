package jsonscan

import (
	"cmp"
	"encoding/json"
	"errors"
	"unicode/utf8"
)

// Valid returns s with U+FFFD for each byte that is not UTF-8, as encoding/json
// reads strings.
func Valid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}

// IsText reports whether b is one value with nothing else, as encoding/json's
// Valid does.
func IsText(b []byte) bool {
	const most = 10_000 // levels, as in encoding/json
	j := NewReader(string(b), most)
	return j.Skip() == nil && j.End() == nil
}

// IsTypeError reports whether the error is for a value of another type, behind
// which one may go on.
func IsTypeError(err error) bool {
	if err == nil {
		return false
	}
	var kind *TypeError
	return errors.As(err, &kind)
}

// Explain returns the error of encoding/json for a text that cannot be read,
// which people know, or err if it finds none.
func Explain(text []byte, err error) error {
	var whole json.RawMessage
	return cmp.Or(json.Unmarshal(text, &whole), err)
}
