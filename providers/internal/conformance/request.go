package conformance

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/fngen/fngen/internal/native"
)

// requests returns HTTP requests; what is finer about them is tested where the
// adapters are.
func requests() []Occurrence {
	one := func(name, path string, header map[string]string, body string, want Event) Occurrence {
		r := native.Request{Method: "POST", Target: path, Host: Host, Header: http.Header{}, Body: []byte(body)}
		for name, value := range header {
			r.Header.Set(name, value)
		}
		return Occurrence{Name: "http/" + name, Directive: Directive{Trigger: "http"}, Records: []Record{{What: r, Want: want}}}
	}
	structured := func(name, members string, want Event) Occurrence {
		return one(name, "/orders", map[string]string{"Content-Type": cloudEventsJSON}, `{"specversion":"1.0","id":"o-1","source":"/shop",`+members+`}`, want)
	}
	event := Event{ID: "o-1", Source: "/shop", Type: "com.example.order.placed", Subject: "Zoë", ContentType: jsonType, Data: `{"n":9007199254740993}`,
		Time: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Extensions: map[string]string{"partitionkey": "7"}}
	literal := event
	literal.Subject, literal.Time = "100% of Zoë", time.Date(2017, 1, 1, 0, 0, 0, 500000000, time.UTC)
	text := event
	text.ContentType, text.Data = "application/vnd.order+json", `"{\"n\":1}"`
	var extensions strings.Builder
	for i := range 65 {
		fmt.Fprintf(&extensions, `,"x%d":"1"`, i)
	}
	return []Occurrence{
		one("plain", "/orders/7", map[string]string{"Content-Type": jsonType, "Traceparent": traceParent, "Tracestate": "a=1"}, `{"n":9007199254740993}`,
			Event{Type: "dev.fngen.http.request.v1", Subject: "/orders/7", ContentType: jsonType, Data: `{"n":9007199254740993}`,
				Extensions: map[string]string{"traceparent": traceParent, "tracestate": "a=1"}}),
		one("CloudEvent in binary mode", "/orders", map[string]string{
			"Content-Type": jsonType, "Ce-Specversion": "1.0", "Ce-Id": "o-1", "Ce-Source": "/shop", "Ce-Type": "com.example.order.placed",
			"Ce-Subject": "Zo%C3%AB", "Ce-Time": "2026-03-01T12:00:00Z", "Ce-Partitionkey": "7",
		}, `{"n":9007199254740993}`, event),
		structured("CloudEvent in structured mode", `"type":"com.example.order.placed","subject":"Zoë","time":"2026-03-01T12:00:00Z",`+
			`"datacontenttype":"application/json","partitionkey":"7","data":{"n":9007199254740993}`, event),
		one("CloudEvent with a percent sign that begins no escape, and a leap second", "/orders", map[string]string{
			"Content-Type": jsonType, "Ce-Specversion": "1.0", "Ce-Id": "o-1", "Ce-Source": "/shop", "Ce-Type": "com.example.order.placed",
			"Ce-Subject": "100% of Zo%C3%AB", "Ce-Time": "2016-12-31t23:59:60.5z", "Ce-Partitionkey": "7",
		}, `{"n":9007199254740993}`, literal),
		structured("CloudEvent whose data is a string of JSON", `"type":"com.example.order.placed","subject":"Zoë","time":"2026-03-01t12:00:00+00:00",`+
			`"datacontenttype":"application/vnd.order+json","partitionkey":"7","data":"{\"n\":1}"`, text),
		refused(structured("CloudEvent with a time that only Go takes", `"type":"com.example.order.placed","time":"2026-03-01T12:00:00,5Z"`, Event{})),
		refused(structured("CloudEvent with 65 extensions", `"type":"com.example.order.placed"`+extensions.String(), Event{})),
		refused(structured("CloudEvent with a forged type", `"type":"dev.fngen.http.request.v1","data":{}`, Event{})),
	}
}
