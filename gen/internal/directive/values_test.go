package directive

import (
	"testing"
	"time"
)

// A duration that is read wrongly becomes a wrong timeout on a platform.
func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"30s": 30 * time.Second, "5m": 5 * time.Minute, "1h30m": 90 * time.Minute, "1d": 24 * time.Hour, "366d": 366 * 24 * time.Hour, "1500ms": 1500 * time.Millisecond,
		// Refused:
		"": 0, "0s": 0, "-1s": 0, "0d": 0, "-1d": 0, "d": 0, "1": 0, "1w": 0, "1d12h": 0, "367d": 0, "1.5d": 0,
		"99999999999999999999d": 0, "106752d": 0, "9999999999h": 0, "1e3s": 0,
	} {
		got, err := parseDuration(text)
		if got != want || (err == nil) != (want > 0) {
			t.Errorf("parseDuration(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
}
