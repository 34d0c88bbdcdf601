package jsonscan

import (
	"encoding/binary"
	"math/bits"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Quoted reads a string.
func (j *Reader) Quoted() (string, error) {
	if j.next() != '"' {
		return "", j.expected("a string")
	}
	return j.quoted()
}

// OwnString reads a string into memory of its own.
func (j *Reader) OwnString() (string, error) {
	if j.next() != '"' {
		return "", j.expected("a string")
	}
	if s, ok := j.plain(); ok {
		return strings.Clone(s), nil
	}
	return j.escaped()
}

// quoted reads the string that the next byte begins.
func (j *Reader) quoted() (string, error) {
	if s, ok := j.plain(); ok {
		return s, nil
	}
	return j.escaped()
}

// plain reads the string that the next byte begins if it has no escapes, and
// reports whether it has none.
func (j *Reader) plain() (string, bool) {
	start := j.at + 1
	i := special(j.text, start)
	if i == len(j.text) || j.text[i] != '"' {
		return "", false
	}
	j.at = i + 1
	return j.text[start:i], true
}

// escaped reads the string that the next byte begins into memory of its own.
func (j *Reader) escaped() (string, error) {
	start := j.at + 1
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
