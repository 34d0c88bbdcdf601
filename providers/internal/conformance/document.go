package conformance

import (
	"math"
	"time"
)

// change is an occurrence in the collection orders; before and after are the
// images as the handler gets them, null for none.
func change(name string, c Change, key, before, after string) Occurrence {
	return Occurrence{
		Name:      "document/" + name,
		Directive: Directive{Trigger: "document", Name: "orders"},
		Records:   []Record{changeRecord(c, key, before, after)},
	}
}

func changeRecord(c Change, key, before, after string) Record {
	types := [...]string{"dev.fngen.document.created.v1", "dev.fngen.document.updated.v1", "dev.fngen.document.deleted.v1"}
	head := `{"collection":"orders","key":"` + key + `",`
	return Record{What: c, Want: Event{
		Type: types[c.Kind], Subject: "orders/" + key, ContentType: jsonType,
		Data:       head + `"before":` + before + `,"after":` + after + `,"partial":false}`,
		Partial:    head + `"before":null,"after":null,"partial":true}`,
		Extensions: map[string]string{"partitionkey": key},
	}}
}

// changes returns what happens to documents, apart from what they hold.
func changes() []Occurrence {
	d := Directive{Trigger: "document", Name: "orders"}
	key := []string{"7"}
	one, two := Map{"n": Number("1")}, Map{"n": Number("2")}

	ignored := func(name string, asked Directive, c Change) Occurrence {
		o := change("not asked for/"+name, c, "7", "", "")
		o.Directive.Created, o.Directive.Updated, o.Directive.Deleted = asked.Created, asked.Updated, asked.Deleted
		o.Records[0].Fate = Ignored
		return o
	}
	asked := change("asked for", Change{Kind: Deleted, Key: key, Before: one}, "7", `{"n":1}`, "null")
	asked.Directive.Created, asked.Directive.Deleted = true, true

	a := changeRecord(Change{Key: []string{"a"}, After: one}, "a", "null", `{"n":1}`)
	b := changeRecord(Change{Kind: Updated, Key: []string{"b"}, Before: one, After: two}, "b", `{"n":1}`, `{"n":2}`)
	c := changeRecord(Change{Kind: Deleted, Key: []string{"c"}, Before: two}, "c", `{"n":2}`, "null")
	bad := Record{What: Change{Key: []string{"b"}, Damaged: true}, Fate: Refused}
	unknown := change("value of an unknown kind", Change{Key: key, After: Map{"n": Unknown{}}}, "7", "", "")
	unknown.Records[0].Fate, unknown.Records[0].FateOn = Refused, map[string]Fate{"openwhisk": Handled} // whose feed tells no values

	return []Occurrence{
		change("created", Change{Key: key, After: one}, "7", "null", `{"n":1}`),
		change("updated", Change{Kind: Updated, Key: key, Before: one, After: two}, "7", `{"n":1}`, `{"n":2}`),
		change("deleted", Change{Kind: Deleted, Key: key, Before: one}, "7", `{"n":1}`, "null"),
		change("key with special characters", Change{Key: []string{"Zoë 7?#%+&"}, After: one}, "Zo%C3%AB%207%3F%23%25+&", "null", `{"n":1}`),
		change("key with a slash", Change{Key: []string{"a/b"}, After: one}, "a%2Fb", "null", `{"n":1}`),
		change("composite key", Change{Key: []string{"a/b", "2026-03-01"}, After: one}, "a%2Fb/2026-03-01", "null", `{"n":1}`),
		asked,
		ignored("created", Directive{Updated: true}, Change{Key: key, After: one}),
		ignored("updated", Directive{Created: true, Deleted: true}, Change{Kind: Updated, Key: key, Before: one, After: two}),
		ignored("deleted", Directive{Created: true}, Change{Kind: Deleted, Key: key, Before: one}),
		unknown,
		{Name: "document/several", Directive: d, Records: []Record{a, b, c}, Batches: batches()},
		{Name: "document/malformed among good", Directive: d, Records: []Record{a, bad, c}, Batches: damaged()},
	}
}

// documents returns documents with values of every kind.
func documents() []Occurrence {
	value := func(name string, v Value, json string) Occurrence {
		return change("value/"+name, Change{Key: []string{"7"}, After: Map{"v": v}}, "7", "null", `{"v":`+json+`}`)
	}
	at := time.Date(2026, 3, 1, 12, 0, 0, 120000000, time.FixedZone("", 3600))
	deep := Value("bottom")
	deepJSON := `"bottom"`
	for range 15 {
		deep, deepJSON = Map{"d": deep}, `{"d":`+deepJSON+`}`
	}
	return []Occurrence{
		change("no fields", Change{Key: []string{"7"}, After: Map{}}, "7", "null", "{}"),
		change("fields sorted, with special characters", Change{Key: []string{"7"}, After: Map{"ö": true, "b": nil, "a.b": "<&>", `q"`: false}},
			"7", "null", `{"a.b":"<&>","b":null,"q\"":false,"ö":true}`),
		value("null", nil, "null"),
		value("true", true, "true"),
		value("false", false, "false"),
		value("string", "Zoë\n東京 \U0001f6b2 \"q\" <b>", `"Zoë\n東京 🚲 \"q\" <b>"`),
		value("empty string", "", `""`),
		value("zero", Number("0"), "0"),
		value("negative number", Number("-12"), "-12"),
		value("number above 2^53", Number("9007199254740993"), "9007199254740993"),
		value("largest number of 64 bits", Number("9223372036854775807"), "9223372036854775807"),
		value("smallest number of 64 bits", Number("-9223372036854775808"), "-9223372036854775808"),
		value("number of 38 digits", Number("12345678901234567890123456789012345678"), "12345678901234567890123456789012345678"),
		value("fraction", Number("1.5"), "1.5"),
		value("bytes", Bytes("\x00\xfb\xff"), `"APv/"`),
		value("no bytes", Bytes(""), `""`),
		value("list", List{Number("1"), "a", nil, true, Map{"b": Number("2"), "a": Number("1")}}, `[1,"a",null,true,{"a":1,"b":2}]`),
		value("empty list", List{}, "[]"),
		value("map", Map{"b": List{"x"}, "a": Map{"c": Number("1")}}, `{"a":{"c":1},"b":["x"]}`),
		value("empty map", Map{}, "{}"),
		value("nested deeply", deep, deepJSON),
		value("set of strings", Set{"b", "a", "ä"}, `["a","b","ä"]`),
		value("set of numbers", Set{Number("10"), Number("9"), Number("-1")}, `[-1,9,10]`),
		value("set of bytes", Set{Bytes("\xff"), Bytes("\x00")}, `["/w==","AA=="]`),
		value("integral double", Double(3), "3"),
		value("NaN", Double(math.NaN()), `"NaN"`),
		value("infinity", Double(math.Inf(1)), `"Infinity"`),
		value("minus infinity", Double(math.Inf(-1)), `"-Infinity"`),
		value("timestamp", Timestamp(at), `"2026-03-01T11:00:00.12Z"`),
		value("reference", Reference("shops/a b/orders/7"), `"shops/a b/orders/7"`),
		value("point", Point{Latitude: 52.5, Longitude: -13.25}, `{"latitude":52.5,"longitude":-13.25}`),
	}
}
