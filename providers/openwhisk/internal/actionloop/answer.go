package actionloop

import (
	"bytes"
	"encoding/json"
	"log/slog"
)

// Error is the answer that OpenWhisk records as an application error. Everyone
// who may read the activation sees the text.
func Error(text string) []byte {
	return Answer(struct {
		Error string `json:"error"`
	}{text})
}

// Refuse logs why a request is not taken and is the answer that says so. The
// request itself is not logged: what does not decode may hold secrets.
func Refuse(err error) []byte {
	slog.Error("request refused", "error", err.Error())
	return Error(err.Error())
}

// Answer encodes v, which must encode to a JSON object, on one line.
func Answer(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return Refuse(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
