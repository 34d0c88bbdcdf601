package openwhisk_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fngen/fngen/internal/native"
	"github.com/fngen/fngen/internal/native/openwhisk"
)

// An answer is {} or an error that names the messages that failed.
func TestResults(t *testing.T) {
	two := []native.Entry{{ID: "0:1"}, {ID: "0:17"}}
	for _, c := range []struct{ answer, want string }{
		{`{}`, "acknowledged acknowledged"},
		{`{"error":"1 of 2 events failed: Kafka message orders 0:17"}`, "acknowledged failed"},
		{`{"error":"2 of 2 events failed: Kafka message orders 0:1, Kafka message orders 0:17"}`, "failed failed"},
		{`{"ok":"true"}`, "is neither {} nor"},
		{`{"error":"a","more":"b"}`, "is neither {} nor"},
		{`[`, "read the answer"},
	} {
		results, err := openwhisk.Platform{}.Results(native.Payload{Kind: "queue", Entries: two}, native.Answer{Body: []byte(c.answer)})
		var fates []string
		for _, r := range results {
			fates = append(fates, r.Fate.String())
		}
		if got := strings.Join(fates, " ") + fmt.Sprint(err); !strings.Contains(got, c.want) {
			t.Errorf("%s: %s, want %s", c.answer, got, c.want)
		}
	}
}

// A client gets what the controller makes of the result: text as it stands,
// other types out of base64, and JSON in either form.
func TestResponse(t *testing.T) {
	for _, c := range []struct{ result, want string }{
		{`{"statusCode":200,"headers":{"content-type":"text/plain"},"body":"aGk="}`, `200 "aGk=" map[Content-Type:[text/plain]]`},
		{`{"statusCode":200,"headers":{"content-type":"image/png"},"body":"aGk="}`, `200 "hi" map[Content-Type:[image/png]]`},
		{`{"statusCode":200,"headers":{"content-type":"application/json"},"body":"e30="}`, `200 "{}" map[Content-Type:[application/json]]`},
		{`{"statusCode":200,"headers":{"content-type":"application/json"},"body":"{}"}`, `200 "{}" map[Content-Type:[application/json]]`},
		{`{"statusCode":204,"headers":{"content-type":"text/plain","a":["1","2"]},"body":""}`, `204 "" map[A:[1 2]]`},
		{`{"statusCode":200,"headers":{"content-type":"image/png"},"body":"%"}`, "is not base64"},
		{`{}`, "it has no status"},
	} {
		r, err := openwhisk.Platform{}.Response(native.Payload{}, native.Answer{Body: []byte(c.result)})
		got := fmt.Sprintf("%d %q %v", r.Status, r.Body, r.Header)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: %s, want %s", c.result, got, c.want)
		}
	}
}
