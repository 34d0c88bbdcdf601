package ce

import (
	"strings"
	"testing"
	"time"
)

// The grammar of RFC 3339, no more and no less.
func TestParseTime(t *testing.T) {
	for in, want := range map[string]string{
		"2026-01-02T03:04:05Z":                  "2026-01-02T03:04:05Z",
		"2026-01-02t03:04:05z":                  "2026-01-02T03:04:05Z",
		"2026-01-02t03:04:05.5+01:00":           "2026-01-02T02:04:05.5Z",
		"2026-01-02T03:04:05.1234567899Z":       "2026-01-02T03:04:05.123456789Z",
		"2026-01-02T03:04:05-00:00":             "2026-01-02T03:04:05Z",
		"2026-01-02T03:04:05+23:59":             "2026-01-01T03:05:05Z",
		"2016-12-31T23:59:60Z":                  "2017-01-01T00:00:00Z",
		"2016-12-31t23:59:60.25z":               "2017-01-01T00:00:00.25Z",
		"2017-01-01T00:59:60+01:00":             "2017-01-01T00:00:00Z",
		"2024-02-29T00:00:00Z":                  "2024-02-29T00:00:00Z",
		"0000-01-01T00:00:00Z":                  "0000-01-01T00:00:00Z",
		"9999-12-31T23:59:59.999999999Z":        "9999-12-31T23:59:59.999999999Z",
		"9999-12-31T23:59:60Z":                  "",
		"9999-12-31T23:59:59-01:00":             "",
		"2026-01-02T03:04:05,5Z":                "",
		"2026-01-02T03:04:05+24:00":             "",
		"2026-01-02T03:04:05+01:60":             "",
		"2026-01-02T03:04:05+0100":              "",
		"2026-01-02T03:04:05+01":                "",
		"2026-01-02T24:00:00Z":                  "",
		"2026-01-02T03:60:00Z":                  "",
		"2026-01-02T03:04:61Z":                  "",
		"2026-01-02T3:04:05Z":                   "",
		"2026-01-02 03:04:05Z":                  "",
		"2026-01-02T03:04:05":                   "",
		"2026-01-02T03:04:05.Z":                 "",
		"2026-01-02T03:04:05Zz":                 "",
		"2026-01-02T03:04Z":                     "",
		"2026-02-29T00:00:00Z":                  "",
		"2026-13-01T00:00:00Z":                  "",
		"2026-00-01T00:00:00Z":                  "",
		"+2026-01-02T03:04:05Z":                 "",
		"２026-01-02T03:04:05Z":                  "",
		" 2026-01-02T03:04:05Z":                 "",
		"":                                      "",
		"2026-01-02T03:04:05" + "ſ":             "",
		strings.Repeat("2026-01-02T03:04:", 99): "",
	} {
		got, err := ParseTime(in)
		switch {
		case want == "" && err == nil:
			t.Errorf("%q is taken as %v", in, got)
		case want != "" && (err != nil || got.UTC().Format(time.RFC3339Nano) != want):
			t.Errorf("%q is %v (%v), want %s", in, got.UTC(), err, want)
		}
	}
}

// What time.Parse takes that is not in the grammar is refused, and what it
// refuses that is in it is taken; on all else the two agree.
func FuzzParseTime(f *testing.F) {
	for _, seed := range []string{"2026-01-02T03:04:05Z", "2026-01-02T03:04:05,5+24:00", "2016-12-31t23:59:60.5z", "2026-01-02T3:4:5Z"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ParseTime(s)
		want, wantErr := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			return
		}
		if wantErr == nil && !got.Equal(want) {
			t.Errorf("%q is %v, time.Parse has %v", s, got, want)
		}
		if wantErr != nil && !strings.ContainsAny(s, "tz") && !strings.Contains(s, ":60") {
			t.Errorf("%q is %v, time.Parse says %v", s, got, wantErr)
		}
	})
}
