// Package jsontext reads JSON without building values that nobody asks for, and
// writes strings. It takes the grammar of encoding/json, names in their exact
// spelling.
package jsontext

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"strconv"
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

// open reads the bracket that the next byte is, and the last one if it follows.
func (j *Reader) open(last byte) (ended bool, err error) {
	if j.level++; j.level > j.maxNesting {
		return false, fmt.Errorf("offset %d: values are nested more than %d levels deep", j.at, j.maxNesting)
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

// Quoted reads a string.
func (j *Reader) Quoted() (string, error) {
	if j.next() != '"' {
		return "", j.expected("a string")
	}
	return j.quoted()
}

// quoted reads the string that the next byte begins.
func (j *Reader) quoted() (string, error) {
	start := j.at + 1
	if i := special(j.text, start); i < len(j.text) && j.text[i] == '"' {
		j.at = i + 1
		return j.text[start:i], nil
	}
	var space [usual]byte
	b, fits, err := j.unescape(space[:0], start)
	if !fits {
		b, _, err = j.unescape(j.roomFor(start), start)
	}
	return string(b), err
}

// Bytes reads a string into memory of its own. Null is nil.
func (j *Reader) Bytes() ([]byte, error) {
	if j.null() {
		return nil, nil
	}
	if j.next() != '"' {
		return nil, j.other("string")
	}
	start := j.at + 1
	var space [usual]byte
	b, fits, err := j.unescape(space[:0], start)
	if !fits {
		long, _, err := j.unescape(j.roomFor(start), start)
		return long, err
	}
	return append([]byte{}, b...), err
}

// usual is the length in bytes up to which a string with escapes is made on the
// stack first, since its length is not known before.
const usual = 512

// roomFor returns memory for the string whose first byte is at i.
func (j *Reader) roomFor(i int) []byte {
	return make([]byte, 0, endOfString(j.text, i)-i+8)
}

// unplain says what is wrong with the byte at i, which is no plain one.
func (j *Reader) unplain(i int) error {
	switch {
	case i == len(j.text):
		return j.expected("a string that ends")
	case j.text[i] < ' ':
		return j.expected("a string without control characters")
	}
	return nil
}

// unescape appends what the string stands for whose first byte is at i. It does
// not if that, and eight bytes more, do not fit into b.
func (j *Reader) unescape(b []byte, i int) (all []byte, fits bool, err error) {
	for len(b)+8 <= cap(b) {
		if i+8 <= len(j.text) {
			w := word(j.text, i)
			binary.LittleEndian.PutUint64(b[len(b):len(b)+8], w)
			found := specials(w)
			plain := bits.TrailingZeros64(found) / 8 // 8 if all are
			b, i = b[:len(b)+plain], i+plain
			if found == 0 {
				continue
			}
		}
		if i == len(j.text) {
			return b, true, j.unplain(i)
		}
		switch c := j.text[i]; {
		case c == '"':
			j.at = i + 1
			return b, true, nil
		case c == '\\':
			n, r := escape(j.text[i:])
			switch {
			case r < 0:
				return b, true, j.expected("a string with valid escapes")
			case r < utf8.RuneSelf:
				b = append(b, byte(r))
			default:
				b = utf8.AppendRune(b, r)
			}
			i += n
		case c < ' ':
			return b, true, j.unplain(i)
		default:
			b = append(b, c)
			i++
		}
	}
	return b, false, nil
}

// skipQuoted reads over the string that the next byte begins.
func (j *Reader) skipQuoted() error {
	for i := j.at + 1; ; {
		i = special(j.text, i)
		if i < len(j.text) && j.text[i] == '"' {
			j.at = i + 1
			return nil
		}
		if err := j.unplain(i); err != nil {
			return err
		}
		n, r := escape(j.text[i:])
		if r < 0 {
			return j.expected("a string with valid escapes")
		}
		i += n
	}
}

// endOfString returns the index of the quote that ends the string with an
// escape at i, or len(s).
func endOfString(s string, i int) int {
	for ; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return len(s)
}

// special returns the index of the first quote, backslash or control character
// at or behind i, or len(s). It looks at eight bytes at once.
func special(s string, i int) int {
	for ; i+8 <= len(s); i += 8 {
		if found := specials(word(s, i)); found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for ; i < len(s); i++ {
		if c := s[i]; c == '"' || c == '\\' || c < ' ' {
			break
		}
	}
	return i
}

// Eight bytes that are 0x01, and eight with the top bit alone.
const ones, tops = 0x0101010101010101, 0x8080808080808080

// word returns the eight bytes at i, the first in the lowest.
func word(s string, i int) uint64 {
	b := s[i : i+8]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

// specials returns the top bit of each byte that is a quote, a backslash or a
// control character, and perhaps of some above the lowest of them: a borrow of
// the subtraction, by which a byte that is too small is known, reaches them.
func specials(word uint64) uint64 {
	quote, backslash := word^'"'*ones, word^'\\'*ones
	return ((word-' '*ones)&^word | (quote-ones)&^quote | (backslash-ones)&^backslash) & tops
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
	if !IsNumber(v) && v != "null" && v != "true" && v != "false" {
		return "", j.expected("a value")
	}
	j.at = end
	return v, nil
}

// IsNumber reports whether s is a number.
func IsNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	n := digits(s)
	if n == 0 || n > 1 && s[0] == '0' {
		return false
	}
	if s = s[n:]; strings.HasPrefix(s, ".") {
		if n = digits(s[1:]); n == 0 {
			return false
		}
		s = s[1+n:]
	}
	if s == "" || s[0] != 'e' && s[0] != 'E' {
		return s == ""
	}
	if s = s[1:]; s != "" && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	n = digits(s)
	return n > 0 && n == len(s)
}

// digits returns how many s begins with.
func digits(s string) int {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return i
		}
	}
	return len(s)
}

func isLiteral(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c == '-' || c == '+' || c == '.' || c == 'E'
}
