package conformance

import (
	"strings"

	"github.com/fngen/fngen/internal/native"
)

// streams returns the records of the stream clicks, which reach the handler
// verbatim whatever they are.
func streams() []Occurrence {
	d := Directive{Trigger: "stream", Name: "clicks"}
	record := func(m native.Record) Record {
		e := Event{Type: "dev.fngen.record.received.v1", Subject: "clicks", ContentType: jsonType, Data: string(m.Data),
			Extensions: map[string]string{"sequence": ""}}
		if m.Key != "" {
			e.Extensions["partitionkey"] = m.Key
		}
		r := Record{What: m, Want: e}
		if m.Damaged {
			r.Fate = Refused
		}
		return r
	}
	one := func(name, body, key string) Occurrence {
		return Occurrence{Name: "stream/" + name, Directive: d, Records: []Record{record(native.Record{Data: []byte(body), Key: key})}}
	}
	numbered := func(n string) Record { return record(native.Record{Data: []byte(`{"n":` + n + `}`), Key: "k"}) }
	bad := native.Record{Key: "k", Damaged: true}
	return []Occurrence{
		one("plain", `{"n":1}`, "visitor-7"),
		one("without a key", `{"n":1}`, ""),
		one("key with special characters", `{"n":1}`, `Zoë 7/%2F"🚲`),
		one("Unicode", `{"name":"Zoë 東京 🚲"}`, "k"),
		one("numbers above 2^53", `{"a":9007199254740993,"b":1.0,"c":1e400}`, "k"),
		one("empty", "", "k"),
		one("binary", "\x00\x01\xfe\xff\xc3(", "k"),
		one("no JSON", "n: 1\n", "k"),
		one("huge", `{"filler":"`+strings.Repeat("0123456789abcdef", 40<<10)+`"}`, "k"),
		one("a CloudEvent", `{"specversion":"1.0","id":"1","source":"/shop","type":"com.example.click","data":1}`, "k"),
		one("forged attributes", `{"specversion":"1.0","id":"1","source":"/forged","type":"dev.fngen.object.created.v1"}`, "k"),
		{Name: "stream/several", Directive: d, Records: []Record{numbered("1"), numbered("2"), numbered("3")}, Batches: batches()},
		{Name: "stream/malformed among good", Directive: d, Records: []Record{numbered("1"), record(bad), numbered("3")}, Batches: damaged()},
	}
}
