package aws

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// A payload beyond a limit is refused with an error of its own before it is
// decoded, and one at the limit is not.
func TestLimits(t *testing.T) {
	elements := func(n int) string { return `{"Records":[` + strings.TrimSuffix(strings.Repeat("1,", n), ",") + `]}` }
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for name, test := range map[string]struct{ payload, want string }{
		"size":                            {strings.Repeat(" ", maxPayload), ""},
		"too large":                       {strings.Repeat(" ", maxPayload+1), "it has 8388609 bytes, more than 8388608"},
		"records":                         {elements(maxRecords), ""},
		"too many records":                {elements(maxRecords + 1), "it has more than 10000 records"},
		"nesting":                         {nested(maxNesting), ""},
		"nested too deep":                 {nested(maxNesting + 1), "values are nested more than 1000 levels deep"},
		"an object's members":             {`{"state":{` + strings.Repeat(`"a":1,`, maxRecords+1) + `"a":1}}`, ""},
		"what a record holds":             {`{"Records":[[` + strings.Repeat("1,", maxRecords+1) + `1]]}`, ""},
		"commas in a string":              {`{"Records":["` + strings.Repeat(`\",`, maxRecords+1) + `"]}`, ""},
		"brackets in a string":            {`{"a":"` + strings.Repeat(`[{`, maxNesting) + `"}`, ""},
		"a string that ends in an escape": {`{"a":"\\","Records":[` + strings.Repeat("1,", maxRecords) + `1]}`, "more than 10000 records"},
		"a string without an end":         {`{"a":"\"`, ""},
		"nothing":                         {"", ""},
		"more closed than opened":         {"]]]]", ""},
	} {
		err := checkLimits([]byte(test.payload))
		if test.want == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		wantError(t, err, "decode payload: ", test.want)
	}
}

// The limits hold for every source, before its decoder runs.
func TestLimitsComeFirst(t *testing.T) {
	payload := `{"Records":[` + strings.Repeat("{},", maxRecords) + `{}]}`
	for _, src := range []Source{SQS{}, SNS{}, S3{}, EventBridge{}, Scheduler{}, DynamoDB{}, Kinesis{}} {
		_, err := invoke(t, src, &recorder{}, payload)
		wantError(t, err, "more than 10000 records")
	}
}

// Times keep every digit down to the nanosecond, in both notations that AWS
// uses, and what is no time is an error and not the year 292277026596.
func TestParseEpoch(t *testing.T) {
	for value, want := range map[string]string{
		"1480641523.477":         "2016-12-02T01:18:43.477Z",
		"1607497475.000":         "2020-12-09T07:04:35Z",
		"1480642020":             "2016-12-02T01:27:00Z",
		"1.48064202E9":           "2016-12-02T01:27:00Z",
		"1.480641523477e+9":      "2016-12-02T01:18:43.477Z",
		"14806415234770e-4":      "2016-12-02T01:18:43.477Z",
		"1545084650.987654321":   "2018-12-17T22:10:50.987654321Z",
		"1545084650.9876543219":  "2018-12-17T22:10:50.987654321Z",
		"0":                      "1970-01-01T00:00:00Z",
		"0.5":                    "1970-01-01T00:00:00.5Z",
		"5e-1":                   "1970-01-01T00:00:00.5Z",
		"253402300799":           "9999-12-31T23:59:59Z",
		"253402300800":           "",
		"1e300":                  "",
		"1e-300":                 "",
		"1e99999999999999999999": "",
		"-1":                     "",
		"1.5.5":                  "",
		".":                      "",
		"soon":                   "",
	} {
		got, err := parseEpoch("arrival", json.Number(value))
		switch {
		case want == "" && err == nil:
			t.Errorf("%s is %v", value, got)
		case want == "":
			wantError(t, err, `arrival: "`+value+`" is no time`)
		case err != nil || got.Format(time.RFC3339Nano) != want:
			t.Errorf("%s is %v, %v; want %s", value, got, err, want)
		}
	}
	if at, err := parseEpoch("arrival", ""); err != nil || !at.IsZero() {
		t.Errorf("an absent time is %v, %v", at, err)
	}
}
