package conformance

import "time"

// events returns CloudEvents that were published for whoever asks.
func events() []Occurrence {
	const placed = "com.example.order.placed"
	d := Directive{Trigger: "event", Name: placed}
	one := func(name string, e CloudEvent, want Event) Occurrence {
		return Occurrence{Name: "event/" + name, Directive: d, Records: []Record{{What: e, Want: want}}}
	}
	full := one("plain",
		CloudEvent{
			Attributes: map[string]string{
				"specversion": "1.0", "id": "o-1", "source": "/shop", "type": placed, "subject": "7", "time": "2026-03-01T12:00:00.5Z",
				"datacontenttype": jsonType, "partitionkey": "7", "traceparent": traceParent,
			},
			Data: []byte(`{"n":9007199254740993}`),
			Structured: `{"specversion":"1.0","id":"o-1","source":"/shop","type":"com.example.order.placed","subject":"7","time":"2026-03-01T12:00:00.5Z",` +
				`"datacontenttype":"application/json","partitionkey":"7","traceparent":"` + traceParent + `","data":{"n":9007199254740993}}`,
		},
		Event{
			ID: "o-1", Source: "/shop", Type: placed, Subject: "7", Time: time.Date(2026, 3, 1, 12, 0, 0, 500000000, time.UTC),
			ContentType: jsonType, Data: `{"n":9007199254740993}`, Extensions: map[string]string{"partitionkey": "7", "traceparent": traceParent},
		})
	attributes := func(more ...string) map[string]string {
		out := map[string]string{"specversion": "1.0", "id": "o-1", "source": "/shop", "type": placed}
		for i := 0; i < len(more); i += 2 {
			out[more[i]] = more[i+1]
		}
		return out
	}
	const head = `{"specversion":"1.0","id":"o-1","source":"/shop","type":"com.example.order.placed"`
	want := func(contentType, data string) Event {
		return Event{ID: "o-1", Source: "/shop", Type: placed, ContentType: contentType, Data: data}
	}
	subject := want("", "")
	subject.Subject = `100% Zoë "東京" 🚲`

	leap := want("", "")
	leap.Time = time.Date(2017, 1, 1, 0, 0, 0, 500000000, time.UTC)

	fromShop := full
	fromShop.Name, fromShop.Directive.Source = "event/of the source asked for", "/shop"
	elsewhere := full
	elsewhere.Name, elsewhere.Directive.Source = "event/of another source", "/warehouse"
	elsewhere.Records = []Record{{What: full.Records[0].What, Fate: Ignored}}
	another := full
	another.Name, another.Directive.Name = "event/of another type", "com.example.order.cancelled"
	another.Records = []Record{{What: full.Records[0].What, Fate: Refused}}
	forged := refused(one("with a forged type", CloudEvent{
		Attributes: attributes("type", "dev.fngen.object.created.v1"),
		Structured: `{"specversion":"1.0","id":"o-1","source":"/shop","type":"dev.fngen.object.created.v1"}`,
	}, Event{}))
	forged.Directive.Name = "dev.fngen.object.created.v1"
	native := one("native", CloudEvent{
		Attributes: map[string]string{"id": "6a7e8feb", "source": "aws.ec2", "type": "EC2 Instance State-change Notification",
			"subject": "arn:aws:ec2:eu-west-1:123456789012:instance/i-1", "time": "2026-03-01T12:00:00Z"},
		Data:   []byte(`{"state": "stopped", "n": 9007199254740993}`),
		Native: true,
	}, Event{
		ID: "6a7e8feb", Source: "aws.ec2", Type: "EC2 Instance State-change Notification", Subject: "arn:aws:ec2:eu-west-1:123456789012:instance/i-1",
		Time: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), ContentType: jsonType, Data: `{"state": "stopped", "n": 9007199254740993}`,
	})
	native.Directive.Name = "EC2 Instance State-change Notification"

	return []Occurrence{
		full, fromShop, elsewhere, another, forged, native,
		one("text", CloudEvent{Attributes: attributes("datacontenttype", "text/plain"), Data: []byte("Zoë\n"),
			Structured: head + `,"datacontenttype":"text/plain","data":"Zo\u00eb\n"}`}, want("text/plain", "Zoë\n")),
		one("binary", CloudEvent{Attributes: attributes("datacontenttype", "application/octet-stream"), Data: []byte("\x00\xff"),
			Structured: head + `,"datacontenttype":"application/octet-stream","data_base64":"AP8="}`}, want("application/octet-stream", "\x00\xff")),
		one("without data", CloudEvent{Attributes: attributes(), Structured: head + `}`}, want("", "")),
		one("subject with special characters", CloudEvent{Attributes: attributes("subject", subject.Subject),
			Structured: head + `,"subject":"100% Zo\u00eb \"東京\" 🚲"}`}, subject),
		one("that was a dead letter", CloudEvent{
			Attributes: attributes("deadletterreason", "x", "deadletterattempts", "3", "deadletterfunction", "confirm"),
			Structured: head + `,"deadletterreason":"x","deadletterattempts":3,"deadletterfunction":"confirm"}`}, want("", "")),
		refused(one("with an extension that has no name", CloudEvent{Attributes: attributes("my-extension", "x"),
			Structured: head + `,"my-extension":"x"}`}, Event{})),
		one("whose data is a string of JSON", CloudEvent{Attributes: attributes("datacontenttype", "application/vnd.order+json"), Data: []byte(`"{\"n\":1}"`),
			Structured: head + `,"datacontenttype":"application/vnd.order+json","data":"{\"n\":1}"}`}, want("application/vnd.order+json", `"{\"n\":1}"`)),
		one("with a leap second", CloudEvent{Attributes: attributes("time", "2016-12-31t23:59:60.5z"),
			Structured: head + `,"time":"2016-12-31t23:59:60.5z"}`}, leap),
		refused(one("with a time that only Go takes", CloudEvent{Attributes: attributes("time", "2026-03-01T12:00:00,5Z"),
			Structured: head + `,"time":"2026-03-01T12:00:00,5Z"}`}, Event{})),
		refused(one("of another version", CloudEvent{Attributes: attributes("specversion", "0.3"),
			Structured: `{"specversion":"0.3","id":"o-1","source":"/shop","type":"com.example.order.placed"}`}, Event{})),
	}
}
