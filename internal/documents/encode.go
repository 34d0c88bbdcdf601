package documents

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// The limits of a document and its key. What is within them every platform takes.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html,
// https://cloud.google.com/firestore/quotas
const (
	MaxJSON   = 390_000 // bytes of a document as JSON
	MaxLevels = 18      // of objects and arrays inside of each other, the document among them
	MaxKey    = 1024    // bytes

	maxItem   = 408_000 // bytes as DynamoDB counts, of 400 KB less a key and a revision
	maxValues = 20_000  // of the 40,000 index entries of Firestore, which has two of a value
	maxPath   = 1_000   // bytes of the names down to a value, of Firestore's 1,500 with marks between them
)

// CheckKey says what is wrong with a key.
func CheckKey(key string) error {
	switch {
	case key == "":
		return errors.New("the key is empty")
	case len(key) > MaxKey:
		return fmt.Errorf("the key has %d bytes, more than %d", len(key), MaxKey)
	case !utf8.ValidString(key):
		return errors.New("the key is not UTF-8")
	case key == "." || key == "..":
		return fmt.Errorf("the key is %s, which is a step in a path", key)
	case key[0] == '_':
		return errors.New("the key begins with _, as what belongs to the platforms does")
	case strings.Contains(key, "/"):
		return errors.New("the key has a /")
	}
	return nil
}

// Encode returns v, as encoding/json encodes it, as a document with numbers in
// their one spelling, or says why it is none.
func Encode(v any) (Document, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	d, err := Parse(text)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(d)) {
		if strings.HasPrefix(name, "_") {
			return nil, fmt.Errorf("the field %.40q begins with _, as what belongs to the platforms does", name)
		}
	}
	var c checker
	if _, err := c.value(d, 1, 0); err != nil {
		return nil, fmt.Errorf("the document%w", err)
	}
	if c.item > maxItem {
		return nil, fmt.Errorf("the document has %d bytes as DynamoDB counts, more than %d", c.item, maxItem)
	}
	text, err = JSON(d)
	if err == nil && len(text) > MaxJSON {
		err = fmt.Errorf("the document has %d bytes of JSON, more than %d", len(text), MaxJSON)
	}
	return d, err
}

// A checker checks the values of one document, whose numbers it spells, and
// counts them. An error's text goes on with the path of the value.
type checker struct {
	values int
	item   int // bytes as DynamoDB counts
}

// value returns v with numbers in their spelling. level is that of v if it holds
// others, and path the bytes of the names that lead to it.
func (c *checker) value(v any, level, path int) (any, error) {
	if c.values++; c.values > maxValues {
		return nil, fmt.Errorf(" has more than %d values", maxValues)
	}
	if level > MaxLevels {
		switch v.(type) {
		case []any, map[string]any:
			return nil, fmt.Errorf(": values are nested more than %d levels deep", MaxLevels)
		}
	}
	switch v := v.(type) {
	case string:
		c.item += len(v)
	case json.Number:
		return c.number(v)
	case []any:
		return v, c.array(v, level, path)
	case map[string]any:
		return v, c.object(v, level, path)
	default: // null, true and false
		c.item++
	}
	return v, nil
}

// number adds what a number counts at most: a byte for two digits, one for the
// sign, and two.
func (c *checker) number(v json.Number) (any, error) {
	n, holds := Number(string(v))
	if !holds || !inRange(n) {
		return nil, fmt.Errorf(": the number %.40s is no int64 and no double of 1e-130 to 9.9e125; a string holds it", v)
	}
	c.item += (len(n)+1)/2 + 2
	return n, nil
}

// A container counts 3 bytes, and each of its values one more.
const (
	container = 3
	element   = 1
)

func (c *checker) array(v []any, level, path int) error {
	c.item += container + element*len(v)
	for i := range v {
		if _, ok := v[i].([]any); ok {
			return fmt.Errorf("[%d]: an array lies directly in an array, which Firestore has not; put an object between them", i)
		}
		var err error
		if v[i], err = c.value(v[i], level+1, path); err != nil {
			return fmt.Errorf("[%d]%w", i, err)
		}
	}
	return nil
}

func (c *checker) object(v map[string]any, level, path int) error {
	c.item += container + element*len(v)
	for _, name := range slices.Sorted(maps.Keys(v)) { // so that of two faults the same is said
		switch {
		case name == "":
			return errors.New(": the name of a field is empty")
		case len(name) > maxPath-path:
			return fmt.Errorf(".%.40s…: the names of the fields down to it have more than %d bytes", name, maxPath)
		case len(name) >= 4 && strings.HasPrefix(name, "__") && strings.HasSuffix(name, "__"):
			return fmt.Errorf(".%.40s: names that begin and end with __ belong to Firestore", name)
		}
		c.item += len(name)
		var err error
		if v[name], err = c.value(v[name], level+1, path+len(name)); err != nil {
			return fmt.Errorf(".%.40s%w", name, err)
		}
	}
	return nil
}
