package conformance

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

const (
	objectCreated = "dev.fngen.object.created.v1"
	objectDeleted = "dev.fngen.object.deleted.v1"
)

// objects returns the changes of objects in the bucket uploads.
func objects() []Occurrence {
	d := Directive{Trigger: "object", Name: "uploads"}
	record := func(o Object, subject, data string) Record {
		e := Event{Type: objectCreated, Subject: subject, ContentType: jsonType, Data: data}
		if o.Deleted {
			e.Type = objectDeleted
		}
		return Record{What: o, Want: e}
	}
	one := func(name string, o Object, subject, data string) Occurrence {
		return Occurrence{Name: "object/" + name, Directive: d, Records: []Record{record(o, subject, data)}}
	}
	ignored := func(name string, asked Directive, o Object) Occurrence {
		asked.Trigger, asked.Name = d.Trigger, d.Name
		return Occurrence{Name: "object/not asked for/" + name, Directive: asked, Records: []Record{{What: o, Fate: Ignored}}}
	}
	asked := one("asked for", Object{Key: "in/a.png", Size: 1}, "in/a.png", `{"bucket":"uploads","key":"in/a.png","size":1}`)
	asked.Directive.Created, asked.Directive.Prefix, asked.Directive.Suffix = true, "in/", ".png"

	a := record(Object{Key: "a.png", Size: 1}, "a.png", `{"bucket":"uploads","key":"a.png","size":1}`)
	b := record(Object{Key: "b.png", Deleted: true}, "b.png", `{"bucket":"uploads","key":"b.png"}`)
	c := record(Object{Key: "c.png", Size: 3}, "c.png", `{"bucket":"uploads","key":"c.png","size":3}`)
	bad := Record{What: Object{Damaged: true}, Fate: Refused}

	return []Occurrence{
		one("created", Object{Key: "a.png", Size: 1024}, "a.png", `{"bucket":"uploads","key":"a.png","size":1024}`),
		one("deleted", Object{Key: "a.png", Deleted: true}, "a.png", `{"bucket":"uploads","key":"a.png"}`),
		one("expired", Object{Key: "a.png", Deleted: true, Expired: true}, "a.png", `{"bucket":"uploads","key":"a.png"}`),
		one("empty", Object{Key: "a.png"}, "a.png", `{"bucket":"uploads","key":"a.png","size":0}`),
		one("larger than 2^53", Object{Key: "a.iso", Size: 9007199254740993}, "a.iso", `{"bucket":"uploads","key":"a.iso","size":9007199254740993}`),
		one("key with special characters", Object{Key: `a b+c%2F/d&e=f?g#h"i\.png`, Size: 1}, `a b+c%2F/d&e=f?g#h"i\.png`,
			`{"bucket":"uploads","key":"a b+c%2F/d&e=f?g#h\"i\\.png","size":1}`),
		one("key with Unicode", Object{Key: "Zoë/東京/🚲.png", Size: 1}, "Zoë/東京/🚲.png", `{"bucket":"uploads","key":"Zoë/東京/🚲.png","size":1}`),
		one("key with a percent sign", Object{Key: "100%.png", Size: 1}, "100%.png", `{"bucket":"uploads","key":"100%.png","size":1}`),
		one("key with HTML", Object{Key: "<a>&.png", Size: 1}, "<a>&.png", `{"bucket":"uploads","key":"<a>&.png","size":1}`),
		// A subject must not hold controls and noncharacters.
		one("key with controls", Object{Key: "a\tb\x7f\ufdd0.png", Size: 1}, "a%09b%7F%EF%B7%90.png", "{\"bucket\":\"uploads\",\"key\":\"a\\tb\x7f\ufdd0.png\",\"size\":1}"),
		asked,
		ignored("kind", Directive{Deleted: true}, Object{Key: "a.png", Size: 1}),
		ignored("kind of a deletion", Directive{Created: true}, Object{Key: "a.png", Deleted: true}),
		ignored("kind of an expiry", Directive{Created: true}, Object{Key: "a.png", Deleted: true, Expired: true}),
		ignored("prefix", Directive{Prefix: "in/"}, Object{Key: "out/a.png", Size: 1}),
		ignored("suffix", Directive{Suffix: ".png"}, Object{Key: "a.png.txt", Size: 1}),
		refused(one("neither created nor deleted", Object{Key: "a.png", Other: true}, "", "")),
		{Name: "object/several", Directive: d, Records: []Record{a, b, c}, Batches: batches()},
		{Name: "object/malformed among good", Directive: d, Records: []Record{a, bad, c}, Batches: damaged()},
	}
}

// ObjectID returns the id of an object's event by the definition of the model:
// 32 hex digits of SHA-256 over type, bucket, key, version and sequencer, each
// with its length of 8 bytes in front.
func ObjectID(eventType, bucket, key, version, sequencer string) string {
	h := sha256.New()
	for _, part := range []string{eventType, bucket, key, version, sequencer} {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		h.Write([]byte(part))
	}
	return hex.EncodeToString(h.Sum(nil))[:32]
}
