package run

import (
	"context"
	"encoding/base64"
	"unicode/utf8"

	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/internal/run/mark"
)

// pieceSize keeps a piece of a logged event below the platforms' limit for one
// line, of which OpenWhisk's 16 KiB is the smallest, though a log's quoting
// doubles what is full of quotes and backslashes, as JSON may be.
const pieceSize = 6 << 10

// logWhole logs the event that nobody will deliver again, in numbered pieces:
// as a structured CloudEvent, or as the platform's record if it is none. What
// is not UTF-8 is logged as base64, since a log keeps nothing else.
func logWhole(ctx context.Context, r *Record, cause error) {
	key, whole := "event", ""
	var attributes map[string]string
	if encoded, err := ce.Encode(r.Event); err == nil && r.Err == nil {
		whole = string(encoded)
	} else {
		raw := r.Raw()
		attributes = r.Delivery().Attributes
		key, whole = "raw", string(raw)
		if !utf8.Valid(raw) {
			key, whole = "raw_base64", base64.StdEncoding.EncodeToString(raw)
		}
	}
	parts := pieces(whole)
	for i, piece := range parts {
		mark.Log(ctx, "event dropped", "record", r.String(), "error", cause.Error(),
			"piece", i+1, "pieces", len(parts), "attributes", attributes, key, piece)
	}
}

// pieces splits s between characters into at least one piece of at most
// pieceSize bytes.
func pieces(s string) []string {
	var out []string
	for len(s) > pieceSize {
		n := pieceSize
		for !utf8.RuneStart(s[n]) {
			n--
		}
		out = append(out, s[:n])
		s = s[n:]
	}
	return append(out, s)
}
