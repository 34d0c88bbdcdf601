package openwhisk

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"testing"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/testkit/retained"
)

// Nothing of an activation outlives its event by accident, whatever fired it.
func TestRetained(t *testing.T) {
	messages := func(data string) string {
		return fmt.Sprintf(`"messages":[{"topic":"orders","partition":0,"offset":17,"key":"Yy03","value":%q}]`, base64.StdEncoding.EncodeToString([]byte(data)))
	}
	for name, test := range map[string]struct {
		source Source
		value  func(data string) string // the members of the activation's value
	}{
		"Kafka, queue":   {Kafka{Queue: "orders"}, messages},
		"Kafka, stream":  {Kafka{Stream: "clicks"}, messages},
		"Trigger, topic": {Trigger{Topic: "news"}, func(data string) string { return `"id":"o-1","more":` + data }},
		"Trigger, CloudEvent": {Trigger{Type: "com.example.order.placed"}, func(data string) string {
			return `"cloudevent":{"specversion":"1.0","id":"e-1","source":"/shop","type":"com.example.order.placed","subject":"orders/1","partitionkey":"c-7","data":` + data + `}`
		}},
		"Alarm":   {Alarm{Name: "nightly"}, func(data string) string { return `"name":"nightly","more":` + data }},
		"CouchDB": {CouchDB{Collection: "orders"}, func(data string) string { return `"dbname":"shop","id":"1","changes":[{"rev":"1-a"}],"more":` + data }},
	} {
		t.Run(name, func(t *testing.T) {
			line := []byte(`{"value":{` + test.value(retained.Data) + `},"namespace":"acme","action_name":"/acme/shop/confirm","action_version":"0.0.7","activation_id":"act-1","transaction_id":"t-1"}`)
			retained.Check(t, func(h fn.Handler) func() error {
				function := Handler(h, test.source)
				return func() error {
					if answer := function.Invoke(t.Context(), bytes.Clone(line)); string(answer) != "{}" {
						return fmt.Errorf("answer %s", answer)
					}
					return nil
				}
			})
		})
	}
}
