package jsonscan

import (
	"cmp"
	"encoding/json"
	"fmt"
)

// Fields are the members that are asked for of an object, by their names, which
// count exactly. A value is a *string, **string, *int64, *json.Number, which a
// string may hold too, *json.RawMessage, which is a copy, the Fields of an object
// inside, or a function that reads it. Null leaves what is there, of members with one name the last counts,
// and one of another type is an error behind which the others are read, as in
// encoding/json.
type Fields map[string]any

// Read reads the text, which is one object and nothing else. The strings are
// memory of their own.
func (f Fields) Read(text []byte) error {
	const most = 10_000 // levels, as in encoding/json
	j := NewReader(Valid(string(text)), most)
	err := f.From(j)
	if err == nil || IsTypeError(err) {
		err = cmp.Or(j.End(), err)
	}
	if err != nil {
		return Explain(text, err)
	}
	return nil
}

// From reads the next value. The strings are parts of the reader's text.
func (f Fields) From(j *Reader) error {
	var first error
	err := j.Object(func(name string) error {
		into, ok := f[name]
		if !ok {
			return j.Skip()
		}
		err := read(j, into)
		if !IsTypeError(err) {
			return err
		}
		first = cmp.Or(first, fmt.Errorf("%s: %w", name, err))
		return nil
	})
	return cmp.Or(err, first)
}

func read(j *Reader, into any) error {
	switch into := into.(type) {
	case Fields:
		return into.From(j)
	case func(*Reader) error:
		return into(j)
	case *string:
		return j.String(into)
	case **string:
		if j.null() {
			*into = nil
			return nil
		}
		var s string
		err := j.String(&s)
		if err == nil {
			*into = &s
		}
		return err
	case *int64:
		return j.Int(into)
	case *json.Number:
		return readNumber(j, into)
	case *json.RawMessage:
		var raw string
		err := j.Keep(&raw)
		*into = json.RawMessage(raw)
		return err
	}
	return fmt.Errorf("nothing reads into %T", into)
}

// readNumber reads a number, or a string that holds one.
func readNumber(j *Reader, n *json.Number) error {
	c := j.Next()
	switch {
	case c == 'n' && j.null():
		return nil
	case c == '"':
		text, err := j.Quoted()
		if err != nil {
			return err
		}
		if !IsNumber(text) {
			return &TypeError{Got: fmt.Sprintf("string %.64q", text), Want: "number"}
		}
		*n = json.Number(text)
		return nil
	case c != '-' && (c < '0' || c > '9'):
		return j.other("number")
	}
	text, err := j.Literal()
	*n = json.Number(text)
	return err
}
