package conformance

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
)

// logged collects what f logs.
func logged(f func()) []byte {
	var b bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&b, nil)))
	defer slog.SetDefault(before)
	f()
	return b.Bytes()
}

// A letter is an event that was logged whole: as a structured CloudEvent or, if
// it could not be decoded, as the record.
type letter struct {
	event string
	raw   string
}

// letters reads the events that were logged whole from the log, their pieces
// put together.
func letters(log []byte) ([]letter, error) {
	var out []letter
	for line := range bytes.Lines(log) {
		var entry struct {
			Message string `json:"msg"`
			Piece   int    `json:"piece"`
			Pieces  int    `json:"pieces"`
			Event   string `json:"event"`
			Raw     string `json:"raw"`
			Base64  string `json:"raw_base64"`
		}
		if err := json.Unmarshal(line, &entry); err != nil {
			return nil, fmt.Errorf("log line %.200q: %w", line, err)
		}
		if entry.Message != "event dropped" {
			continue
		}
		if entry.Piece == 1 {
			out = append(out, letter{})
		}
		if len(out) == 0 || entry.Piece > entry.Pieces {
			return nil, fmt.Errorf("piece %d of %d in the log", entry.Piece, entry.Pieces)
		}
		raw, err := base64.StdEncoding.DecodeString(entry.Base64)
		if err != nil {
			return nil, fmt.Errorf("log: %w", err)
		}
		last := &out[len(out)-1]
		last.event += entry.Event
		last.raw += entry.Raw + string(raw)
	}
	return out, nil
}

// id returns the id of the event that the letter is, or "".
func (l letter) id() string {
	var e struct{ ID string }
	_ = json.Unmarshal([]byte(l.event), &e) // what is no event has no id
	return e.ID
}

// Secret is the value of every header of a payload that is a credential. No
// delivery and no log may hold it.
const Secret = "Bearer s3cret"
