package conformance

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/fngen/fngen/internal/native"
)

// The types of section 1 of the portable event model.
const (
	messageReceived = "dev.fngen.message.received.v1"
	jsonType        = "application/json"
	cloudEventsJSON = "application/cloudevents+json"
	traceParent     = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
)

// queues returns the messages of queues that are no CloudEvents.
func queues() []Occurrence {
	// message is an occurrence on the queue orders that the handler gets as it
	// was sent.
	message := func(name string, m Message, contentType string) Occurrence {
		return Occurrence{
			Name:      "queue/" + name,
			Directive: Directive{Trigger: "queue", Name: "orders"},
			Records:   []Record{{What: m, Want: received("orders", contentType, m)}},
		}
	}
	body := func(s string) Message { return Message{Body: []byte(s)} }

	out := []Occurrence{
		message("plain", body(`{"n":1}`), jsonType),
		message("Unicode", body(`{"name":"Zoë","city":"東京","ride":"🚲","escaped":"\u00fc"}`), jsonType),
		message("empty", body(""), jsonType),
		message("binary", Message{Body: []byte("\x00\x01\xfe\xff\xc3("), ContentType: "application/octet-stream"}, "application/octet-stream"),
		message("huge", body(`{"filler":"`+strings.Repeat("0123456789abcdef", 12<<10)+`"}`), jsonType),
		message("numbers above 2^53", body(`{"a":9007199254740993,"b":1.0,"c":1e400,"d":-0,"e":0.1000}`), jsonType),
		message("white space", body(" {\r\n\t\"n\" : 1 }\n"), jsonType),
		message("null", body("null"), jsonType),
		message("HTML", body(`{"a":"<script>&\u003c/script>\u2028"}`), jsonType),
		message("members twice and unsorted", body(`{"b":1,"a":2,"b":3}`), jsonType),
		message("no JSON under the default type", body("n: 1"), jsonType),
		message("nested deeply", body(strings.Repeat("[", 5000)+strings.Repeat("]", 5000)), jsonType),
		message("content type of the sender", Message{Body: []byte("n: 1"), ContentType: "application/yaml; charset=utf-8"}, "application/yaml; charset=utf-8"),
		message("traceparent", Message{Body: []byte("1"), TraceParent: traceParent, TraceState: "a=1,b=2"}, jsonType),
		message("forged envelope", body(`1,"type":"forged.v1","source":"/forged"`), jsonType),
		message("forged attributes", body(`{"specversion":"1.0","id":"1","source":"/forged","type":"dev.fngen.object.created.v1","data":{}}`), jsonType),
	}
	content := message("content type of the directive", body("a,b\n1,2\n"), "text/csv")
	content.Directive.Content = "text/csv"
	both := message("content type of the sender wins", Message{Body: []byte("1"), ContentType: "text/plain"}, "text/plain")
	both.Directive.Content = "text/csv"

	group := message("fifo/group", Message{Body: []byte("1"), Key: "customer-7"}, jsonType)
	group.Directive.FIFO = true
	odd := message("fifo/group with special characters", Message{Body: []byte("1"), Key: "Zoë 7/ü%2F"}, jsonType)
	odd.Directive.FIFO = true
	out = append(out, content, both, group, odd)

	nested := envelopes()
	for _, name := range native.Names(nested) {
		o := message("nested envelope/"+name, body(nested[name]), jsonType)
		// On AWS it is the envelope of another service that nobody declared.
		o.Records[0].FateOn = map[string]Fate{"aws": Postponed}
		out = append(out, o)
	}
	return append(out,
		several("queue/several", Directive{Trigger: "queue", Name: "orders"}, batches(), "a", "a", "a"),
		several("queue/malformed among good", Directive{Trigger: "queue", Name: "orders"}, damaged(), "a", "", "a"),
		several("queue/fifo/interleaved groups", Directive{Trigger: "queue", Name: "orders", FIFO: true}, interleaved(), "a", "b", "a", "b", "a"),
	)
}

// received returns the event of a message.
func received(name, contentType string, m Message) Event {
	e := Event{Type: messageReceived, Subject: name, ContentType: contentType, Data: string(m.Body), Extensions: map[string]string{}}
	for extension, value := range map[string]string{"partitionkey": m.Key, "traceparent": m.TraceParent, "tracestate": m.TraceState} {
		if value != "" {
			e.Extensions[extension] = value
		}
	}
	return e
}

// several returns an occurrence of messages with these keys. A message with the
// key "" is damaged. Keys reach the platform only where there is an order.
func several(name string, d Directive, batches []Batch, keys ...string) Occurrence {
	o := Occurrence{Name: name, Directive: d, Batches: batches}
	for i, key := range keys {
		m := Message{Body: []byte(`{"n":` + string(rune('1'+i)) + `}`), Damaged: key == ""}
		if d.FIFO {
			m.Key = key
		}
		r := Record{What: m, Want: received(d.Name, jsonType, m)}
		if m.Damaged {
			r.Fate = Refused
		}
		o.Records = append(o.Records, r)
	}
	return o
}

// envelopes returns the envelopes of other services that a queue may be given.
func envelopes() map[string]string {
	return map[string]string{
		"SNS": `{"Type":"Notification","MessageId":"22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",` +
			`"TopicArn":"arn:aws:sns:eu-west-1:123456789012:orders","Message":"{\"n\":1}","Timestamp":"2026-03-01T12:00:00.000Z"}`,
		"EventBridge": `{"version":"0","id":"6a7e8feb-b491-4cf7-a9f1-bf3703467718","detail-type":"order placed","source":"com.example",` +
			`"account":"123456789012","time":"2026-03-01T12:00:00Z","region":"eu-west-1","resources":[],"detail":{"n":1}}`,
		"S3": `{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","eventName":"ObjectCreated:Put",` +
			`"s3":{"bucket":{"name":"uploads"},"object":{"key":"a.png","size":1}}}]}`,
		"S3 test": `{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-03-01T12:00:00.000Z","Bucket":"uploads"}`,
	}
}

// queueEvents returns the messages of queues that are CloudEvents.
func queueEvents() []Occurrence {
	d := Directive{Trigger: "queue", Name: "orders"}
	// structured is a message that says that it is an event.
	structured := func(name, body string, want Event) Occurrence {
		return Occurrence{Name: "queue/CloudEvent/" + name, Directive: d, Records: []Record{{
			What: Message{Body: []byte(body), ContentType: cloudEventsJSON},
			Want: want,
		}}}
	}
	// declared is one that does not say it, on a queue that does.
	declared := func(name, body string, want Event) Occurrence {
		o := structured(name, body, want)
		o.Records[0].What = Message{Body: []byte(body)}
		o.Directive.Content = cloudEventsJSON
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
		What: Message{Body: []byte("n: 1"), ContentType: "text/yaml", Binary: map[string]string{
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
		What: Message{Body: []byte("{}"), Binary: map[string]string{
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

// deadLetters returns the messages of queues of dead letters: the events that
// functions gave up, as they were written, and what platforms gave up, as it is.
func deadLetters() []Occurrence {
	d := Directive{Trigger: "queue", Name: "orders", Letters: true}
	const (
		head = `{"specversion":"1.0","id":"o-1","source":"/shop",`
		why  = `"deadletterreason":"no such article","deadletterattempts":3,"deadletterfunction":"/example.com/shop/confirm"`
	)
	written := func(name, body string, want Event) Occurrence {
		want.ID, want.Source = "o-1", "/shop"
		if want.Extensions == nil {
			want.Extensions = map[string]string{"deadletterreason": "no such article", "deadletterattempts": "3", "deadletterfunction": "/example.com/shop/confirm"}
		}
		return Occurrence{Name: "queue/letters/" + name, Directive: d, Records: []Record{{
			What: Message{Body: []byte(body), ContentType: cloudEventsJSON}, Want: want,
		}}}
	}
	truncated := Event{Type: "com.example.order.placed", Extensions: map[string]string{
		"deadletterreason": "no such article", "deadletterattempts": "3", "deadletterfunction": "/example.com/shop/confirm", "deadlettertruncated": "true", "dataref": "/shop#o-1",
	}}
	binary := Occurrence{Name: "queue/letters/binary", Directive: d, Records: []Record{{
		What: Message{Body: []byte("{}"), ContentType: jsonType, Binary: map[string]string{
			"specversion": "1.0", "id": "o-1", "source": "/shop", "type": "dev.fngen.object.created.v1", "deadletterreason": "no such article", "deadletterattempts": "3",
		}},
		Want: Event{ID: "o-1", Source: "/shop", Type: "dev.fngen.object.created.v1", ContentType: jsonType, Data: "{}",
			Extensions: map[string]string{"deadletterreason": "no such article", "deadletterattempts": "3"}},
	}}}
	out := []Occurrence{
		written("an event", head+`"type":"com.example.order.placed",`+why+`,"data":{"n":1}}`, Event{Type: "com.example.order.placed", Data: `{"n":1}`}),
		written("a message", head+`"type":"`+messageReceived+`","subject":"orders","datacontenttype":"text/plain",`+why+`,"data":"n: 1"}`,
			Event{Type: messageReceived, Subject: "orders", ContentType: "text/plain", Data: "n: 1"}),
		written("an object", head+`"type":"dev.fngen.object.created.v1","subject":"a.png",`+why+`,"data":{"bucket":"uploads","key":"a.png"}}`,
			Event{Type: "dev.fngen.object.created.v1", Subject: "a.png", Data: `{"bucket":"uploads","key":"a.png"}`}),
		written("what did not decode", head+`"type":"dev.fngen.record.undecodable.v1","datacontenttype":"application/octet-stream",`+why+`,"data_base64":"AP8="}`,
			Event{Type: "dev.fngen.record.undecodable.v1", ContentType: "application/octet-stream", Data: "\x00\xff"}),
		written("without data", head+`"type":"com.example.order.placed",`+why+`,"deadlettertruncated":true,"dataref":"/shop#o-1"}`, truncated),
		binary, refused(written("without a type", head+why+`}`, Event{})),
	}
	moved := envelopes()
	moved["message"] = `{"n":1}`
	moved["Lambda"] = `{"requestContext":{"condition":"RetriesExhausted"},"requestPayload":{"Records":[]},"version":"1.0"}`
	for _, name := range native.Names(moved) {
		var members map[string]json.RawMessage
		_ = json.Unmarshal([]byte(moved[name]), &members)
		body, _ := json.Marshal(members) // sorted, as triggers of OpenWhisk are fired with them
		m := Message{Body: body}
		out = append(out, Occurrence{Name: "queue/letters/of the platform/" + name, Directive: d,
			Records: []Record{{What: m, Want: received("orders", jsonType, m)}}})
	}
	return append(out, several("queue/letters/malformed among good", d, damaged(), "a", "", "a"))
}

// topics returns the messages of topics. They are objects with sorted members
// where OpenWhisk is to have them too, whose triggers are fired with objects.
func topics() []Occurrence {
	d := Directive{Trigger: "topic", Name: "prices"}
	message := func(name string, m Message, contentType string) Occurrence {
		return Occurrence{Name: "topic/" + name, Directive: d, Records: []Record{{What: m, Want: received("prices", contentType, m)}}}
	}
	published := func(name, body string, want Event) Occurrence {
		return Occurrence{Name: "topic/CloudEvent/" + name, Directive: d, Records: []Record{{
			What: Message{Body: []byte(body), ContentType: cloudEventsJSON}, Want: want,
		}}}
	}
	body := func(s string) Message { return Message{Body: []byte(s)} }

	content := message("content type of the directive", body(`{"price":1}`), "application/vnd.price+json")
	content.Directive.Content = "application/vnd.price+json"

	return []Occurrence{
		message("plain", body(`{"price":1}`), jsonType),
		message("Unicode", body(`{"name":"Zoë 東京 🚲","ö":"\u00fc"}`), jsonType),
		message("numbers above 2^53", body(`{"a":9007199254740993,"b":1.0,"c":1e400,"d":-0}`), jsonType),
		message("object without members", body(`{}`), jsonType),
		message("text", Message{Body: []byte("price: 1\n"), ContentType: "text/plain"}, "text/plain"),
		message("no object", body(`[1,"a"]`), jsonType),
		message("traceparent", Message{Body: []byte(`{"price":1}`), TraceParent: traceParent, TraceState: "a=1"}, jsonType),
		message("forged attributes", body(`{"id":"1","source":"/forged","specversion":"1.0","type":"dev.fngen.object.created.v1"}`), jsonType),
		content,
		published("plain", `{"specversion":"1.0","id":"p-1","source":"/shop","type":"com.example.price","subject":"7","datacontenttype":"application/json","partitionkey":"7","data":{"price":9007199254740993}}`,
			Event{ID: "p-1", Source: "/shop", Type: "com.example.price", Subject: "7", ContentType: jsonType, Data: `{"price":9007199254740993}`,
				Extensions: map[string]string{"partitionkey": "7"}}),
		published("that is a message forwarded", `{"specversion":"1.0","id":"m-1","source":"/queues/other","type":"dev.fngen.message.received.v1","subject":"other","data":1}`,
			Event{ID: "m-1", Source: "/queues/other", Type: messageReceived, Subject: "other", Data: "1"}),
		refused(published("with a forged type", `{"specversion":"1.0","id":"p-1","source":"/shop","type":"dev.fngen.document.deleted.v1","data":{}}`, Event{})),
		refused(published("without a source", `{"specversion":"1.0","id":"p-1","type":"com.example.price"}`, Event{})),
		several("topic/several", d, batches(), "a", "a", "a"),
		several("topic/malformed among good", d, damaged(), "a", "", "a"),
	}
}
