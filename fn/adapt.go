package fn

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"sync"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/internal/jsonvalue"
)

// On makes a [Handler] of a function that does not reply.
//
// An [Event] is passed as it came and []byte and string get the raw data; any
// other T is decoded from JSON. Data that is empty, null, followed by more, or
// not of a JSON content type is [BadInput].
func On[T any](f func(context.Context, T) error) Handler { return on[T]{f, decoder[T]()} }

type on[T any] struct {
	f      func(context.Context, T) error
	decode func(Event) (T, error)
}

func (h on[T]) Handle(ctx context.Context, e Event) (*Event, error) {
	in, err := h.decode(e)
	if err != nil {
		return nil, err
	}
	return nil, h.f(ctx, in)
}

// Reply makes a [Handler] of a function that replies. It decodes as [On] does.
//
// An R of *[Event] is the reply itself; []byte becomes an
// application/octet-stream, string a text/plain, and any other R
// application/json. A nil pointer, nil bytes and what encodes to null are no
// reply.
func Reply[T, R any](f func(context.Context, T) (R, error)) Handler {
	return reply[T, R]{f, decoder[T]()}
}

type reply[T, R any] struct {
	f      func(context.Context, T) (R, error)
	decode func(Event) (T, error)
}

func (h reply[T, R]) Handle(ctx context.Context, e Event) (*Event, error) {
	in, err := h.decode(e)
	if err != nil {
		return nil, err
	}
	out, err := h.f(ctx, in)
	if err != nil {
		return nil, err
	}
	return encode(out)
}

// decoder returns what makes a T of an event.
func decoder[T any]() func(Event) (T, error) {
	var decode any
	switch any((*T)(nil)).(type) {
	case *Event:
		decode = func(e Event) (Event, error) { return e, nil }
	case *[]byte:
		decode = func(e Event) ([]byte, error) { return e.Data(), nil }
	case *string:
		decode = func(e Event) (string, error) { return string(e.Data()), nil }
	default:
		fast := sync.OnceValue(func() *jsonvalue.Decoder { return jsonvalue.For(reflect.TypeFor[T]()) })
		return func(e Event) (T, error) { return decodeJSON[T](e, fast()) }
	}
	return decode.(func(Event) (T, error))
}

func decodeJSON[T any](e Event, fast *jsonvalue.Decoder) (in T, err error) {
	if e.Context != nil && !ce.IsJSON(e.DataContentType()) {
		return in, BadInput(fmt.Errorf("decode data: content type %q is not JSON", e.DataContentType()))
	}
	if fast.Decode(e.Data(), &in) {
		return in, nil
	}
	var out T // of what fast has left
	if err := unmarshal(e.Data(), &out); err != nil {
		return out, BadInput(fmt.Errorf("decode data: %w", err))
	}
	return out, nil
}

// unmarshal decodes one JSON value that is not null.
func unmarshal(data []byte, in any) error {
	trimmed := bytes.Trim(data, " \t\r\n") // what JSON calls white space
	switch {
	case len(trimmed) == 0:
		return errors.New("no data")
	case string(trimmed) == "null":
		return errors.New("JSON null")
	}
	d := json.NewDecoder(bytes.NewReader(trimmed))
	d.UseNumber() // an any keeps numbers above 2^53
	if err := d.Decode(in); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("more after the JSON value")
	}
	return nil
}

func encode(out any) (*Event, error) {
	switch out := out.(type) {
	case *Event:
		return out, nil
	case []byte:
		if out == nil {
			return nil, nil
		}
		return bare("application/octet-stream", out), nil
	case string:
		return bare("text/plain; charset=utf-8", []byte(out)), nil
	}
	data, err := json.Marshal(out)
	if err != nil {
		return nil, Permanent(fmt.Errorf("encode reply: %w", err))
	}
	if string(data) == "null" {
		return nil, nil
	}
	return bare(event.ApplicationJSON, data), nil
}

// bare is an event without type, source and id: a value on its way to a
// response or a sink.
func bare(contentType string, data []byte) *Event {
	return &Event{Context: &event.EventContextV1{DataContentType: &contentType}, DataEncoded: data}
}
