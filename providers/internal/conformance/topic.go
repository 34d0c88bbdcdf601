package conformance

// topics returns the messages of topics. They are objects with sorted members
// where OpenWhisk is to have them too, whose triggers are fired with objects.
func topics() []Occurrence {
	d := Directive{Trigger: "topic", Name: "prices"}
	message := func(name string, m Message, contentType string) Occurrence {
		return Occurrence{Name: "topic/" + name, Directive: d, Records: []Record{{Message: &m, Want: received("prices", contentType, m)}}}
	}
	published := func(name, body string, want Event) Occurrence {
		return Occurrence{Name: "topic/CloudEvent/" + name, Directive: d, Records: []Record{{
			Message: &Message{Body: []byte(body), ContentType: cloudEventsJSON}, Want: want,
		}}}
	}
	body := func(s string) Message { return Message{Body: []byte(s)} }

	content := message("content type of the directive", body(`{"price":1}`), "application/vnd.price+json")
	content.Directive.Content = "application/vnd.price+json"
	forged := published("with a forged type", `{"specversion":"1.0","id":"p-1","source":"/shop","type":"dev.fngen.document.deleted.v1","data":{}}`, Event{})
	forged.Records[0].Fate = Refused
	incomplete := published("without a source", `{"specversion":"1.0","id":"p-1","type":"com.example.price"}`, Event{})
	incomplete.Records[0].Fate = Refused

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
		forged, incomplete,
		several("topic/several", d, batches(), "a", "a", "a"),
		several("topic/malformed among good", d, damaged(), "a", "", "a"),
	}
}
