package actionloop

import "fmt"

// MaxNesting is the number of levels of objects and arrays in a parameter above
// which a request is not handled.
const MaxNesting = 1000

// CheckNesting says that a parameter has more than [MaxNesting] levels.
func (v Value) CheckNesting() error {
	for _, raw := range v {
		if deeper(raw, MaxNesting) {
			return fmt.Errorf("the payload is nested deeper than %d levels", MaxNesting)
		}
	}
	return nil
}

// deeper reports whether valid JSON has more than limit levels.
func deeper(raw []byte, limit int) bool {
	level, quoted := 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case quoted && c == '\\':
			i++ // the escaped character, which may be a quote
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if level++; level > limit {
				return true
			}
		case c == '}' || c == ']':
			level--
		}
	}
	return false
}
