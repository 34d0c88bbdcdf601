// Package item is an item of a DynamoDB table as plain values and back, for the
// stream of a table and for collections.
package item

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/fngen/fngen/internal/documents"
	"github.com/fngen/fngen/internal/jsonscan"
)

// The limits of an item that is decoded. DynamoDB's own are narrower: 32
// levels, and 400 KB in which every value counts at least one byte.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
const (
	maxValues = 1 << 19 // values, those inside of lists, maps and sets included
	maxLevels = 100     // lists and maps inside of each other
	maxBytes  = 6 << 20 // bytes of base64 of one value
)

// Decode decodes a map of attribute values to a document: numbers in their one
// spelling, binary values as standard base64, sets as sorted arrays. An error's text goes on with the path of the
// attribute, .address.city for instance.
func Decode(raw json.RawMessage) (documents.Document, error) {
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return nil, errors.New(": it is missing")
	}
	d := decoder{Decoder: json.NewDecoder(bytes.NewReader(raw))}
	item, err := d.members(0)
	if err != nil {
		return nil, err
	}
	return item, nil
}

// An decoder decodes the values of one item, token by token, so that it
// holds nothing but what has passed the limits.
type decoder struct {
	*json.Decoder
	values int
}

// value decodes an attribute value: an object whose one member is named after
// the type. A type that is not known fails the item, since a part of it would
// be lost.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_AttributeValue.html
func (d *decoder) value(level int) (any, error) {
	if err := d.count(); err != nil {
		return nil, err
	}
	if err := d.delim('{'); err != nil {
		return nil, err
	}
	name, err := d.string()
	if err != nil {
		return nil, errors.New(": the value has no type")
	}
	v, err := d.typed(name, level)
	if err != nil {
		return nil, err
	}
	if d.More() {
		return nil, errors.New(": the value has more than one type")
	}
	return v, d.delim('}')
}

// typed decodes what follows the type's name.
func (d *decoder) typed(name string, level int) (any, error) {
	switch name {
	case "S":
		return d.string()
	case "N":
		return d.number()
	case "B":
		return d.binary()
	case "BOOL":
		t, err := d.Token()
		if b, ok := t.(bool); ok && err == nil {
			return b, nil
		}
		return nil, errors.New(": BOOL is no boolean")
	case "NULL":
		if t, err := d.Token(); t != true || err != nil {
			return nil, errors.New(": NULL is not true")
		}
		return nil, nil
	case "SS":
		return set(d, d.string, cmp.Compare[string])
	case "NS":
		return set(d, d.number, compareNumbers)
	case "BS":
		return set(d, d.binary, cmp.Compare[string])
	case "L":
		return d.list(level + 1)
	case "M":
		return d.members(level + 1)
	}
	return nil, fmt.Errorf(": the type %q is not known", name)
}

// count counts one more value.
func (d *decoder) count() error {
	if d.values++; d.values > maxValues {
		return fmt.Errorf(": the item has more than %d values", maxValues)
	}
	return nil
}

func (d *decoder) members(level int) (map[string]any, error) {
	if level > maxLevels {
		return nil, fmt.Errorf(": values are nested more than %d levels deep", maxLevels)
	}
	if err := d.delim('{'); err != nil {
		return nil, err
	}
	values := map[string]any{}
	for d.More() {
		name, err := d.string()
		if err != nil {
			return nil, err
		}
		if _, ok := values[name]; ok {
			return nil, fmt.Errorf(".%s: it appears twice", name)
		}
		if values[name], err = d.value(level); err != nil {
			return nil, fmt.Errorf(".%s%w", name, err)
		}
	}
	return values, d.delim('}')
}

func (d *decoder) list(level int) (any, error) {
	if level > maxLevels {
		return nil, fmt.Errorf(": values are nested more than %d levels deep", maxLevels)
	}
	if err := d.delim('['); err != nil {
		return nil, err
	}
	values := []any{} // an empty list is not null
	for d.More() {
		v, err := d.value(level)
		if err != nil {
			return nil, fmt.Errorf("[%d]%w", len(values), err)
		}
		values = append(values, v)
	}
	return values, d.delim(']')
}

// set decodes a set as a sorted list.
func set[T any](d *decoder, element func() (T, error), compare func(a, b T) int) (any, error) {
	if err := d.delim('['); err != nil {
		return nil, err
	}
	var elements []T
	for d.More() {
		if err := d.count(); err != nil {
			return nil, err
		}
		e, err := element()
		if err != nil {
			return nil, fmt.Errorf("[%d]%w", len(elements), err)
		}
		elements = append(elements, e)
	}
	slices.SortFunc(elements, compare)
	values := make([]any, len(elements))
	for i, e := range elements {
		values[i] = e
	}
	return values, d.delim(']')
}

// compareNumbers compares by value, and by token what is the same as a float.
func compareNumbers(a, b json.Number) int {
	x, _ := strconv.ParseFloat(a.String(), 64)
	y, _ := strconv.ParseFloat(b.String(), 64)
	return cmp.Or(cmp.Compare(x, y), cmp.Compare(a, b))
}

func (d *decoder) string() (string, error) {
	t, err := d.Token()
	s, ok := t.(string)
	if err != nil || !ok {
		return "", errors.New(": the value is no string")
	}
	return s, nil
}

// number decodes a number, which stands in a string.
func (d *decoder) number() (json.Number, error) {
	s, err := d.string()
	if err != nil {
		return "", err
	}
	if !jsonscan.IsNumber(s) {
		return "", fmt.Errorf(": %q is no number", s)
	}
	n, _ := documents.Number(s) // what no double holds is its digits
	return n, nil
}

// binary decodes bytes, and returns them as base64 that nothing but base64 is
// in.
func (d *decoder) binary() (string, error) {
	s, err := d.string()
	if err != nil {
		return "", err
	}
	if len(s) > maxBytes {
		return "", fmt.Errorf(": the value has more than %d bytes of base64", maxBytes)
	}
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return "", fmt.Errorf(": %w", err)
	}
	return base64.StdEncoding.EncodeToString(b), nil
}

func (d *decoder) delim(want json.Delim) error {
	if t, err := d.Token(); err != nil || t != want {
		return fmt.Errorf(": expected %s", want)
	}
	return nil
}
