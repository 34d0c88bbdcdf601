package conformance

import "strings"

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
			Records:   []Record{{Message: &m, Want: received("orders", contentType, m)}},
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
	for _, name := range Names(nested) {
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
		r := Record{Message: &m, Want: received(d.Name, jsonType, m)}
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
