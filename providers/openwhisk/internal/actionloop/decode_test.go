package actionloop

import (
	"bytes"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fngen/fngen/internal/ce"
)

const (
	placed = `{"specversion":"1.0","id":"1","source":"/s","type":"t","data":{"a":[1]}}`
	fired  = `{"value":{"region":"eu","cloudevent":` + placed + `}}`
)

// The parameter is the event and not in the value, whatever comes before it.
func TestDecodeEvent(t *testing.T) {
	for _, test := range []struct{ line, text, id, err, value string }{
		{fired, placed, "1", "", `{"region":"eu"}`},
		{`{"value":{"cloudevent":{"id":[[]], "x":1} ,"a":1}}`, `{"id":[[]], "x":1}`, "", `decode CloudEvent: attribute "id" is an object or array`, `{"a":1}`},
		{`{"value":{"cloudevent":null}}`, `null`, "", `decode CloudEvent: not a JSON object`, `{}`},
		{"{\"value\":{\"cloudevent\":{\"specversion\":\"1.0\",\"id\":\"\xff\",\"source\":\"/s\",\"type\":\"t\"}}}",
			"{\"specversion\":\"1.0\",\"id\":\"\xff\",\"source\":\"/s\",\"type\":\"t\"}", "", `decode CloudEvent: not UTF-8`, `{}`},
		{`{"value":{"cloudevent":1,"cloudevent":` + placed + `}}`, placed, "1", "", `{}`},
		{`{"value":{"cloudevent":{}},"value":{"a":1}}`, ``, "", "", `{"a":1}`},
	} {
		r, err := DecodeEvent([]byte(test.line), "cloudevent")
		if err != nil {
			t.Errorf("%s: %v", test.line, err)
			continue
		}
		c, id, why := r.CloudEvent, "", ""
		if c.Event.Context != nil {
			id = c.Event.ID()
		}
		if c.Err != nil {
			why = c.Err.Error()
		}
		if value := string(r.Value.Without("")); c.Text != test.text || id != test.id || why != test.err || value != test.value {
			t.Errorf("%s: %+v, value %s", test.line, c, value)
		}
	}
}

// What is nested too deeply is told where a parameter is, with all parameters,
// and counts for nothing elsewhere.
func TestDecodeNesting(t *testing.T) {
	deep := func(levels int) string { return strings.Repeat("[", levels) + strings.Repeat("]", levels) }
	for _, test := range []struct {
		line, event, value string
		nested             bool
	}{
		{`{"value":{"x":` + deep(1000) + `,"cloudevent":{}}}`, `{}`, `{"x":` + deep(1000) + `}`, false},
		{`{"value":{"x":` + deep(1001) + `,"cloudevent":{}}}`, ``, `{"cloudevent":{},"x":` + deep(1001) + `}`, true},
		{`{"value":{"cloudevent":{"data":` + deep(1000) + `}}}`, ``, `{"cloudevent":{"data":` + deep(1000) + `}}`, true},
		{`{"value":{"a":1,"cloudevent":{}},"x":` + deep(5000) + `}`, `{}`, `{"a":1}`, false},
	} {
		r, err := DecodeEvent([]byte(test.line), "cloudevent")
		if err != nil {
			t.Error(err)
			continue
		}
		nesting, value := r.CheckNesting(), string(r.Value.Without(""))
		if (nesting != nil) != test.nested || r.CloudEvent.Text != test.event || value != test.value {
			t.Errorf("%.30s: %v, event %.30s, value %.30s", test.line, nesting, r.CloudEvent.Text, value)
		}
	}
	if _, err := Decode([]byte(`{"value":{"x":` + deep(9999) + `}}`)); err == nil {
		t.Error("more than encoding/json takes is accepted")
	}
}

// FuzzDecode protects that a request is to us what it is to encoding/json, and
// its CloudEvent what it is to package ce.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		whole, fired, `{}`, `null`, `[]`, `{"value":null}`, `{"value":{"a":1,"a":2},"value":{"b":[]}}`, `{"value":{},"value":1}`, `{"value":1,"value":{}}`,
		`{"value":{},"namespace":1,"namespace":"a","action_name":null}`, `{"value":{},"namespace":"a","namespace":null}`, `{"Value":{}}`,
		`{"value":{},"deadline":-0}`, `{"value":{},"deadline":"-0"}`, `{"value":{},"deadline":"007"}`, `{"value":{},"deadline":""}`, `{"value":{},"deadline":" 1"}`,
		`{"value":{},"deadline":1.5}`, `{"value":{},"deadline":"1","deadline":null}`, `{"value":{},"deadline":"+1"}`, `{"value":{},"deadline":{}}`,
		"{\"value\":{\"\xff\":\"\xff\",\"\\u00ff\":1,\"\ufffd\":2},\"namespace\":\"\xc3\\u00a9\xff\"}",
		`{"value":{"cloudevent":{"specversion":"1.0","id":"1","source":"/s","type":"t","data":"\ud800"},"cloudevent":{"id":"1","id":"2"}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		want, ok := reference(line)
		got, err := Decode(line)
		if (err == nil) != ok {
			t.Fatalf("%q: error %v; encoding/json takes it: %v", line, err, ok)
		}
		fired, err := DecodeEvent(line, "cloudevent")
		if (err == nil) != ok {
			t.Fatalf("%q: error %v; without the event %v", line, err, ok)
		}
		if !ok {
			return
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Request{})); diff != "" {
			t.Errorf("%q: %s", line, diff)
		}
		if (got.CheckNesting() != nil) != (want.Value.CheckNesting() != nil) || (fired.CheckNesting() != nil) != (got.CheckNesting() != nil) {
			t.Errorf("%q: nesting %v", line, got.CheckNesting())
		}
		if fired.CheckNesting() != nil {
			return
		}
		compareEvent(t, want.Value["cloudevent"], fired.CloudEvent)
		rest := maps.Clone(want.Value)
		delete(rest, "cloudevent")
		if diff := cmp.Diff(rest, fired.Value); diff != "" {
			t.Errorf("%q: %s", line, diff)
		}
	})
}

// reference reads a request with encoding/json.
func reference(line []byte) (*Request, bool) {
	var members map[string]json.RawMessage
	if json.Unmarshal(line, &members) != nil {
		return nil, false
	}
	var (
		r        Request
		deadline json.Number
	)
	for name, into := range map[string]any{
		"value": &r.Value, "namespace": &r.Namespace, "action_name": &r.ActionName, "action_version": &r.ActionVersion,
		"activation_id": &r.ActivationID, "transaction_id": &r.TransactionID, "deadline": &deadline, "api_key": &r.key,
	} {
		if raw, ok := members[name]; ok && json.Unmarshal(raw, into) != nil {
			return nil, false
		}
	}
	if deadline != "" {
		ms, err := deadline.Int64()
		if err != nil {
			return nil, false
		}
		r.Deadline = time.UnixMilli(ms).UTC()
	}
	return &r, r.Value != nil
}

func compareEvent(t *testing.T, raw []byte, got CloudEvent) {
	t.Helper()
	if got.Text != string(raw) {
		t.Errorf("event %q, want %q", got.Text, raw)
	}
	if raw == nil {
		return
	}
	want, err := ce.Decode(raw)
	if (err == nil) != (got.Err == nil) {
		t.Fatalf("%q: %v; package ce: %v", raw, got.Err, err)
	}
	if err == nil && (want.String() != got.Event.String() || !bytes.Equal(want.Data(), got.Event.Data())) {
		t.Errorf("event %v, want %v", got.Event, want)
	}
}
