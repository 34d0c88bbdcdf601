// Package retain copies strings that outlive what they were read from.
package retain

import "strings"

// Piece is the number of bytes that a piece of memory has at least, unless
// [Strings.Grow] has asked for less. It bounds what one kept string keeps alive
// besides itself.
const Piece = 256

// Strings copies strings one after another into as few pieces of memory as
// possible. The zero value is ready to use.
type Strings struct{ piece strings.Builder }

// Grow makes room for n bytes in one piece.
func (s *Strings) Grow(n int) { s.piece.Grow(n) }

// Copy returns a copy of v.
func (s *Strings) Copy(v string) string {
	if s.piece.Cap()-s.piece.Len() < len(v) {
		s.piece = strings.Builder{} // what was copied before keeps the other
		s.piece.Grow(max(len(v), Piece))
	}
	start := s.piece.Len()
	s.piece.WriteString(v)
	return s.piece.String()[start:]
}
