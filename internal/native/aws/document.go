package aws

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"

	"github.com/fngen/fngen/internal/native"
)

func attempt(d native.Delivery) string { return strconv.Itoa(d.Attempts()) }

// dynamoDB is a change in the stream of a table with both images.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html
func dynamoDB(c call) ([]byte, native.Entry, error) {
	change := c.Occurrence.(native.Change)
	if len(change.Key) == 0 || len(change.Key) > len(c.Platform.Keys) {
		return nil, native.Entry{}, fmt.Errorf("a key of %d values for the key attributes %q", len(change.Key), c.Platform.Keys)
	}
	var keys []any
	for i, v := range change.Key {
		keys = append(keys, c.Platform.Keys[i], native.JSON("S", v))
	}
	image := func(fields native.Map) (any, error) {
		if fields == nil {
			return native.Omit, nil
		}
		fields = maps.Clone(fields)
		for i, v := range change.Key { // an item has an attribute once
			if field, ok := fields[c.Platform.Keys[i]]; ok && field != native.Value(v) {
				return nil, native.KeyField
			}
			delete(fields, c.Platform.Keys[i])
		}
		members, err := items(fields)
		return native.JSON(append(members, keys...)...), err
	}
	before, err := image(change.Before)
	if err != nil {
		return nil, native.Entry{}, err
	}
	after, err := image(change.After)
	if err != nil {
		return nil, native.Entry{}, err
	}
	if change.Damaged {
		after = native.RawJSON(`{"n":{"N":"one"}}`)
	}
	key := native.JSON(keys...)
	sequence := fmt.Sprintf("14054000000%014d", c.Number)
	return native.JSON(
		"eventID", native.Digest(c.Number, "change", c.Resource)[:32],
		"eventName", [...]string{"INSERT", "MODIFY", "REMOVE"}[change.Kind],
		"eventVersion", "1.1",
		"eventSource", "aws:dynamodb",
		"awsRegion", c.Region,
		"dynamodb", native.JSON(
			"ApproximateCreationDateTime", native.RawJSON(seconds(c.Delivery)),
			"Keys", key,
			"NewImage", after,
			"OldImage", before,
			"SequenceNumber", sequence,
			"SizeBytes", len(key),
			"StreamViewType", "NEW_AND_OLD_IMAGES",
		),
		"eventSourceARN", c.arn("dynamodb", "table/"+c.Resource+"/stream/2026-01-01T00:00:00.000"),
	), native.Entry{ID: sequence, Group: "shard"}, nil
}

// items returns the names and attribute values of an item.
func items(fields native.Map) ([]any, error) {
	var out []any
	for _, name := range native.Names(fields) {
		v, err := attributeValue(fields[name])
		if err != nil {
			return nil, err
		}
		out = append(out, name, v)
	}
	return out, nil
}

// Item returns the fields as DynamoDB has them. An error is of a value that it has
// not.
func Item(fields native.Map) (json.RawMessage, error) {
	members, err := items(fields)
	return native.JSON(members...), err
}

// attributeValue encodes a value as DynamoDB does.
func attributeValue(v native.Value) (json.RawMessage, error) {
	switch v := v.(type) {
	case nil:
		return native.JSON("NULL", true), nil
	case bool:
		return native.JSON("BOOL", v), nil
	case string:
		return native.JSON("S", v), nil
	case native.Number:
		return native.JSON("N", string(v)), nil
	case native.Bytes:
		return native.JSON("B", []byte(v)), nil
	case native.List:
		elements := make([]json.RawMessage, len(v))
		for i, element := range v {
			var err error
			if elements[i], err = attributeValue(element); err != nil {
				return nil, err
			}
		}
		return native.JSON("L", native.Array(elements)), nil
	case native.Map:
		item, err := Item(v)
		return native.JSON("M", item), err
	case native.Set:
		return set(v), nil
	case native.Unknown:
		return native.JSON("X", "?"), nil
	}
	return nil, native.NoSuchValue
}

// set encodes a set, whose kind is that of its first element.
func set(v native.Set) json.RawMessage {
	kind, elements := "", []any{}
	for _, element := range v {
		switch e := element.(type) {
		case native.Number:
			kind, elements = cmp.Or(kind, "NS"), append(elements, string(e))
		case native.Bytes:
			kind, elements = cmp.Or(kind, "BS"), append(elements, []byte(e))
		default:
			kind, elements = cmp.Or(kind, "SS"), append(elements, e)
		}
	}
	return native.JSON(cmp.Or(kind, "SS"), native.Array(elements))
}
