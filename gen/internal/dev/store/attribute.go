package store

import (
	"encoding/json"
	"fmt"

	"github.com/fngen/fngen/internal/native"
)

// maxLevels is how deep values lie in each other at most, on every service.
const maxLevels = 32

// byName reads values of a service by name.
func byName(from map[string]json.RawMessage, level int, parse func(json.RawMessage, int) (native.Value, error)) (native.Map, error) {
	out := native.Map{}
	for name, raw := range from {
		v, err := parse(raw, level)
		if err != nil {
			return nil, fmt.Errorf("%w, in %s", err, name)
		}
		out[name] = v
	}
	return out, nil
}

// parseAttribute reads an attribute value.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
func parseAttribute(raw json.RawMessage, level int) (native.Value, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil || len(members) != 1 || level > maxLevels {
		return nil, because(errBad, "%.100s is no attribute value", raw)
	}
	var err error
	decode := func(raw json.RawMessage, into any) {
		if string(raw) == "null" {
			err = because(errBad, "null is no attribute value")
		} else if e := json.Unmarshal(raw, into); e != nil {
			err = because(errBad, "%v", e)
		}
	}
	for kind, raw := range members {
		switch kind {
		case "NULL":
			return nil, nil
		case "BOOL":
			var v bool
			decode(raw, &v)
			return v, err
		case "S":
			var v string
			decode(raw, &v)
			return v, err
		case "N":
			var v string
			decode(raw, &v)
			if err == nil && !isNumber(v) {
				return nil, because(errBad, "%.100q is no number", v)
			}
			return native.Number(v), err
		case "B":
			var v []byte
			decode(raw, &v)
			return native.Bytes(v), err
		case "L":
			var elements []json.RawMessage
			decode(raw, &elements)
			list := make(native.List, len(elements))
			for i := range elements {
				if list[i], err = parseAttribute(elements[i], level+1); err != nil {
					return nil, err
				}
			}
			return list, err
		case "M":
			var members map[string]json.RawMessage
			if decode(raw, &members); err != nil {
				return nil, err
			}
			return byName(members, level+1, parseAttribute)
		case "SS", "NS", "BS":
			var elements []json.RawMessage
			decode(raw, &elements)
			set := native.Set{}
			for _, e := range elements {
				v, err := parseAttribute(native.JSON(kind[:1], e), level+1)
				if err != nil {
					return nil, err
				}
				set = append(set, v)
			}
			return set, err
		}
	}
	return nil, because(errBad, "%.100s is no attribute value", raw)
}

// isNumber reports whether the text is a number as JSON has it.
func isNumber(text string) bool {
	var n json.Number
	return text != "" && text != "null" && text[0] != '"' && json.Unmarshal([]byte(text), &n) == nil
}
