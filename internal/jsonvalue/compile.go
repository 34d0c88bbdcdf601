package jsonvalue

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"unicode"
)

// A kind says how a value is read.
type kind int

const (
	refused kind = iota
	unmarshaler
	textUnmarshaler
	quoted
	boolean
	integer
	unsigned
	float
	pointer
	slice
	base64Slice // of bytes
	array
	object
	dictionary
)

// For returns the decoder for a type, nil if that is left to encoding/json. It
// is when the type has, at any depth, what is not common enough to be worth the
// code: interfaces, json.Number, maps of other keys than strings, embedded
// fields, the option string, more than 64 fields, names that differ in case
// alone, or methods for JSON that encoding/json finds only sometimes.
func For(t reflect.Type) *Decoder { return compiler{}.compile(t) }

// A compiler has the decoders of the types that it has met, so that a type may
// contain itself.
type compiler map[reflect.Type]*Decoder

func (c compiler) compile(t reflect.Type) *Decoder {
	if d, met := c[t]; met {
		return d
	}
	d := &Decoder{kind: kindOf(t), typ: t}
	c[t] = d
	switch d.kind {
	case refused:
		return nil
	case pointer, slice, base64Slice, array, dictionary:
		if d.elem = c.compile(t.Elem()); d.elem == nil {
			return nil
		}
		d.first = 1 + int(96/max(1, t.Elem().Size()))
	case object:
		if !c.compileFields(d) {
			return nil
		}
	}
	return d
}

func kindOf(t reflect.Type) kind {
	if kind := methodsOf(t); kind != refused {
		if t.Name() == "" {
			return refused // encoding/json does not find the methods everywhere
		}
		return kind
	}
	switch t.Kind() {
	case reflect.String:
		if t != reflect.TypeFor[json.Number]() {
			return quoted
		}
	case reflect.Bool:
		return boolean
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return integer
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return unsigned
	case reflect.Float32, reflect.Float64:
		return float
	case reflect.Pointer:
		if t.Name() == "" { // of others encoding/json does not find the element's methods
			return pointer
		}
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return base64Slice
		}
		return slice
	case reflect.Array:
		return array
	case reflect.Struct:
		return object
	case reflect.Map:
		if t.Key().Kind() == reflect.String && methodsOf(t.Key()) == refused {
			return dictionary
		}
	}
	return refused
}

// methodsOf returns the kind of a type that decodes itself, refused for others.
func methodsOf(t reflect.Type) kind {
	switch p := reflect.PointerTo(t); {
	case p.Implements(reflect.TypeFor[json.Unmarshaler]()):
		return unmarshaler
	case p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return textUnmarshaler
	}
	return refused
}

// compileFields adds a struct's fields, and reports whether it knows how
// encoding/json treats all of them.
func (c compiler) compileFields(d *Decoder) bool {
	for i := range d.typ.NumField() {
		f := d.typ.Field(i)
		tag := f.Tag.Get("json")
		switch {
		case tag == "-":
			continue
		case f.Anonymous:
			return false
		case !f.IsExported():
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		if name == "" {
			name = f.Name
		}
		if !isName(name) || !areForEncoding(options) {
			return false
		}
		for _, other := range d.fields {
			if strings.EqualFold(other.name, name) {
				return false
			}
		}
		value := c.compile(f.Type)
		if value == nil {
			return false
		}
		d.fields = append(d.fields, field{name, i, value})
	}
	return len(d.fields) <= maxFields
}

// isName reports whether encoding/json surely takes the name from a tag.
func isName(name string) bool {
	for _, c := range name {
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) && !strings.ContainsRune("_-.:/@", c) {
			return false
		}
	}
	return true
}

// areForEncoding reports whether a tag's options mean nothing to a decoder.
func areForEncoding(options string) bool {
	for option := range strings.SplitSeq(options, ",") {
		if option != "" && option != "omitempty" && option != "omitzero" {
			return false
		}
	}
	return true
}
