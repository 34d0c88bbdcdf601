package aws

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// members decodes a value by its members of these exact names, of which the
// last counts, as encoding/json does into a map.
func members(raw json.RawMessage) (map[string]json.RawMessage, error) {
	var m map[string]json.RawMessage
	err := json.Unmarshal(raw, &m)
	return m, err
}

// texts returns the members that are strings; null is "". It reports whether
// all of them are either.
func texts(m map[string]json.RawMessage, names ...string) (out []string, ok bool) {
	ok = true
	for _, name := range names {
		var s string
		if raw, there := m[name]; there && json.Unmarshal(raw, &s) != nil {
			ok = false
		}
		out = append(out, s)
	}
	return out, ok
}

// list returns the records of a payload as encoding/json reads them.
func list(payload []byte) ([]json.RawMessage, error) {
	envelope, err := members(payload)
	if err != nil {
		return nil, err
	}
	var records []json.RawMessage
	return records, json.Unmarshal(envelope["Records"], &records)
}

// What is read of the messages of a queue is what encoding/json reads, and it is
// refused where that refuses it.
func FuzzSameSQS(f *testing.F) {
	addAll(f, seeds(f))
	f.Add([]byte(`{"Records":[{"messageId":"\u00e9","body":"a\"b\ud83d","body":null,"attributes":{"SentTimestamp":"1","SentTimestamp":2}}]}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		if checkLimits(payload) != nil {
			return
		}
		want, wantErr := list(payload)
		got, err := readSQS(declared{}, payload)
		if want == nil && wantErr == nil {
			return // no list, an error of its own
		}
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("error %v, encoding/json: %v", err, wantErr)
		}
		if err != nil {
			return
		}
		if len(got) != len(want) {
			t.Fatalf("%d messages, want %d", len(got), len(want))
		}
		for i, raw := range want {
			m, err := members(raw)
			record, ok := texts(m, "messageId", "eventSource", "eventSourceARN", "body")
			attributes, errAttributes := members(m["attributes"])
			group, okGroup := texts(attributes, "MessageGroupId", "SentTimestamp", "ApproximateReceiveCount")
			if err != nil || !ok || m["attributes"] != nil && errAttributes != nil || !okGroup {
				if got[i].err == nil {
					t.Errorf("%s: no error", raw)
				}
				continue
			}
			read := []string{got[i].id, got[i].eventSource, got[i].arn, string(got[i].body), got[i].group, got[i].sent, got[i].receives}
			if diff := cmp.Diff(append(record, group...), read); diff != "" && got[i].err == nil {
				t.Errorf("%s: encoding/json -, read +\n%s", raw, diff)
			}
		}
	})
}

// What is read of a bucket's notification is what encoding/json reads.
func FuzzSameS3(f *testing.F) {
	addAll(f, seeds(f))
	f.Fuzz(func(t *testing.T, payload []byte) {
		if checkLimits(payload) != nil {
			return
		}
		want, wantErr := list(payload)
		got, err := readS3(declared{}, payload)
		if wantErr != nil || want == nil || err != nil {
			if err == nil && got.isNotification {
				t.Errorf("taken, encoding/json: %v", wantErr)
			}
			return
		}
		if len(got.notifications) != len(want) {
			t.Fatalf("%d records, want %d", len(got.notifications), len(want))
		}
		for i, raw := range want {
			n := got.notifications[i]
			m, err := members(raw)
			record, ok := texts(m, "eventSource", "eventName", "eventTime")
			s3, errS3 := members(m["s3"])
			if n.err != nil || err != nil || !ok || errS3 != nil {
				continue
			}
			bucket, _ := members(s3["bucket"])
			object, _ := members(s3["object"])
			name, _ := texts(bucket, "name")
			rest, _ := texts(object, "key", "eTag", "versionId", "sequencer")
			var size int64
			if object["size"] != nil {
				_ = json.Unmarshal(object["size"], &size)
			}
			read := []string{n.eventSource, n.eventName, n.eventTime, n.bucket, n.key, n.eTag, n.versionID, n.sequencer}
			if diff := cmp.Diff(append(append(record, name...), rest...), read); diff != "" || n.size != size {
				t.Errorf("%s: size %d and %d; encoding/json -, read +\n%s", raw, size, n.size, diff)
			}
		}
	})
}
