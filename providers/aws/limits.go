package aws

import (
	"bytes"
	"fmt"
)

// The limits above which a payload is refused before anything decodes it.
const (
	// maxPayload is its size in bytes. Lambda's own limit is 6 MB:
	// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
	maxPayload = 8 << 20

	// maxRecords is the number of its records, the largest batch of any event
	// source mapping:
	// https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
	maxRecords = 10_000

	// maxNesting is the number of objects and arrays inside of each other.
	maxNesting = 1000
)

// checkLimits reports which limit the payload exceeds. It tells no JSON from
// what is none.
func checkLimits(payload []byte) error {
	if len(payload) > maxPayload {
		return fmt.Errorf("decode payload: it has %d bytes, more than %d", len(payload), maxPayload)
	}
	if !mayExceed(payload) {
		return nil
	}
	level, records := 0, 0
	counts := false // in a list that is a member of the payload
	for i := 0; i < len(payload); i++ {
		switch payload[i] {
		case '"':
			i = endOfString(payload, i)
		case '{', '[':
			if level++; level > maxNesting {
				return fmt.Errorf("decode payload: values are nested more than %d levels deep", maxNesting)
			}
			if level == 2 {
				counts, records = payload[i] == '[', 1
			}
		case '}', ']':
			level--
		case ',':
			if level != 2 || !counts {
				break
			}
			if records++; records > maxRecords {
				return fmt.Errorf("decode payload: it has more than %d records", maxRecords)
			}
		}
	}
	return nil
}

// mayExceed reports whether the payload has so many brackets or commas that a
// limit may be exceeded, whatever they mean.
func mayExceed(payload []byte) bool {
	nested := len(payload) > maxNesting && bytes.Count(payload, []byte("{"))+bytes.Count(payload, []byte("[")) > maxNesting
	return nested || len(payload) > maxRecords && bytes.Count(payload, []byte(",")) >= maxRecords
}

// endOfString returns the index of the quote that ends the string beginning at
// b[start], or len(b).
func endOfString(b []byte, start int) int {
	for i := start + 1; ; i++ {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return len(b)
		}
		i += n
		escapes := 0
		for b[i-1-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return i
		}
	}
}
