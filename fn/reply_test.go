package fn_test

import (
	"context"
	"errors"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/run/mark"
)

// replied returns what becomes of a handler's reply.
func replied[R any](out R) (*fn.Event, error) {
	return fn.Reply(func(context.Context, []byte) (R, error) { return out, nil }).Handle(context.Background(), fn.Event{})
}

func must(e *fn.Event, err error) func(*testing.T) *fn.Event {
	return func(t *testing.T) *fn.Event {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
}

// A bare value becomes an event that has a content type and data, and no type,
// source or id until somebody gives it those.
func TestReplyEncodes(t *testing.T) {
	tests := []struct {
		name              string
		reply             func(*testing.T) *fn.Event
		contentType, data string
	}{
		{"bytes", must(replied([]byte{0xff})), "application/octet-stream", "\xff"},
		{"empty bytes", must(replied([]byte{})), "application/octet-stream", ""},
		{"string", must(replied("a")), "text/plain; charset=utf-8", "a"},
		{"empty string", must(replied("")), "text/plain; charset=utf-8", ""},
		{"a string type of its own", must(replied(text("a"))), "application/json", `"a"`},
		{"struct", must(replied(order{"a", 2})), "application/json", `{"id":"a","count":2}`},
		{"pointer", must(replied(&order{"a", 2})), "application/json", `{"id":"a","count":2}`},
		{"empty slice", must(replied([]order{})), "application/json", `[]`},
		{"number", must(replied(1 << 53)), "application/json", `9007199254740992`},
		{"false", must(replied(false)), "application/json", `false`},
		{"any", must(replied[any](map[string]int{"a": 1})), "application/json", `{"a":1}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := test.reply(t)
			if e == nil {
				t.Fatal("no reply")
			}
			if e.DataContentType() != test.contentType || string(e.Data()) != test.data {
				t.Errorf("got %s %q", e.DataContentType(), e.Data())
			}
			if e.Type() != "" || e.Source() != "" || e.ID() != "" {
				t.Errorf("a bare value has the attributes %v", e)
			}
		})
	}
}

// Nothing to say is no reply.
func TestNoReply(t *testing.T) {
	tests := map[string]func(*testing.T) *fn.Event{
		"nil event":     must(replied[*fn.Event](nil)),
		"nil bytes":     must(replied[[]byte](nil)),
		"nil pointer":   must(replied[*order](nil)),
		"nil map":       must(replied[map[string]int](nil)),
		"nil slice":     must(replied[[]string](nil)),
		"nil any":       must(replied[any](nil)),
		"encodes null":  must(replied(number("null"))),
		"nil in an any": must(replied[any]([]byte(nil))),
	}
	for name, reply := range tests {
		if e := reply(t); e != nil {
			t.Errorf("%s: got %v", name, e)
		}
	}
}

func (n number) MarshalJSON() ([]byte, error) { return n, nil }

// An event is the reply itself.
func TestReplyEvent(t *testing.T) {
	want := event.New()
	want.SetType("com.example.order.confirmed")
	if got := must(replied(&want))(t); got != &want {
		t.Errorf("got %v", got)
	}
}

// A reply that JSON cannot express will not be better the next time.
func TestReplyDoesNotEncode(t *testing.T) {
	_, err := replied(map[string]any{"a": func() {}})
	var m *mark.Error
	if !errors.As(err, &m) || m.Kind != mark.Permanent {
		t.Errorf("got %v, want a permanent error", err)
	}
	if want := "encode reply: json: unsupported type: func()"; err.Error() != want {
		t.Errorf("got %s, want %s", err, want)
	}
}
