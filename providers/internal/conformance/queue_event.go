package conformance

import "time"

// queueEvents returns the messages of queues that are CloudEvents.
func queueEvents() []Occurrence {
	d := Directive{Trigger: "queue", Name: "orders"}
	// structured is a message that says that it is an event.
	structured := func(name, body string, want Event) Occurrence {
		return Occurrence{Name: "queue/CloudEvent/" + name, Directive: d, Records: []Record{{
			Message: &Message{Body: []byte(body), ContentType: cloudEventsJSON},
			Want:    want,
		}}}
	}
	// declared is one that does not say it, on a queue that does.
	declared := func(name, body string, want Event) Occurrence {
		o := structured(name, body, want)
		o.Records[0].Message.ContentType = ""
		o.Directive.Content = cloudEventsJSON
		return o
	}
	refused := func(o Occurrence) Occurrence {
		o.Records[0].Fate = Refused
		return o
	}
	placed := Event{ID: "o-1", Source: "/shop", Type: "com.example.order.placed"}
	with := func(e Event, contentType, data string) Event {
		e.ContentType, e.Data = contentType, data
		return e
	}
	full := Event{
		ID: "o-1", Source: "https://shop.example/a%2Fb?c#d", Type: "com.example.order.placed", Subject: "Zoë 7",
		Time: time.Date(2026, 3, 1, 11, 0, 0, 123456789, time.UTC), ContentType: jsonType, Data: `{"n": 9007199254740993}`,
		Extensions: map[string]string{"partitionkey": "7", "traceparent": traceParent, "retries": "3", "big": "9007199254740993", "gift": "true"},
	}
	binary := Occurrence{Name: "queue/CloudEvent/binary", Directive: d, Records: []Record{{
		Message: &Message{Body: []byte("n: 1"), ContentType: "text/yaml", Binary: map[string]string{
			"specversion": "1.0", "id": "o-1", "source": "/shop", "type": "com.example.order.placed",
			"subject": "100% Zoë", "time": "2026-03-01T12:00:00Z", "partitionkey": "7",
		}},
		Want: Event{
			ID: "o-1", Source: "/shop", Type: "com.example.order.placed", Subject: "100% Zoë",
			Time: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), ContentType: "text/yaml", Data: "n: 1",
			Extensions: map[string]string{"partitionkey": "7"},
		},
	}}}
	forgedBinary := Occurrence{Name: "queue/CloudEvent/binary with a forged type", Directive: d, Records: []Record{{
		Message: &Message{Body: []byte("{}"), Binary: map[string]string{
			"specversion": "1.0", "id": "o-1", "source": "/shop", "type": "dev.fngen.http.request.v1",
		}},
		Fate: Refused,
	}}}
	return []Occurrence{
		structured("structured", `{"specversion":"1.0","id":"o-1","source":"https://shop.example/a%2Fb?c#d","type":"com.example.order.placed",`+
			`"subject":"Zoë 7","time":"2026-03-01T12:00:00.123456789+01:00","datacontenttype":"application/json","partitionkey":"7",`+
			`"traceparent":"`+traceParent+`","retries":3,"big":9007199254740993,"gift":true,"data":{"n": 9007199254740993}}`, full),
		declared("by the directive", `{"specversion":"1.0","id":"o-1","source":"/shop","type":"com.example.order.placed","data":[1]}`, with(placed, "", "[1]")),
		declared("without data", `{"specversion":"1.0","id":"o-1","source":"/shop","type":"com.example.order.placed"}`, placed),
		declared("text", `{"specversion":"1.0","id":"o-1","source":"/shop","type":"com.example.order.placed","datacontenttype":"text/plain","data":"Zo\u00eb\n"}`,
			with(placed, "text/plain", "Zoë\n")),
		declared("base64", `{"specversion":"1.0","id":"o-1","source":"/shop","type":"com.example.order.placed","datacontenttype":"application/octet-stream","data_base64":"AP8="}`,
			with(placed, "application/octet-stream", "\x00\xff")),
		declared("under another JSON type", `{"specversion":"1.0","id":"o-1","source":"/shop","type":"com.example.order.placed","datacontenttype":"application/vnd.shop+json","data":{"b":1,"a":2}}`,
			with(placed, "application/vnd.shop+json", `{"b":1,"a":2}`)),
		declared("that was a dead letter", `{"specversion":"1.0","id":"o-1","source":"/shop","type":"com.example.order.placed",`+
			`"deadletterreason":"x","deadletterattempts":3,"deadletterfunction":"confirm","data":1}`, with(placed, "", "1")),
		declared("that is a message forwarded", `{"specversion":"1.0","id":"m-1","source":"/queues/other","type":"dev.fngen.message.received.v1","subject":"other","data":1}`,
			Event{ID: "m-1", Source: "/queues/other", Type: messageReceived, Subject: "other", Data: "1"}),
		refused(declared("with a forged type", `{"specversion":"1.0","id":"o-1","source":"/shop","type":"dev.fngen.object.created.v1","data":{}}`, Event{})),
		refused(declared("without an id", `{"specversion":"1.0","source":"/shop","type":"com.example.order.placed"}`, Event{})),
		refused(declared("with its type twice", `{"specversion":"1.0","id":"o-1","source":"/shop","type":"a","type":"b"}`, Event{})),
		refused(declared("of another version", `{"specversion":"0.3","id":"o-1","source":"/shop","type":"com.example.order.placed"}`, Event{})),
		refused(declared("cut off", `{"specversion":"1.0","id":"o-1","source":"/shop","type":`, Event{})),
		binary, forgedBinary,
	}
}
