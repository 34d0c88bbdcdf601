package aws

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// jsonText reads a JSON text from front to back, without building values that
// nobody asks for: a string without escapes is a part of the text. It takes
// the grammar that encoding/json takes, names in their exact spelling, and
// leaves to that package what is rare: escapes and numbers.
type jsonText struct {
	text  string
	at    int // the index of the next byte
	level int // the objects and arrays around it
}

// expected is the error for a text that goes on with something else.
func (j *jsonText) expected(what string) error {
	return fmt.Errorf("offset %d: expected %s", j.at, what)
}

// next skips white space and returns the byte there; 0 at the end.
func (j *jsonText) next() byte {
	for ; j.at < len(j.text); j.at++ {
		if c := j.text[j.at]; c > ' ' || c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return c
		}
	}
	return 0
}

// object reads an object and calls member at each value, which member reads.
// Null is an object without members.
func (j *jsonText) object(member func(name string) error) error {
	if j.null() {
		return nil
	}
	return j.list('{', '}', "an object", func() error {
		name, err := j.quoted()
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

// array reads an array and calls element at each value, which element reads.
// Null is an array without elements.
func (j *jsonText) array(element func() error) error {
	if j.null() {
		return nil
	}
	return j.list('[', ']', "an array", element)
}

func (j *jsonText) list(first, last byte, what string, item func() error) error {
	if j.next() != first {
		return j.expected(what)
	}
	if j.level++; j.level > maxNesting {
		return fmt.Errorf("offset %d: values are nested more than %d levels deep", j.at, maxNesting)
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

// skip reads any value.
func (j *jsonText) skip() error {
	var err error
	switch j.next() {
	case '{':
		err = j.object(func(string) error { return j.skip() })
	case '[':
		err = j.array(j.skip)
	case '"':
		_, err = j.quoted()
	default:
		_, err = j.literal()
	}
	return err
}

// keep reads any value into raw, as its text.
func (j *jsonText) keep(raw *string) error {
	j.next()
	start := j.at
	err := j.skip()
	*raw = j.text[start:j.at]
	return err
}

// read reads a string into s. Null leaves s as it is.
func (j *jsonText) read(s *string) error {
	if j.null() {
		return nil
	}
	v, err := j.quoted()
	if err == nil {
		*s = v
	}
	return err
}

// readBool reads true or false into b. Null leaves b as it is.
func (j *jsonText) readBool(b *bool) error {
	if j.null() {
		return nil
	}
	j.next()
	before := j.at
	switch v, _ := j.literal(); v {
	case "true", "false":
		*b = v == "true"
		return nil
	}
	j.at = before
	return j.expected("true or false")
}

// isNull reports whether the next value is null. It does not read it.
func (j *jsonText) isNull() bool {
	before := j.at
	null := j.null()
	j.at = before
	return null
}

// null reads null, if it is the next value, and reports whether it was.
func (j *jsonText) null() bool {
	if j.next() != 'n' {
		return false
	}
	before := j.at
	if v, err := j.literal(); err == nil && v == "null" {
		return true
	}
	j.at = before
	return false
}

// quoted reads a string.
func (j *jsonText) quoted() (string, error) {
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
func (j *jsonText) escaped(i int) (string, error) {
	for ; i < len(j.text); i++ {
		switch j.text[i] {
		case '\\':
			i++
		case '"':
			var s string
			if json.Unmarshal([]byte(j.text[j.at:i+1]), &s) != nil {
				return "", j.expected("a string with valid escapes and no control characters")
			}
			j.at = i + 1
			return s, nil
		}
	}
	return "", j.expected("a string that ends")
}

// literal reads a number, true, false or null.
func (j *jsonText) literal() (string, error) {
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

// appendString appends s as a JSON string.
func appendString(b []byte, s string) []byte {
	return append(appendEscaped(append(b, '"'), s), '"')
}

// appendEscaped appends s as it stands within a JSON string. What is not UTF-8
// in it is replaced.
func appendEscaped[T string | []byte](b []byte, s T) []byte {
	const hex = "0123456789abcdef"
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			if r, n := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))])); r != utf8.RuneError || n > 1 {
				i += n
				continue
			}
		}
		b = append(b, s[start:i]...)
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\r':
			b = append(b, `\r`...)
		case c == '\t':
			b = append(b, `\t`...)
		case c < ' ':
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
		default:
			b = append(b, `\ufffd`...)
		}
		i++
		start = i
	}
	return append(b, s[start:]...)
}
