package aws_test

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/fngen/fngen/providers/internal/conformance"
)

// keys returns the names of the key attributes, or none if it is the default.
func keys(o conformance.Occurrence) []string {
	if c := o.Records[0].Change; c != nil && len(c.Key) == 2 {
		return []string{"id", "line"}
	}
	return nil
}

// dynamoDBRecord is a change in the stream of a table with both images.
func dynamoDBRecord(o conformance.Occurrence, i int) (string, conformance.Arrival, conformance.Reason) {
	c := o.Records[i].Change
	names := []string{"id", "line"}
	var key []string
	for i, v := range c.Key {
		key = append(key, fmt.Sprintf(`%q:{"S":%s}`, names[i], quoted(v)))
	}
	images := ""
	for _, image := range []struct {
		name   string
		fields map[string]conformance.Value
	}{{"OldImage", c.Before}, {"NewImage", c.After}} {
		if image.fields == nil {
			continue
		}
		members, reason := items(image.fields)
		if reason != "" {
			return "", conformance.Arrival{}, reason
		}
		images += fmt.Sprintf(`%q:{%s},`, image.name, strings.Join(append(members, key...), ","))
	}
	if c.Damaged {
		images = `"NewImage":{"n":{"N":"one"}},`
	}
	id, sequence := fmt.Sprintf("c81e728d9d4c2f636f067f89cc14862%d", i), fmt.Sprintf("11100000000000000000%d", i)
	table := "arn:aws:dynamodb" + arn + "table/acme-orders"
	raw := fmt.Sprintf(`{"eventID":%q,"eventName":%q,"eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion":"eu-west-1",`+
		`"dynamodb":{"ApproximateCreationDateTime":1772366400.123,"Keys":{%s},%s"SequenceNumber":%q,"SizeBytes":26,"StreamViewType":"NEW_AND_OLD_IMAGES"},`+
		`"eventSourceARN":"%s/stream/2026-01-01T00:00:00.000"}`,
		id, [...]string{"INSERT", "MODIFY", "REMOVE"}[c.Kind], strings.Join(key, ","), images, sequence, table)
	return raw, conformance.Arrival{
		Source: table, ID: id, NativeID: sequence, Time: happened,
		Extensions: map[string]string{"partitionkey": c.Key[0]},
	}, ""
}

// items returns the members of a map of attribute values.
func items(fields map[string]conformance.Value) ([]string, conformance.Reason) {
	var out []string
	for _, name := range conformance.Names(fields) {
		v, reason := attributeValue(fields[name])
		if reason != "" {
			return nil, reason
		}
		out = append(out, quoted(name)+":"+v)
	}
	return out, ""
}

// attributeValue encodes a value as DynamoDB does.
func attributeValue(v conformance.Value) (string, conformance.Reason) {
	switch v := v.(type) {
	case nil:
		return `{"NULL":true}`, ""
	case bool:
		return fmt.Sprintf(`{"BOOL":%t}`, v), ""
	case string:
		return `{"S":` + quoted(v) + `}`, ""
	case conformance.Number:
		return fmt.Sprintf(`{"N":%q}`, string(v)), ""
	case conformance.Bytes:
		return fmt.Sprintf(`{"B":%q}`, base64.StdEncoding.EncodeToString(v)), ""
	case conformance.List:
		var elements []string
		for _, element := range v {
			e, reason := attributeValue(element)
			if reason != "" {
				return "", reason
			}
			elements = append(elements, e)
		}
		return `{"L":[` + strings.Join(elements, ",") + `]}`, ""
	case conformance.Map:
		members, reason := items(v)
		return `{"M":{` + strings.Join(members, ",") + `}}`, reason
	case conformance.Set:
		return set(v), ""
	case conformance.Unknown:
		return `{"X":"?"}`, ""
	}
	return "", conformance.NoSuchValue
}

// set encodes a set, whose kind is that of its first element.
func set(v conformance.Set) string {
	kind, elements := "SS", []string{}
	for _, element := range v {
		switch e := element.(type) {
		case string:
			elements = append(elements, quoted(e))
		case conformance.Number:
			kind, elements = "NS", append(elements, quoted(string(e)))
		case conformance.Bytes:
			kind, elements = "BS", append(elements, quoted(base64.StdEncoding.EncodeToString(e)))
		}
	}
	return fmt.Sprintf(`{%q:[%s]}`, kind, strings.Join(elements, ","))
}
