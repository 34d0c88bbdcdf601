package native

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"testing"
)

// An object keeps what is raw as it stands, and leaves out what is to be.
func TestJSON(t *testing.T) {
	got := JSON("a", "<&>", "b", json.RawMessage(`{ "n": 1.0 }`), "c", Omit, "d", nil, "e", []byte{0}, "f", Array([]int{1, 2}))
	if want := `{"a":"<&>","b":{ "n": 1.0 },"d":null,"e":"AA==","f":[1,2]}`; string(got) != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Either form of an event gives the other.
func TestComplete(t *testing.T) {
	for _, e := range []Event{
		{Attributes: map[string]string{"id": "1", "datacontenttype": "application/json"}, Data: []byte(`{"n":9007199254740993}`),
			Structured: `{"datacontenttype":"application/json","id":"1","data":{"n":9007199254740993}}`},
		{Attributes: map[string]string{"id": "1", "datacontenttype": "text/plain"}, Data: []byte("Zoë\n"),
			Structured: `{"datacontenttype":"text/plain","id":"1","data":"Zoë\n"}`},
		{Attributes: map[string]string{"id": "1", "datacontenttype": "a/b"}, Data: []byte("\x00\xff"),
			Structured: `{"datacontenttype":"a/b","id":"1","data_base64":"AP8="}`},
		{Attributes: map[string]string{"id": "1", "datacontenttype": "application/json"}, Data: []byte(`"text"`),
			Structured: `{"datacontenttype":"application/json","id":"1","data":"text"}`},
		{Attributes: map[string]string{"id": "1"}, Structured: `{"id":"1"}`},
	} {
		structured, err := Event{Attributes: e.Attributes, Data: e.Data}.Complete()
		if err != nil || !reflect.DeepEqual(structured, e) {
			t.Errorf("%+v, %v; want %+v", structured, err, e)
		}
		binary, err := Event{Structured: e.Structured}.Complete()
		if err != nil || !reflect.DeepEqual(binary, e) {
			t.Errorf("%+v, %v; want %+v", binary, err, e)
		}
	}
	for _, wrong := range []string{`{"id":`, `[]`, `{"data_base64":"%"}`} {
		if _, err := (Event{Structured: wrong}).Complete(); err == nil {
			t.Errorf("%s is accepted", wrong)
		}
	}
}

// A document is what it was as JSON: numbers by their digits.
func TestDocument(t *testing.T) {
	got, err := Document([]byte(`{"n":9007199254740993,"l":[null,true,{"a":"b"}]}`))
	want := Map{"n": Number("9007199254740993"), "l": List{nil, true, Map{"a": "b"}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%#v, %v; want %#v", got, err, want)
	}
	for _, none := range []string{"", "null", " "} {
		if got, err := Document([]byte(none)); got != nil || err != nil {
			t.Errorf("%q: %v, %v", none, got, err)
		}
	}
	for _, wrong := range []string{"[]", "{} {}", `{"a":`} {
		if _, err := Document([]byte(wrong)); err == nil {
			t.Errorf("%q is accepted", wrong)
		}
	}
}

// statuses answers what the payloads say themselves.
type statuses struct{ Platform }

func (statuses) Results(p Payload, a Answer) ([]Result, error) {
	if a.Status == 0 {
		return nil, errors.New("no status")
	}
	return []Result{{Fate: Fate(a.Status - 1)}}, nil
}

// What follows a failure in its order group is not sent; all else is.
func TestDeliver(t *testing.T) {
	one := func(group string, f Fate) Payload {
		return Payload{ID: group, Entries: []Entry{{Group: group}}, Body: []byte{byte(f + 1)}}
	}
	var sent []string
	results, err := Deliver(statuses{}, []Payload{
		one("a", Acknowledged), one("b", Redelivered), one("a", Failed), one("b", Acknowledged), one("", Redelivered), one("", Acknowledged),
	}, func(p Payload) (Answer, error) {
		sent = append(sent, p.ID)
		return Answer{Status: int(p.Body[0])}, nil
	})
	want := []Result{{Fate: Acknowledged}, {Fate: Redelivered}, {Fate: Failed}, {Fate: Redelivered}, {Fate: Redelivered}, {Fate: Acknowledged}}
	if err != nil || !slices.Equal(results, want) || !slices.Equal(sent, []string{"a", "b", "a", "", ""}) {
		t.Errorf("%v, %v; sent %q", results, err, sent)
	}
}
