package openwhisk

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/providers/openwhisk/internal/actionloop"
)

// unmarshalKafka is kafkaMessage.read by encoding/json, into a map: there names
// count in their exact spelling, and the last of them alone.
func unmarshalKafka(raw []byte) (m kafkaMessage, err error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return m, err
	}
	for name, into := range map[string]any{"topic": &m.Topic, "partition": &m.Partition, "offset": &m.Offset} {
		if member := members[name]; member != nil && err == nil {
			err = json.Unmarshal(member, into)
		}
	}
	m.Key, m.Value = string(members["key"]), string(members["value"])
	return m, err
}

// Protects that the messages of a list are to us what they are to encoding/json,
// and are refused where that refuses them, but for two rules: names count in
// their exact spelling, and of members with one name the last alone.
func FuzzKafkaMessage(f *testing.F) {
	batch, err := os.ReadFile("testdata/kafka_batch.json")
	if err != nil {
		f.Fatal(err)
	}
	var value struct{ Messages json.RawMessage }
	if err := json.Unmarshal(batch, &value); err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(value.Messages))
	for _, seed := range []string{
		`[{"topic":"orders","partition":0,"offset":17,"key":null,"value":"e30="}]`,
		`[ {"topic":"o","topic":null,"partition":1,"partition":null,"value": [1] } , {"value":1,"value":null,"key":"a","key":{}}]`,
		"[{\"topic\":\"\xff\xfe\",\"partition\":-1,\"offset\":9223372036854775807,\"\xff\":1}]",
		`[{"Topic":"o","PARTITION":1,"offset":2,"Offset":"x"}]`, `[{"topic":"\u00e9\ud83d"}]`,
		`[{"topic":1}]`, `[{"topic":1,"topic":"a"}]`, `[{"partition":1.5}]`, `[{"offset":"1"}]`, `[null,[],1,"]",true]`, `[ ]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, list []byte) {
		var want []json.RawMessage
		if json.Unmarshal(list, &want) != nil || (actionloop.Value{"messages": list}).CheckNesting() != nil {
			return // refused before
		}
		got, err := splitMessages(list, maxMessages)
		if err != nil || len(got) != len(want) {
			t.Fatalf("%d messages, want %d; error %v", len(got), len(want), err)
		}
		for i, raw := range want {
			if got[i] != string(raw) {
				t.Fatalf("message %d is %s, want %s", i, got[i], raw)
			}
			checkMessage(t, raw)
		}
	})
}

func checkMessage(t *testing.T, raw []byte) {
	t.Helper()
	var got kafkaMessage
	err := got.read(string(raw))
	want, wantErr := unmarshalKafka(raw)
	if err == nil {
		if diff := cmp.Diff(want, got); diff != "" || wantErr != nil {
			t.Errorf("%s: encoding/json: %v\n-, read +\n%s", raw, wantErr, diff)
		}
		return
	}
	// An earlier member of the name may be what is wrong.
	if json.Unmarshal(raw, new(kafkaMessage)) == nil {
		t.Errorf("%s: error %v, none of encoding/json", raw, err)
	}
}
