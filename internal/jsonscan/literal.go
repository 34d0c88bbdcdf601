package jsonscan

import "strings"

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
