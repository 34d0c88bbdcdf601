package ce

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/internal/jsonscan"
)

// MaxExtensions is the number of extensions above which an event is refused that
// anybody may send.
const MaxExtensions = 64

// maxMembers is the number of members above which any event is refused, so that
// a body of many tiny ones does not become a map many times its size.
const maxMembers = 1000

// maxNesting is the number of objects and arrays inside of each other, that of
// encoding/json.
const maxNesting = 10_000

// Decode reads one event in structured JSON mode. The event keeps no part of b.
//
// JSON data is kept verbatim, a JSON string too, quotes and all, whatever is in
// it (JSON format, section 3.1.1): as which the SDK writes data of a +json type. A
// JSON string under a content type that is not JSON is the data's text. An integer beyond 32 bits and a number with a
// fraction, which CloudEvents does not have, become the string that stands
// there.
func Decode(b []byte) (event.Event, error) { return decodeWithin(b, maxMembers) }

// DecodePublic is [Decode] of what anybody may have sent.
func DecodePublic(b []byte) (event.Event, error) { return decodeWithin(b, MaxExtensions) }

func decodeWithin(b []byte, extensions int) (event.Event, error) {
	e, err := decode(b, extensions)
	if err != nil {
		return event.Event{}, fmt.Errorf("decode CloudEvent: %w", err)
	}
	return e, nil
}

func decode(b []byte, extensions int) (event.Event, error) {
	text := string(b)
	if !utf8.ValidString(text) {
		return event.Event{}, errors.New("not UTF-8") // encoding/json would replace the bytes
	}
	j := jsonscan.NewReader(text, maxNesting)
	e, err := read(j, extensions)
	if err == nil && j.End() != nil {
		return event.Event{}, errors.New("more after the JSON object")
	}
	return e, err
}

// Read is [Decode] of the next value of a text, of which the event keeps no part
// either.
func Read(j *jsonscan.Reader) (event.Event, error) { return readWithin(j, maxMembers) }

// ReadPublic is [Read] of what anybody may have sent.
func ReadPublic(j *jsonscan.Reader) (event.Event, error) { return readWithin(j, MaxExtensions) }

func readWithin(j *jsonscan.Reader, extensions int) (event.Event, error) {
	start := j.Offset()
	e, err := read(j, extensions)
	if err == nil && !utf8.ValidString(j.Since(start)) {
		err = errors.New("not UTF-8")
	}
	if err != nil {
		return event.Event{}, fmt.Errorf("decode CloudEvent: %w", err)
	}
	return e, nil
}

// read reads an event. More members than the number of extensions that are not
// the specification's are an error, also those that are null.
func read(j *jsonscan.Reader, extensions int) (event.Event, error) {
	if j.Next() != '{' {
		return event.Event{}, errors.New("not a JSON object")
	}
	var (
		a          Attributes
		data       string // as JSON; "" if absent
		base64Data *string
		space      [16]string
		seen       = space[:0]
		others     int
	)
	err := j.Object(func(name string) error {
		if slices.Contains(seen, name) {
			return fmt.Errorf("member %q appears twice", name)
		}
		if len(seen) == maxMembers {
			return fmt.Errorf("more than %d members", maxMembers)
		}
		seen = append(seen, name)
		if name != "data" && name != "data_base64" && !IsAttribute(name) {
			if others++; others > extensions {
				return fmt.Errorf("more than %d extensions", extensions)
			}
		}
		switch {
		case name == "data":
			return j.Keep(&data)
		case j.IsNull(): // absent, by the JSON format's section 2.2
			return j.Skip()
		case name == "data_base64":
			if j.Next() != '"' {
				return errors.New("data_base64 is not a string")
			}
			base64Data = new(string)
			return j.String(base64Data)
		}
		return a.setJSON(name, j)
	})
	if err != nil {
		return event.Event{}, err
	}
	if base64Data != nil {
		if data != "" {
			return event.Event{}, errors.New("both data and data_base64")
		}
		decoded, err := base64.StdEncoding.DecodeString(*base64Data)
		if err != nil {
			return event.Event{}, fmt.Errorf("data_base64: %w", err)
		}
		e, err := a.Event(decoded)
		e.DataBase64 = err == nil
		return e, err
	}
	if data == "" {
		return a.Event(nil)
	}
	if a.ctx.DataContentType == nil || IsJSON(*a.ctx.DataContentType) {
		return a.Event([]byte(data))
	}
	switch data[0] {
	case 'n': // null
		return a.Event(nil)
	case '"':
		text, err := jsonscan.NewReader(data, maxNesting).Quoted()
		if err != nil {
			return event.Event{}, fmt.Errorf("data: %w", err)
		}
		return a.Event([]byte(text))
	}
	return a.Event([]byte(data))
}

// setJSON sets an attribute from its JSON value, which is not null.
func (a *Attributes) setJSON(name string, j *jsonscan.Reader) error {
	switch j.Next() {
	case '"':
		value, err := j.Quoted()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return a.Set(name, value)
	case '{', '[':
		return fmt.Errorf("attribute %q is an object or array", name)
	}
	value, err := j.Literal()
	switch {
	case err != nil:
		return err
	case IsAttribute(name):
		return fmt.Errorf("%s is not a string", name)
	case value == "true" || value == "false":
		return a.setExtension(name, value == "true")
	}
	if n, err := strconv.ParseInt(value, 10, 64); err == nil && n >= math.MinInt32 && n <= math.MaxInt32 {
		return a.setExtension(name, int32(n))
	}
	return a.setExtension(name, a.copies.Copy(value))
}
