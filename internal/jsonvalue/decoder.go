// Package jsonvalue decodes JSON into values of the common types, with the
// meaning of encoding/json and at a fraction of its cost. What it does not take
// it leaves to encoding/json: types for which there is no [Decoder], and texts
// that a Decoder refuses, which are all in which encoding/json finds an error,
// and a few in which it finds none.
package jsonvalue

import (
	"errors"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/fngen/fngen/internal/jsonscan"
)

// A Decoder decodes into values of one type. It does not change, so that any
// number of goroutines may use it at once.
type Decoder struct {
	kind   kind
	typ    reflect.Type
	elem   *Decoder // of a pointer, a slice, an array or a map
	first  int      // the elements that a slice begins with room for
	fields []field  // of a struct
}

// A field is a struct's, by the name that it has in JSON.
type field struct {
	name  string
	index int
	value *Decoder
}

// maxNesting is far below the limit of encoding/json, which decodes what is
// nested deeper.
const maxNesting = 1000

// errRefused leaves a text to encoding/json.
var errRefused = errors.New("left to encoding/json")

// Decode decodes one value that is not null, and reports whether it took the
// text. The target points to a zero value of the decoder's type, which becomes
// what encoding/json makes of the text; if the text is refused, the target is
// spoilt and encoding/json has to decode into another. A nil decoder refuses
// every text.
//
// What it decodes keeps no part of the text. Within a text that is refused,
// UnmarshalJSON and UnmarshalText may have been called.
func (d *Decoder) Decode(text []byte, target any) bool {
	if d == nil || !utf8.Valid(text) { // encoding/json replaces what is not
		return false
	}
	j := jsonscan.NewReader(string(text), maxNesting)
	return j.Next() != 'n' && d.read(j, reflect.ValueOf(target).Elem()) == nil && j.End() == nil
}

// find returns the index of the field that encoding/json takes for the name, -1
// if it takes none. It looks at the next one first, since most texts have the
// fields in the order of the struct.
func (d *Decoder) find(name string, next int) int {
	if next < len(d.fields) && d.fields[next].name == name {
		return next
	}
	for i := range d.fields {
		if d.fields[i].name == name {
			return i
		}
	}
	for i := range d.fields {
		if strings.EqualFold(d.fields[i].name, name) {
			return i
		}
	}
	return -1
}
