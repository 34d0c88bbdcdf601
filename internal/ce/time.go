package ce

import (
	"fmt"
	"strings"
	"time"
)

// ParseTime parses a time by the grammar of RFC 3339, which time.Parse stretches
// in some places and narrows in others: "t" and "z" may be lower case, and a
// second 60 is the next second, as leap seconds are elsewhere in Go. A fraction
// below a nanosecond is cut off. The UTC form has four digits of year too, since
// that is the form it is written in.
//
// https://www.rfc-editor.org/rfc/rfc3339#section-5.6
func ParseTime(s string) (time.Time, error) {
	if !isTime(s) {
		return time.Time{}, fmt.Errorf("%.64q is no time of RFC 3339", s)
	}
	regular := strings.ToUpper(s)
	leap := time.Duration(0)
	if regular[17:19] == "60" {
		regular, leap = regular[:17]+"59"+regular[19:], time.Second
	}
	t, err := time.Parse(time.RFC3339Nano, regular)
	if err != nil { // a day that the month does not have, for instance
		return time.Time{}, fmt.Errorf("%.64q is no time of RFC 3339", s)
	}
	t = t.Add(leap)
	if year := t.UTC().Year(); year < 0 || year > 9999 {
		return time.Time{}, fmt.Errorf("%.64q is not in the years 0 to 9999 of UTC", s)
	}
	return t, nil
}

// isTime reports whether s is a date-time of the grammar, whatever days the month
// has.
func isTime(s string) bool {
	const form = "0000-00-00T00:00:00"
	if len(s) <= len(form) || !fits(s[:len(form)], form) || s[11:13] > "23" || s[14:16] > "59" || s[17:19] > "60" {
		return false
	}
	rest := s[len(form):]
	if rest[0] == '.' {
		end := 1
		for end < len(rest) && isDigit(rest[end]) {
			end++
		}
		if end == 1 {
			return false
		}
		rest = rest[end:]
	}
	if rest == "Z" || rest == "z" {
		return true
	}
	return len(rest) == 6 && (rest[0] == '+' || rest[0] == '-') && fits(rest[1:], "00:00") && rest[1:3] <= "23" && rest[4:] <= "59"
}

// fits reports whether s has a digit wherever form has one, and else what form
// has, of which letters may be lower case.
func fits(s, form string) bool {
	for i := range len(form) {
		if c := s[i]; form[i] == '0' && !isDigit(c) || form[i] != '0' && c != form[i] && (form[i] != 'T' || c != 't') {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
