package doctor

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// A Runtime is what is known of a runtime of a platform, or of a version of Go. A
// date that is not known, or not set, is zero.
type Runtime struct {
	Platform   string `json:"platform"` // a target's name, or go
	ID         string `json:"id"`
	Deprecated Date   `json:"deprecated"`  // maintained until then
	NoCreation Date   `json:"no-creation"` // new functions are refused from then on
	NoUpdate   Date   `json:"no-update"`   // and so are updates
	Source     string `json:"source"`      // the page that says so
	Checked    Date   `json:"checked"`     // when it did
}

// A Date is a day, or one of those from its first to its last.
type Date struct{ First, Last time.Time }

// String is 2027-02-01, or 2027-02-01/2027-03-31.
func (d Date) String() string {
	switch first, last := d.First.Format(time.DateOnly), d.Last.Format(time.DateOnly); {
	case d.First.IsZero():
		return ""
	case first == last:
		return first
	default:
		return first + "/" + last
	}
}

// words are the date in a sentence.
func (d Date) words() string {
	if first, last, isRange := strings.Cut(d.String(), "/"); isRange {
		return "a day between " + first + " and " + last
	}
	return d.String()
}

// MarshalText writes what String does.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what String writes.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	first, last, isRange := strings.Cut(string(text), "/")
	if !isRange {
		last = first
	}
	var err1, err2 error
	d.First, err1 = time.Parse(time.DateOnly, first)
	d.Last, err2 = time.Parse(time.DateOnly, last)
	if err1 != nil || err2 != nil || d.Last.Before(d.First) {
		return fmt.Errorf("%q is no day and no range of days", text)
	}
	return nil
}

//go:embed runtimes.json
var data []byte

// known returns all runtimes that the data has, each platform's oldest first.
func known() ([]Runtime, error) {
	var all []Runtime
	d := json.NewDecoder(strings.NewReader(string(data)))
	d.DisallowUnknownFields()
	if err := d.Decode(&all); err != nil {
		return nil, fmt.Errorf("decode runtimes.json: %w", err)
	}
	return all, nil
}
