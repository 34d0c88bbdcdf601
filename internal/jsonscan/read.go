// Package jsonscan reads JSON without building values that nobody asks for, and
// writes strings. It takes the grammar of encoding/json, names in their exact
// spelling.
package jsonscan

import (
	"errors"
	"fmt"
	"math/bits"
	"strconv"
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
	if j.at < len(j.text) {
		if c := j.text[j.at]; c > ' ' {
			return c
		}
	}
	return j.afterSpace()
}

// afterSpace is next where there may be white space. It looks at eight of the
// spaces that people indent with at once.
//
//go:noinline
func (j *Reader) afterSpace() byte {
	text, i := j.text, j.at
	for i < len(text) {
		c := text[i]
		if c > ' ' || c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			j.at = i
			return c
		}
		i++
		for i+8 <= len(text) {
			others := word(text, i) ^ ' '*ones
			i += bits.TrailingZeros64(others) / 8
			if others != 0 {
				break
			}
		}
	}
	j.at = i
	return 0
}

// A TypeError says that a value is of another type than the one to read. The
// value has been read over, so that one may go on behind it.
type TypeError struct {
	Got, Want string // object, array, string, number, bool, null
}

func (e *TypeError) Error() string { return "cannot unmarshal " + e.Got + " into " + e.Want }

// other reads over a value that is not of the type want.
func (j *Reader) other(want string) error {
	got := "number"
	switch j.next() {
	case '{':
		got = "object"
	case '[':
		got = "array"
	case '"':
		got = "string"
	case 't', 'f':
		got = "bool"
	case 'n':
		got = "null"
	}
	if err := j.Skip(); err != nil {
		return err
	}
	return &TypeError{Got: got, Want: want}
}

// Object reads an object and calls member at each value, which member reads.
// Null is an object without members.
func (j *Reader) Object(member func(name string) error) error {
	if j.next() != '{' {
		return j.nullOr("object")
	}
	ended, err := j.open('}')
	for !ended && err == nil {
		var name string
		if name, err = j.Quoted(); err != nil {
			return err
		}
		if j.next() != ':' {
			return j.expected("a colon")
		}
		j.at++
		if err = member(name); err != nil {
			return err
		}
		ended, err = j.goOn('}', "an object")
	}
	return err
}

// Array reads an array and calls element at each value, which element reads.
// Null is an array without elements.
func (j *Reader) Array(element func() error) error {
	if j.next() != '[' {
		return j.nullOr("array")
	}
	ended, err := j.open(']')
	for !ended && err == nil {
		if err = element(); err != nil {
			return err
		}
		ended, err = j.goOn(']', "an array")
	}
	return err
}

// nullOr reads null, or over a value that is not of the type want.
func (j *Reader) nullOr(want string) error {
	if j.null() {
		return nil
	}
	return j.other(want)
}

// ErrNesting says that there are more objects and arrays inside of each other
// than a Reader takes.
var ErrNesting = errors.New("values are nested")

// open reads the bracket that the next byte is, and the last one if it follows.
func (j *Reader) open(last byte) (ended bool, err error) {
	if j.level++; j.level > j.maxNesting {
		return false, fmt.Errorf("offset %d: %w more than %d levels deep", j.at, ErrNesting, j.maxNesting)
	}
	j.at++
	if ended = j.next() == last; ended {
		j.at++
		j.level--
	}
	return ended, nil
}

// goOn reads what stands behind an item: a comma, or the last bracket.
func (j *Reader) goOn(last byte, what string) (ended bool, err error) {
	switch j.next() {
	case ',':
		j.at++
		return false, nil
	case last:
		j.at++
		j.level--
		return true, nil
	}
	return false, j.expected("a comma or the end of " + what)
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
		err = j.skipQuoted()
	default:
		_, err = j.Literal()
	}
	return err
}

// Keep reads any value into raw, as its text.
func (j *Reader) Keep(raw *string) error {
	start := j.Offset()
	err := j.Skip()
	*raw = j.Since(start)
	return err
}

// Offset returns the index of the next value, for [Reader.Since].
func (j *Reader) Offset() int {
	j.next()
	return j.at
}

// Since returns what has been read from the offset on.
func (j *Reader) Since(offset int) string { return j.text[offset:j.at] }

// Try calls read, which reads any value. If that fails the reader goes back to
// where it was.
func (j *Reader) Try(read func() error) error {
	at, level := j.at, j.level
	err := read()
	if err != nil {
		j.at, j.level = at, level
	}
	return err
}

// String reads a string into s. Null leaves s as it is.
func (j *Reader) String(s *string) error {
	switch c := j.next(); {
	case c == '"':
		v, err := j.quoted()
		if err == nil {
			*s = v
		}
		return err
	case c == 'n' && j.null():
		return nil
	}
	return j.other("string")
}

// Int reads a whole number into n. Null leaves n as it is.
func (j *Reader) Int(n *int64) error {
	if j.null() {
		return nil
	}
	if c := j.next(); c != '-' && (c < '0' || c > '9') {
		return j.other("int64")
	}
	text, err := j.Literal()
	if err != nil {
		return err
	}
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return &TypeError{Got: "number " + text, Want: "int64"}
	}
	*n = v
	return nil
}

// Bool reads true or false into b. Null leaves b as it is.
func (j *Reader) Bool(b *bool) error {
	if j.null() {
		return nil
	}
	if c := j.next(); c != 't' && c != 'f' {
		return j.other("bool")
	}
	v, err := j.Literal()
	if err == nil {
		*b = v == "true"
	}
	return err
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
