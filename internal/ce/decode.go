package ce

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/cloudevents/sdk-go/v2/event"
)

// maxMembers is the number of members above which an event is refused, so that
// a body of many tiny ones does not become a map many times its size.
const maxMembers = 1000

// Decode reads one event in structured JSON mode. The event keeps no part of b.
//
// JSON data is kept verbatim; a JSON string under a content type that is not
// JSON is the data's text. An integer beyond 32 bits and a number with a
// fraction, which CloudEvents does not have, become the string that stands
// there.
func Decode(b []byte) (event.Event, error) {
	e, err := decode(b)
	if err != nil {
		return event.Event{}, fmt.Errorf("decode CloudEvent: %w", err)
	}
	return e, nil
}

func decode(b []byte) (event.Event, error) {
	if !utf8.Valid(b) {
		return event.Event{}, errors.New("not UTF-8") // encoding/json would replace the bytes
	}
	d := json.NewDecoder(bytes.NewReader(b))
	if t, err := d.Token(); err != nil {
		return event.Event{}, syntax(err)
	} else if t != json.Delim('{') {
		return event.Event{}, errors.New("not a JSON object")
	}
	var (
		a          Attributes
		data       json.RawMessage // nil if absent
		base64Data *string
		seen       = map[string]bool{}
	)
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return event.Event{}, syntax(err)
		}
		name := t.(string)
		if seen[name] {
			return event.Event{}, fmt.Errorf("member %q appears twice", name)
		}
		if len(seen) == maxMembers {
			return event.Event{}, fmt.Errorf("more than %d members", maxMembers)
		}
		seen[name] = true
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return event.Event{}, syntax(err)
		}
		switch {
		case name == "data":
			data = value
		case string(value) == "null": // absent, by the JSON format's section 2.2
		case name == "data_base64":
			base64Data = new(string)
			if err := json.Unmarshal(value, base64Data); err != nil {
				return event.Event{}, errors.New("data_base64 is not a string")
			}
		default:
			if err := a.setJSON(name, value); err != nil {
				return event.Event{}, err
			}
		}
	}
	if _, err := d.Token(); err != nil { // the closing brace
		return event.Event{}, syntax(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return event.Event{}, errors.New("more after the JSON object")
	}
	if base64Data != nil {
		if data != nil {
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
	if data == nil || a.ctx.DataContentType == nil || IsJSON(*a.ctx.DataContentType) {
		return a.Event(data)
	}
	switch data[0] {
	case 'n': // null
		return a.Event(nil)
	case '"':
		var text string
		if err := json.Unmarshal(data, &text); err != nil {
			return event.Event{}, fmt.Errorf("data: %w", err)
		}
		return a.Event([]byte(text))
	}
	return a.Event(data)
}

func syntax(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// setJSON sets an attribute from its JSON value, which is not null.
func (a *Attributes) setJSON(name string, value json.RawMessage) error {
	switch value[0] {
	case '"':
		var s string
		if err := json.Unmarshal(value, &s); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return a.Set(name, s)
	case '{', '[':
		return fmt.Errorf("attribute %q is an object or array", name)
	}
	if isAttribute(name) {
		return fmt.Errorf("%s is not a string", name)
	}
	switch s := string(value); s {
	case "true", "false":
		return a.setExtension(name, s == "true")
	default:
		if n, err := strconv.ParseInt(s, 10, 64); err == nil && n >= math.MinInt32 && n <= math.MaxInt32 {
			return a.setExtension(name, int32(n))
		}
		return a.setExtension(name, s)
	}
}
