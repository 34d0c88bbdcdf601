package conformance

import (
	"fmt"
	"strings"
	"time"
)

// requests returns HTTP requests; what is finer about them is tested where the
// adapters are.
func requests() []Occurrence {
	one := func(name string, r Request, want Event) Occurrence {
		return Occurrence{Name: "http/" + name, Directive: Directive{Trigger: "http"}, Records: []Record{{Request: &r, Want: want}}}
	}
	event := Event{ID: "o-1", Source: "/shop", Type: "com.example.order.placed", Subject: "Zoë", ContentType: jsonType, Data: `{"n":9007199254740993}`,
		Time: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Extensions: map[string]string{"partitionkey": "7"}}
	literal := event
	literal.Subject, literal.Time = "100% of Zoë", time.Date(2017, 1, 1, 0, 0, 0, 500000000, time.UTC)
	text := event
	text.ContentType, text.Data = "application/vnd.order+json", `"{\"n\":1}"`
	forged := one("CloudEvent with a forged type", Request{
		Method: "POST", Path: "/orders", Header: map[string]string{"Content-Type": cloudEventsJSON},
		Body: []byte(`{"specversion":"1.0","id":"o-1","source":"/shop","type":"dev.fngen.http.request.v1","data":{}}`),
	}, Event{})
	forged.Records[0].Fate = Refused
	refused := func(name, members string) Occurrence {
		o := one(name, Request{
			Method: "POST", Path: "/orders", Header: map[string]string{"Content-Type": cloudEventsJSON},
			Body: []byte(`{"specversion":"1.0","id":"o-1","source":"/shop","type":"com.example.order.placed",` + members + `}`),
		}, Event{})
		o.Records[0].Fate = Refused
		return o
	}
	var extensions strings.Builder
	for i := range 65 {
		fmt.Fprintf(&extensions, `"x%d":"1",`, i)
	}
	return []Occurrence{
		one("plain", Request{
			Method: "POST", Path: "/orders/7",
			Header: map[string]string{"Content-Type": jsonType, "Traceparent": traceParent, "Tracestate": "a=1"},
			Body:   []byte(`{"n":9007199254740993}`),
		}, Event{Type: "dev.fngen.http.request.v1", Subject: "/orders/7", ContentType: jsonType, Data: `{"n":9007199254740993}`,
			Extensions: map[string]string{"traceparent": traceParent, "tracestate": "a=1"}}),
		one("CloudEvent in binary mode", Request{
			Method: "POST", Path: "/orders",
			Header: map[string]string{
				"Content-Type": jsonType, "Ce-Specversion": "1.0", "Ce-Id": "o-1", "Ce-Source": "/shop", "Ce-Type": "com.example.order.placed",
				"Ce-Subject": "Zo%C3%AB", "Ce-Time": "2026-03-01T12:00:00Z", "Ce-Partitionkey": "7",
			},
			Body: []byte(`{"n":9007199254740993}`),
		}, event),
		one("CloudEvent in structured mode", Request{
			Method: "POST", Path: "/orders", Header: map[string]string{"Content-Type": cloudEventsJSON},
			Body: []byte(`{"specversion":"1.0","id":"o-1","source":"/shop","type":"com.example.order.placed","subject":"Zoë","time":"2026-03-01T12:00:00Z",` +
				`"datacontenttype":"application/json","partitionkey":"7","data":{"n":9007199254740993}}`),
		}, event),
		one("CloudEvent with a percent sign that begins no escape, and a leap second", Request{
			Method: "POST", Path: "/orders",
			Header: map[string]string{
				"Content-Type": jsonType, "Ce-Specversion": "1.0", "Ce-Id": "o-1", "Ce-Source": "/shop", "Ce-Type": "com.example.order.placed",
				"Ce-Subject": "100% of Zo%C3%AB", "Ce-Time": "2016-12-31t23:59:60.5z", "Ce-Partitionkey": "7",
			},
			Body: []byte(`{"n":9007199254740993}`),
		}, literal),
		one("CloudEvent whose data is a string of JSON", Request{
			Method: "POST", Path: "/orders", Header: map[string]string{"Content-Type": cloudEventsJSON},
			Body: []byte(`{"specversion":"1.0","id":"o-1","source":"/shop","type":"com.example.order.placed","subject":"Zoë","time":"2026-03-01t12:00:00+00:00",` +
				`"datacontenttype":"application/vnd.order+json","partitionkey":"7","data":"{\"n\":1}"}`),
		}, text),
		refused("CloudEvent with a time that only Go takes", `"time":"2026-03-01T12:00:00,5Z"`),
		refused("CloudEvent with 65 extensions", strings.TrimSuffix(extensions.String(), ",")),
		forged,
	}
}
