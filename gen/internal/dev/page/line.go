package page

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"

	"github.com/fngen/fngen/gen/internal/dev/platform"
)

// maxLineBytes is how much of a line is on the page.
const maxLineBytes = 1000

// A logLine is a line of a function's log. Of one that is JSON, as the platforms'
// loggers write, the level and the message come first.
type logLine struct {
	At, Level, Class string
	Text             string
	Rest             string // names and values of a line that is JSON
	Size             int    // of all of it in bytes, if it is cut; else 0
}

func lineOf(l platform.Line) logLine {
	out := logLine{At: clock(l.Time), Text: l.Text}
	level, message, rest, ok := record(l.Text)
	if ok {
		out.Level, out.Text, out.Rest = level, message, rest
	}
	for _, text := range []*string{&out.Text, &out.Rest} {
		if len(*text) > maxLineBytes {
			*text, out.Size = strings.ToValidUTF8((*text)[:maxLineBytes], ""), len(l.Text)
		}
	}
	switch strings.ToUpper(level) {
	case "ERROR", "CRITICAL", "ALERT", "EMERGENCY", "FATAL":
		out.Class = bad
	case "WARN", "WARNING":
		out.Class = warning
	}
	return out
}

// known matches what stands around a line already, and what the platform is told.
var known = regexp.MustCompile(`^(time|timestamp|function|event\..*|logging\.googleapis\.com/.*|@type|serviceContext)$`)

// record takes apart a line that is a JSON object with a message, without what is
// known of it.
func record(text string) (level, message, rest string, ok bool) {
	d := json.NewDecoder(strings.NewReader(text))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return "", "", "", false
	}
	var others []string
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return "", "", "", false
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return "", "", "", false
		}
		value := string(raw)
		if s := ""; json.Unmarshal(raw, &s) == nil && !bytes.Equal(raw, []byte("null")) {
			value = s
		}
		switch name := name.(string); name {
		case "level", "severity":
			level = value
		case "message", "msg":
			message, ok = value, true
		default:
			if !known.MatchString(name) {
				others = append(others, name+"="+value)
			}
		}
	}
	_, err := d.Token()
	return level, message, strings.Join(others, " "), ok && err == nil && !d.More()
}
