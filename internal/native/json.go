package native

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// JSON returns an object of the names and values that take turns. A value is
// anything that encodes; a [json.RawMessage] stands in it as it is, white space
// included, which encoding/json would not keep. A pair with [Omit] is left out.
func JSON(namesAndValues ...any) json.RawMessage {
	var b bytes.Buffer
	b.WriteByte('{')
	for i := 0; i < len(namesAndValues); i += 2 {
		value := namesAndValues[i+1]
		if value == Omit {
			continue
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.Write(Encode(namesAndValues[i]))
		b.WriteByte(':')
		b.Write(Encode(value))
	}
	b.WriteByte('}')
	return b.Bytes()
}

// Omit is the value of a member that is left out.
var Omit any = omit{}

type omit struct{}

// Array returns an array of the values.
func Array[T any](values []T) json.RawMessage {
	var b bytes.Buffer
	b.WriteByte('[')
	for i, v := range values {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(Encode(v))
	}
	b.WriteByte(']')
	return b.Bytes()
}

// Encode returns the value as JSON, without the escapes that HTML needs, as the
// platforms write it.
func Encode(v any) json.RawMessage {
	if raw, ok := v.(json.RawMessage); ok {
		return raw
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil { // a mistake in an encoder, whose values all encode
		panic(fmt.Sprintf("encode %T: %v", v, err))
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// Digest returns 64 hex digits that depend on the parts and the number alone.
func Digest(number int64, parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		h.Write([]byte(part))
	}
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(number)))
	return hex.EncodeToString(h.Sum(nil))
}

// UUID returns the same in the form of a random UUID.
func UUID(number int64, parts ...string) string {
	d := Digest(number, parts...)
	return d[:8] + "-" + d[8:12] + "-4" + d[13:16] + "-a" + d[17:20] + "-" + d[20:32]
}

// RawJSON returns text that is JSON, which stands as it is.
func RawJSON[T ~string | ~[]byte](text T) json.RawMessage { return json.RawMessage(text) }
