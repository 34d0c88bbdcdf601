// Package jsontext reads JSON without building values that nobody asks for, and
// writes strings. It takes the grammar of encoding/json, names in their exact
// spelling.
package jsontext

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A Reader reads a JSON text from front to back. A string without escapes is a
// part of the text.
type Reader struct {
	text       string
	at         int // the index of the next byte
	level      int // the objects and arrays around it
	maxNesting int
}

// NewReader returns a reader of the text, which refuses objects and arrays that
// lie in more than maxNesting others.
func NewReader(text string, maxNesting int) *Reader {
	return &Reader{text: text, maxNesting: maxNesting}
}

// End says what there is after the value.
func (j *Reader) End() error {
	if j.next() != 0 || j.at < len(j.text) {
		return j.expected("the end")
	}
	return nil
}

// Next returns the first byte of the next value, by which one tells what it is;
// 0 at the end.
func (j *Reader) Next() byte { return j.next() }

// expected is the error for a text that goes on with something else.
func (j *Reader) expected(what string) error {
	return fmt.Errorf("offset %d: expected %s", j.at, what)
}

// next skips white space and returns the byte there; 0 at the end.
func (j *Reader) next() byte {
	for ; j.at < len(j.text); j.at++ {
		if c := j.text[j.at]; c > ' ' || c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return c
		}
	}
	return 0
}

// Object reads an object and calls member at each value, which member reads.
// Null is an object without members.
func (j *Reader) Object(member func(name string) error) error {
	if j.null() {
		return nil
	}
	return j.list('{', '}', "an object", func() error {
		name, err := j.Quoted()
		if err != nil {
			return err
		}
		if j.next() != ':' {
			return j.expected("a colon")
		}
		j.at++
		return member(name)
	})
}

// Array reads an array and calls element at each value, which element reads.
// Null is an array without elements.
func (j *Reader) Array(element func() error) error {
	if j.null() {
		return nil
	}
	return j.list('[', ']', "an array", element)
}

func (j *Reader) list(first, last byte, what string, item func() error) error {
	if j.next() != first {
		return j.expected(what)
	}
	if j.level++; j.level > j.maxNesting {
		return fmt.Errorf("offset %d: values are nested more than %d levels deep", j.at, j.maxNesting)
	}
	j.at++
	if j.next() == last {
		j.at++
		j.level--
		return nil
	}
	for {
		if err := item(); err != nil {
			return err
		}
		switch j.next() {
		case ',':
			j.at++
		case last:
			j.at++
			j.level--
			return nil
		default:
			return j.expected("a comma or the end of " + what)
		}
	}
}

// Skip reads any value.
func (j *Reader) Skip() error {
	var err error
	switch j.next() {
	case '{':
		err = j.Object(func(string) error { return j.Skip() })
	case '[':
		err = j.Array(j.Skip)
	case '"':
		_, err = j.Quoted()
	default:
		_, err = j.Literal()
	}
	return err
}

// Keep reads any value into raw, as its text.
func (j *Reader) Keep(raw *string) error {
	j.next()
	start := j.at
	err := j.Skip()
	*raw = j.text[start:j.at]
	return err
}

// String reads a string into s. Null leaves s as it is.
func (j *Reader) String(s *string) error {
	if j.null() {
		return nil
	}
	v, err := j.Quoted()
	if err == nil {
		*s = v
	}
	return err
}

// Bool reads true or false into b. Null leaves b as it is.
func (j *Reader) Bool(b *bool) error {
	if j.null() {
		return nil
	}
	j.next()
	before := j.at
	switch v, _ := j.Literal(); v {
	case "true", "false":
		*b = v == "true"
		return nil
	}
	j.at = before
	return j.expected("true or false")
}

// IsNull reports whether the next value is null. It does not read it.
func (j *Reader) IsNull() bool {
	before := j.at
	null := j.null()
	j.at = before
	return null
}

// null reads null, if it is the next value, and reports whether it was.
func (j *Reader) null() bool {
	if j.next() != 'n' {
		return false
	}
	before := j.at
	if v, err := j.Literal(); err == nil && v == "null" {
		return true
	}
	j.at = before
	return false
}

// Quoted reads a string.
func (j *Reader) Quoted() (string, error) {
	if j.next() != '"' {
		return "", j.expected("a string")
	}
	text, start := j.text, j.at+1
	for i := start + plain(text[start:]); i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			j.at = i + 1
			return text[start:i], nil
		case c == '\\':
			return j.escaped(i)
		case c < ' ':
			return "", j.expected("a string without control characters")
		}
	}
	return "", j.expected("a string that ends")
}

// plain returns the length of a beginning of s, in steps of eight bytes, that
// has no quote, no backslash and no control character.
func plain(s string) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	n := 0
	for ; len(s) >= 8; s = s[8:] {
		v := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		quote, backslash := v^'"'*ones, v^'\\'*ones
		// A byte's top bit is set by the subtraction where the byte was too
		// small, and perhaps, by the borrow, in bytes above that one.
		if ((v-' '*ones)&^v|(quote-ones)&^quote|(backslash-ones)&^backslash)&tops != 0 {
			break
		}
		n += 8
	}
	return n
}

// escaped reads a string whose first escape is at i.
func (j *Reader) escaped(i int) (string, error) {
	start := j.at + 1
	end, err := j.ends(i)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.Grow(end - start)
	for text := j.text[start:end]; ; {
		n := strings.IndexByte(text, '\\')
		if n < 0 {
			n = len(text)
		}
		for k := plain(text[:n]); k < n; k++ {
			if text[k] < ' ' {
				return "", j.expected("a string without control characters")
			}
		}
		b.WriteString(text[:n])
		if n == len(text) {
			break
		}
		n, r := escape(text[n:])
		if r < 0 {
			return "", j.expected("a string with valid escapes")
		}
		b.WriteRune(r)
		text = text[strings.IndexByte(text, '\\')+n:]
	}
	j.at = end + 1
	return b.String(), nil
}

// ends returns the index of the quote that ends the string with an escape at i.
func (j *Reader) ends(i int) (int, error) {
	for ; i < len(j.text); i++ {
		switch j.text[i] {
		case '\\':
			i++
		case '"':
			return i, nil
		}
	}
	return 0, j.expected("a string that ends")
}

// escape returns the length of the escape that s begins with, and the character
// that it stands for; -1 if it is none. A surrogate without its other half is
// U+FFFD, as in encoding/json.
func escape(s string) (length int, r rune) {
	if len(s) < 2 {
		return 0, -1
	}
	switch s[1] {
	case '"', '\\', '/':
		return 2, rune(s[1])
	case 'b':
		return 2, '\b'
	case 'f':
		return 2, '\f'
	case 'n':
		return 2, '\n'
	case 'r':
		return 2, '\r'
	case 't':
		return 2, '\t'
	case 'u':
		r = unit(s)
		if !utf16.IsSurrogate(r) {
			return 6, r
		}
		if both := utf16.DecodeRune(r, unit(s[6:])); both != utf8.RuneError {
			return 12, both
		}
		return 6, utf8.RuneError
	}
	return 0, -1
}

// unit returns the code unit of the escape \uXXXX that s begins with; -1 if it
// begins with none.
func unit(s string) rune {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return -1
	}
	r := rune(0)
	for i := 2; i < 6; i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return -1
		}
	}
	return r
}

// Literal reads a number, true, false or null.
func (j *Reader) Literal() (string, error) {
	j.next()
	end := j.at
	for end < len(j.text) && isLiteral(j.text[end]) {
		end++
	}
	v := j.text[j.at:end]
	if v != "null" && v != "true" && v != "false" && !json.Valid([]byte(v)) {
		return "", j.expected("a value")
	}
	j.at = end
	return v, nil
}

func isLiteral(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c == '-' || c == '+' || c == '.' || c == 'E'
}
