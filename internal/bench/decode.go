package main

import (
	"encoding/json"
	"fmt"
	"reflect"

	experiment "github.com/go-json-experiment/json/v1"
	jsoniter "github.com/json-iterator/go"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/bench/payload"
	"github.com/fngen/fngen/internal/jsonvalue"
)

const objectBody = `{"bucket":"uploads","key":"pictures/a b.png","size":30721,"etag":"d41d8cd98f00b204e9800998ecf8427e","version":"096fKKXTRTtl3on89fVO.nfljtsv6qko","sequencer":"0055AED6DCD90281E5"}`

// typedData compares what decodes the data of an event into a handler's type
// with encoding/json, whose meaning it has, and with libraries that are meant to take
// its place.
func typedData() []comparison {
	return []comparison{
		decoders[order]("typed data, an order", payload.Order, 6),
		decoders[fn.Object]("typed data, an object", objectBody, 7),
	}
}

func decoders[T any](what, text string, allocs float64) comparison {
	decoder, data := jsonvalue.For(reflect.TypeFor[T]()), []byte(text)
	by := func(name string, decode func([]byte, any) error) subject {
		return subject{name, func() ([]byte, error) { return nil, decode(data, new(T)) }}
	}
	return comparison{what: what, time: 0.40, allocs: allocs, subjects: []subject{
		by("fngen", func(data []byte, target any) error {
			if !decoder.Decode(data, target) {
				return fmt.Errorf("%T: left to encoding/json", target)
			}
			return nil
		}),
		by("`json.Unmarshal`", json.Unmarshal),
		by("go-json-experiment `v1.Unmarshal`", func(data []byte, target any) error { return experiment.Unmarshal(data, target) }),
		by("jsoniter, compatible", jsoniter.ConfigCompatibleWithStandardLibrary.Unmarshal),
	}}
}
