// Package retain copies strings that outlive what they were read from.
package retain

import "strings"

// piece is the number of bytes that a piece of memory has at least. It bounds
// what one kept string keeps alive besides itself.
const piece = 256

// Strings copies strings one after another into as few pieces of memory as
// possible. The zero value is ready to use.
type Strings struct{ last strings.Builder }

// Copy returns a copy of v.
func (s *Strings) Copy(v string) string {
	if s.last.Cap()-s.last.Len() < len(v) {
		s.last = strings.Builder{} // what was copied before keeps the other
		s.last.Grow(max(len(v), piece))
	}
	start := s.last.Len()
	s.last.WriteString(v)
	return s.last.String()[start:]
}
