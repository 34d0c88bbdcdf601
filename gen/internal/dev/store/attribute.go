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
	members, err := decode[map[string]json.RawMessage](raw)
	if err != nil || len(members) != 1 || level > maxLevels {
		return nil, because(errBad, "%.100s is no attribute value", raw)
	}
	for kind, raw := range members {
		switch kind {
		case "NULL":
			return nil, nil
		case "BOOL":
			return decodeAttribute[bool](raw)
		case "S":
			return decodeAttribute[string](raw)
		case "N":
			v, err := decodeAttribute[string](raw)
			if err == nil && !isNumber(v) {
				return nil, because(errBad, "%.100q is no number", v)
			}
			return native.Number(v), err
		case "B":
			v, err := decodeAttribute[[]byte](raw)
			return native.Bytes(v), err
		case "L":
			elements, err := decodeAttribute[[]json.RawMessage](raw)
			list := make(native.List, len(elements))
			for i := range elements {
				if list[i], err = parseAttribute(elements[i], level+1); err != nil {
					return nil, err
				}
			}
			return list, err
		case "M":
			members, err := decodeAttribute[map[string]json.RawMessage](raw)
			if err != nil {
				return nil, err
			}
			return byName(members, level+1, parseAttribute)
		case "SS", "NS", "BS":
			elements, err := decodeAttribute[[]json.RawMessage](raw)
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

// decodeAttribute decodes what an attribute value holds, which is never null.
func decodeAttribute[T any](raw json.RawMessage) (v T, err error) {
	if string(raw) == "null" {
		err = because(errBad, "null is no attribute value")
	} else if e := json.Unmarshal(raw, &v); e != nil {
		err = because(errBad, "%v", e)
	}
	return v, err
}

// isNumber reports whether the text is a number as JSON has it.
func isNumber(text string) bool {
	var n json.Number
	return text != "" && text != "null" && text[0] != '"' && json.Unmarshal([]byte(text), &n) == nil
}
