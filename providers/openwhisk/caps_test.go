package openwhisk

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/fngen/fngen/internal/testkit/logged"
)

// Each cap has an error of its own, names what it is about, and keeps the
// handler from being called.
func TestCaps(t *testing.T) {
	long := strings.Repeat("A", maxEncoded)
	for _, test := range []struct {
		name, value, answer, why string
	}{
		{"count", `{"messages":[` + strings.Repeat("0,", maxMessages) + `0]}`,
			`{"error":"queue orders: the activation has more than 100000 Kafka messages"}`,
			"the activation has more than 100000 Kafka messages"},
		{"value", `{"messages":[{"topic":"orders","partition":0,"offset":1,"value":"` + long + `"}]}`,
			`{"error":"1 of 1 events failed: Kafka message orders 0:1"}`,
			"decode Kafka message orders 0:1: the value has more than 16777216 bytes of base64"},
		{"key", `{"messages":[{"topic":"orders","partition":0,"offset":1,"value":"","key":"` + long + `"}]}`,
			`{"error":"1 of 1 events failed: Kafka message orders 0:1"}`,
			"decode Kafka message orders 0:1: the key has more than 16777216 bytes of base64"},
		{"nesting", `{"messages":[],"x":` + strings.Repeat("[", 1001) + strings.Repeat("]", 1001) + `}`,
			`{"error":"the payload is nested deeper than 1000 levels"}`,
			"the payload is nested deeper than 1000 levels"},
	} {
		t.Run(test.name, func(t *testing.T) {
			log := logged.JSON(t)
			answer, events := invoke(t, Kafka{Queue: "orders"}, test.value)
			if answer != test.answer || len(events) != 0 {
				t.Errorf("answer %.200s, want %s; %d events", answer, test.answer, len(events))
			}
			var logged struct{ Error string }
			first, _, _ := strings.Cut(log.String(), "\n")
			if err := json.Unmarshal([]byte(first), &logged); err != nil || !strings.HasSuffix(logged.Error, test.why) {
				t.Errorf("logged %s, want %s", logged.Error, test.why)
			}
		})
	}
}

// What is just within a cap is handled.
func TestWithinCaps(t *testing.T) {
	value := strings.Repeat("A", maxEncoded-4)
	answer, events := invoke(t, Kafka{Queue: "orders"},
		`{"messages":[{"topic":"orders","partition":0,"offset":1,"value":"`+value+`"}],"x":`+strings.Repeat("[", 1000)+strings.Repeat("]", 1000)+`}`)
	if answer != "{}" || len(events) != 1 || len(events[0].Data()) != 12582909 {
		t.Fatalf("answer %s, %d events", answer, len(events))
	}
	messages, err := splitMessages([]byte(`[ 1 , {"a":[2]} ,"]"]`), 3)
	if err != nil || len(messages) != 3 || string(messages[1]) != `{"a":[2]}` || string(messages[2]) != `"]"` {
		t.Errorf("%s, %v", messages, err)
	}
	if _, err := splitMessages([]byte(`[1,2,3]`), 2); err == nil {
		t.Error("three of at most two messages")
	}
}

// Partitions and offsets count from 0.
func TestNegativePosition(t *testing.T) {
	for _, position := range []string{`"partition":-1,"offset":0`, `"partition":0,"offset":-1`} {
		log := logged.JSON(t)
		_, events := invoke(t, Kafka{Stream: "clicks"}, `{"messages":[{"topic":"clicks",`+position+`,"value":"e30="}]}`)
		if len(events) != 0 || !strings.Contains(log.String(), "decode Kafka message 0: the partition or the offset is negative") {
			t.Errorf("%s: %d events; log:\n%s", position, len(events), log)
		}
	}
}
