package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
)

// A Key is a key of fngen.yaml and what its value may be. Whoever understands
// it declares it where it is read; the schema shows the same.
type Key struct {
	Name    string
	Doc     string         // a sentence
	Default string         // what stands for a key that is not there; "" for nothing
	OneOf   []string       // the values there are; nil for any
	Grammar *regexp.Regexp // of the whole value; nil for any
	Want    string         // what to give instead of a value that Grammar does not take
	Low     int            // of a number
	High    int
	Valid   func(string) error // why a value is not possible; nil for nothing further

	kind keyKind
}

type keyKind uint8

const (
	ofString keyKind = iota
	ofList
	ofOneOrMore
	ofInt
	ofSection
)

// check says why the value is not possible. The error completes the key's name
// to a sentence.
func (k Key) check(value string) error {
	if len(k.OneOf) > 0 && !slices.Contains(k.OneOf, value) {
		return fmt.Errorf("is %q; give one of %s", model.Clip(value), strings.Join(k.OneOf, ", "))
	}
	if k.Grammar != nil && !k.Grammar.MatchString(value) {
		return fmt.Errorf("is %q; give %s", model.Clip(value), k.Want)
	}
	if k.Valid != nil {
		return k.Valid(value)
	}
	return nil
}
