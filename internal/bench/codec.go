package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/internal/bench/payload"
	"github.com/fngen/fngen/internal/ce"
)

// structuredMode compares the structured CloudEvents codec with the SDK's.
func structuredMode() ([]comparison, error) {
	e := event.New()
	e.SetID("8476a536-e9f4-11e8-9739-2dfe598c3fcd")
	e.SetSource("/example.com/shop/confirm")
	e.SetType("com.example.order.confirmed")
	e.SetSubject("order 17")
	e.SetTime(time.Date(2026, 3, 12, 19, 3, 58, 0, time.UTC))
	e.SetExtension("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	e.SetExtension("partitionkey", "customer 4")
	if err := e.SetData(event.ApplicationJSON, json.RawMessage(payload.Order)); err != nil {
		return nil, err
	}
	encoded, err := ce.Encode(e)
	if err != nil {
		return nil, err
	}
	return []comparison{
		{what: "structured CloudEvent, encode", time: 0.45, subjects: []subject{
			{"fngen", func() ([]byte, error) { return ce.Encode(e) }},
			{"the SDK's `json.Marshal`", func() ([]byte, error) { return json.Marshal(e) }},
		}},
		{what: "structured CloudEvent, decode", time: 0.45, subjects: []subject{
			{"fngen", func() ([]byte, error) {
				got, err := ce.Decode(encoded)
				return nil, same(got, err)
			}},
			{"the SDK's `json.Unmarshal`", func() ([]byte, error) {
				var got event.Event
				err := json.Unmarshal(encoded, &got)
				return nil, same(got, err)
			}},
		}},
	}, nil
}

func same(e event.Event, err error) error {
	if err == nil && (e.ID() == "" || len(e.DataEncoded) != len(payload.Order)) {
		err = fmt.Errorf("decoded %v", e)
	}
	return err
}
