package fn_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/run/mark"
)

type order struct {
	ID    string `json:"id"`
	Count int    `json:"count"`
}

// number and text are []byte and string by their kind, but not by identity.
type (
	number json.RawMessage
	text   string
)

// message returns an event with data of a content type, "" for none.
func message(contentType, data string) fn.Event {
	ctx := &event.EventContextV1{ID: "1", Type: "com.example.order.placed"}
	if contentType != "" {
		ctx.DataContentType = &contentType
	}
	return fn.Event{Context: ctx, DataEncoded: []byte(data)}
}

// received returns what a handler of T gets from an event.
func received[T any](e fn.Event) (got any, err error) {
	_, err = fn.On(func(_ context.Context, in T) error {
		got = in
		return nil
	}).Handle(context.Background(), e)
	return got, err
}

// A handler gets the data in each shape that DESIGN.md names.
func TestOnDecodes(t *testing.T) {
	tests := []struct {
		name    string
		receive func(fn.Event) (any, error)
		e       fn.Event
		want    any
	}{
		{"bytes are raw", received[[]byte], message("image/png", "\x89PNG"), []byte("\x89PNG")},
		{"bytes of JSON are raw", received[[]byte], message("application/json", ` {"id":"a"} `), []byte(` {"id":"a"} `)},
		{"no bytes", received[[]byte], message("", ""), []byte{}},
		{"string is raw", received[string], message("text/plain", "a\n"), "a\n"},
		{"string of JSON is raw", received[string], message("application/json", `"a"`), `"a"`},
		{"string of null is raw", received[string], message("application/json", `null`), `null`},
		{"struct", received[order], message("application/json", `{"id":"a","count":2,"more":[]}`), order{"a", 2}},
		{"struct with white space around", received[order], message("", "\r\n\t {\"id\":\"a\"}\n "), order{ID: "a"}},
		{"pointer", received[*order], message("", `{"id":"a"}`), &order{ID: "a"}},
		{"slice", received[[]order], message("", `[{"id":"a"}]`), []order{{ID: "a"}}},
		{"+json with parameters", received[order], message("application/vnd.example+json; charset=utf-8", `{"id":"a"}`), order{ID: "a"}},
		{"upper case content type", received[order], message("Application/JSON", `{"id":"a"}`), order{ID: "a"}},
		{"a string type of its own is JSON", received[text], message("", `"a"`), text("a")},
		{"verbatim JSON", received[json.RawMessage], message("", ` {"a": 1} `), json.RawMessage(`{"a": 1}`)},
		{"any keeps 2^53+1", received[any], message("", `9007199254740993`), json.Number("9007199254740993")},
		{"map keeps 2^53+1", received[map[string]any], message("", `{"n":9007199254740993}`), map[string]any{"n": json.Number("9007199254740993")}},
		{"object", received[fn.Object], message("application/json", `{"bucket":"uploads","key":"a b.png","size":3}`), fn.Object{Bucket: "uploads", Key: "a b.png", Size: 3}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.receive(test.e)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("want -, got +\n%s", diff)
			}
		})
	}
}

// A handler of events gets the event as it came.
func TestOnPassesEvents(t *testing.T) {
	e := message("image/png", "\x89PNG")
	got, err := received[fn.Event](e)
	if err != nil {
		t.Fatal(err)
	}
	if got := got.(fn.Event); got.Context != e.Context || !bytes.Equal(got.Data(), e.Data()) {
		t.Errorf("got %v", got)
	}
	if _, err := received[event.Event](fn.Event{}); err != nil {
		t.Errorf("an event without attributes: %v", err)
	}
}

// Data that is not one JSON value is bad input, for On as for Reply, and the
// handler is not called with a half-filled value.
func TestBadData(t *testing.T) {
	tests := []struct {
		name string
		e    fn.Event
		want string
	}{
		{"empty", message("application/json", ""), "decode data: no data"},
		{"white space", message("application/json", " \n"), "decode data: no data"},
		{"null", message("application/json", " null\n"), "decode data: JSON null"},
		{"trailing value", message("application/json", `{"id":"a"}{"id":"b"}`), "decode data: more after the JSON value"},
		{"trailing garbage", message("application/json", `{"id":"a"}]`), "decode data: more after the JSON value"},
		{"cut off", message("application/json", `{"id":"a"`), "decode data: unexpected EOF"},
		{"wrong type", message("application/json", `{"count":"a"}`), "decode data: json: cannot unmarshal string into Go struct field order.count of type int"},
		{"space that JSON does not have", message("application/json", "\u00a0{}"), `decode data: invalid character 'Â' looking for beginning of value`},
		{"text", message("text/plain; charset=utf-8", `{"id":"a"}`), `decode data: content type "text/plain; charset=utf-8" is not JSON`},
		{"no attributes and no data", fn.Event{}, "decode data: no data"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			called := false
			on := fn.On(func(context.Context, order) error { called = true; return nil })
			reply := fn.Reply(func(context.Context, order) (string, error) { called = true; return "", nil })
			for _, h := range []fn.Handler{on, reply} {
				_, err := h.Handle(context.Background(), test.e)
				var m *mark.Error
				if !errors.As(err, &m) || m.Kind != mark.BadInput {
					t.Fatalf("got %v, want bad input", err)
				}
				if err.Error() != test.want {
					t.Errorf("got  %s\nwant %s", err, test.want)
				}
			}
			if called {
				t.Error("the handler was called")
			}
		})
	}
}

// An error of the handler comes out as it is, and its reply is not looked at.
func TestHandlerError(t *testing.T) {
	want := errors.New("no stock")
	if _, err := fn.On(func(context.Context, string) error { return want }).Handle(context.Background(), fn.Event{}); err != want {
		t.Errorf("On: got %v", err)
	}
	reply, err := fn.Reply(func(context.Context, string) (string, error) { return "a", want }).Handle(context.Background(), fn.Event{})
	if err != want || reply != nil {
		t.Errorf("Reply: got %v, %v", reply, err)
	}
}

type shop struct{ placed []string }

func (s *shop) Place(_ context.Context, o order) error {
	s.placed = append(s.placed, o.ID)
	return nil
}

func (s *shop) Confirm(_ context.Context, o order) (*fn.Event, error) { return nil, nil }

func serve(_ context.Context, e event.Event) (map[string]int, error) { return nil, nil }

// What the generator emits compiles without type arguments: functions and
// method values, with and without a reply.
func TestInference(t *testing.T) {
	var s shop
	handlers := []fn.Handler{fn.On(s.Place), fn.Reply(s.Confirm), fn.Reply(serve)}
	for _, h := range handlers {
		if _, err := h.Handle(context.Background(), message("", `{"id":"a"}`)); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff([]string{"a"}, s.placed); diff != "" {
		t.Error(diff)
	}
	const _ = fn.GeneratedV1
}
