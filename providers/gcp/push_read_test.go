package gcp

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// eachMember calls read for the members of an object in their order, as
// encoding/json reads them. Null has none.
func eachMember(raw []byte, read func(name string, value []byte) error) error {
	if !json.Valid(raw) {
		return errors.New("not JSON")
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	switch start, err := d.Token(); {
	case err != nil || start == nil:
		return err
	case start != json.Delim('{'):
		return errors.New("not an object")
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return err
		}
		if err := read(name.(string), value); err != nil {
			return err
		}
	}
	return nil
}

// set decodes a member by encoding/json, whatever is there already.
func set[T any](into *T, value []byte) error {
	var v T
	err := json.Unmarshal(value, &v)
	*into = v
	return err
}

// unmarshalPush is push.read by encoding/json.
func unmarshalPush(b []byte) (p push, err error) {
	err = eachMember(b, func(name string, value []byte) error {
		switch name {
		case "subscription":
			return set(&p.Subscription, value)
		case "deliveryAttempt":
			return set(&p.DeliveryAttempt, value)
		case "message":
			if p.Message = nil; string(value) == "null" {
				return nil
			}
			p.Message = new(message)
			return eachMember(value, func(name string, value []byte) error {
				m := p.Message
				texts := map[string]*string{
					"data": &m.Data, "messageId": &m.ID, "message_id": &m.SnakeID, "orderingKey": &m.OrderingKey,
					"publishTime": &m.Published, "publish_time": &m.SnakePublish,
				}
				switch text := texts[name]; {
				case text != nil:
					return set(text, value)
				case name == "attributes":
					return set(&m.Attributes, value)
				}
				return nil
			})
		}
		return nil
	})
	return p, err
}

// Protects that a push is to us what it is to encoding/json, and is refused
// where that refuses it, but for two rules: names count in their exact
// spelling, and of members with one name the last alone.
func FuzzPush(f *testing.F) {
	fixtures, err := filepath.Glob("testdata/*push*.http")
	if err != nil || len(fixtures) == 0 {
		f.Fatalf("no fixtures: %v", err)
	}
	for _, name := range fixtures {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		_, body, _ := bytes.Cut(b, []byte("\n\n"))
		f.Add(body)
	}
	for _, seed := range []string{
		`{"message":{"messageId":"1","messageId":null,"data":"a","data":"\u0062"},"message":{"message_id":"2"},"subscription":"a","subscription":null}`,
		`{"message":{"attributes":{"a":"1","a":null,"b":"\ud83d\ude00"},"attributes":null},"deliveryAttempt":3,"deliveryAttempt":null}`,
		`{"message":{"attributes":{"a":"1"},"attributes":{},"orderingKey":"k","orderingKey":null}}`, `{"Message":{"messageID":1},"DELIVERYATTEMPT":"1"}`,
		`{"message":{"messageId":1,"messageId":"1"}}`, `{"message":[],"message":{}}`, `{"message":{"attributes":{"a":{}}}}`, `{"message":{"attributes":[]}}`,
		"{\"message\":{\"data\":\"\xff\xfe\",\"attributes\":{\"\xff\xff\":\"\xed\xa0\x80\"}}}",
		`{"deliveryAttempt":1.0}`, `{"deliveryAttempt":9223372036854775808}`, `{"deliveryAttempt":-0}`,
		`null`, `[]`, ` {} `, `{} {}`, `{"message":{},}`, `{"other":[{"message":null},1e9,"\""],"message":null}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if bytes.Count(body, []byte(",")) >= maxAttributes {
			return // refused by a limit of its own
		}
		want, wantErr := unmarshalPush(body)
		var got push
		err := got.read(body)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("error %v, encoding/json: %v", err, wantErr)
		}
		if diff := cmp.Diff(want, got); err == nil && diff != "" {
			t.Errorf("encoding/json -, read +\n%s", diff)
		}
	})
}

// Protects what has been read from a buffer that is filled again.
func TestPushKeepsNoBuffer(t *testing.T) {
	body := []byte(`{"message":{"messageId":"1","data":"YQ==","attributes":{"a":"b"}},"subscription":"s"}`)
	var got, want push
	if err := errors.Join(got.read(body), want.read(bytes.Clone(body))); err != nil {
		t.Fatal(err)
	}
	clear(body)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
