package portable

import (
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/cloudevents/sdk-go/v2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/fn"
)

func picture() ObjectChange {
	return ObjectChange{
		Source: "arn:aws:s3:::acme-uploads", Native: "acme-uploads", Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Object: fn.Object{Bucket: "uploads", Key: "a&b/<é>\n.png", Size: 3, ETag: "e", Version: "v1", Sequencer: "0055"},
	}
}

// The event of an object is the same bytes on every cloud: members in one
// order, text as it stands and not escaped for HTML.
func TestObjectChange(t *testing.T) {
	e, err := picture().Event()
	if err != nil {
		t.Fatal(err)
	}
	subject, contentType := "a&b/<é>%0A.png", "application/json"
	want := event.Event{
		DataEncoded: []byte(`{"bucket":"uploads","key":"a&b/<é>\n.png","size":3,"etag":"e","version":"v1","sequencer":"0055"}`),
		Context: &event.EventContextV1{
			// Computed with Python's hashlib and struct.pack(">Q", len(part)).
			ID: "55424e3b6bea0219a6a1cb217343b96b", Type: "dev.fngen.object.created.v1", Subject: &subject, DataContentType: &contentType,
			Source: *types.ParseURIRef("arn:aws:s3:::acme-uploads"),
			Time:   &types.Timestamp{Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
		},
	}
	if diff := cmp.Diff(want, e); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
	if err := e.Validate(); err != nil {
		t.Error(err)
	}
}

// The size of a deleted object is absent, that of an empty one is 0.
func TestObjectSize(t *testing.T) {
	for _, test := range []struct {
		deleted        bool
		eventType, out string
	}{
		{false, "dev.fngen.object.created.v1", `{"bucket":"uploads","key":"a","size":0}`},
		{true, "dev.fngen.object.deleted.v1", `{"bucket":"uploads","key":"a"}`},
	} {
		e, err := ObjectChange{Deleted: test.deleted, Object: fn.Object{Bucket: "uploads", Key: "a"}}.Event()
		if err != nil {
			t.Fatal(err)
		}
		if e.Type() != test.eventType || string(e.Data()) != test.out {
			t.Errorf("got %s %s", e.Type(), e.Data())
		}
	}
	if _, err := (ObjectChange{}).Event(); err == nil {
		t.Error("an object without a key is accepted")
	}
}

// The id names the occurrence: what only describes it, or how it travelled,
// changes nothing, and each part that identifies it changes it.
func TestObjectID(t *testing.T) {
	id := func(change func(*ObjectChange)) string {
		t.Helper()
		c := picture()
		change(&c)
		e, err := c.Event()
		if err != nil {
			t.Fatal(err)
		}
		return e.ID()
	}
	first := id(func(*ObjectChange) {})
	for name, change := range map[string]func(*ObjectChange){
		"source":         func(c *ObjectChange) { c.Source = "/other" },
		"time":           func(c *ObjectChange) { c.Time = time.Time{} },
		"logical bucket": func(c *ObjectChange) { c.Object.Bucket = "other" },
		"size":           func(c *ObjectChange) { c.Object.Size = 4 },
		"etag":           func(c *ObjectChange) { c.Object.ETag = "" },
		"content type":   func(c *ObjectChange) { c.Object.ContentType = "image/png" },
	} {
		if id(change) != first {
			t.Errorf("%s changes the id", name)
		}
	}
	seen := map[string]string{first: "nothing"}
	for name, change := range map[string]func(*ObjectChange){
		"kind":      func(c *ObjectChange) { c.Deleted = true },
		"bucket":    func(c *ObjectChange) { c.Native = "other" },
		"key":       func(c *ObjectChange) { c.Object.Key = "other" },
		"version":   func(c *ObjectChange) { c.Object.Version = "v2" },
		"sequencer": func(c *ObjectChange) { c.Object.Sequencer = "0056" },
		"parts that join to the same text": func(c *ObjectChange) {
			c.Object.Version, c.Object.Sequencer = "v10", "055"
		},
	} {
		if other, ok := seen[id(change)]; ok {
			t.Errorf("%s gives the id of %s", name, other)
		}
		seen[id(change)] = name
	}
}

// What the directive does not ask for does not fit, at either end of the key.
func TestObjectFilter(t *testing.T) {
	tests := []struct {
		name    string
		filter  ObjectFilter
		deleted bool
		key     string
		want    bool
	}{
		{"none", ObjectFilter{}, false, "a", true},
		{"none, deleted", ObjectFilter{}, true, "a", true},
		{"created", ObjectFilter{Created: true}, false, "a", true},
		{"created, deleted", ObjectFilter{Created: true}, true, "a", false},
		{"deleted", ObjectFilter{Deleted: true}, true, "a", true},
		{"deleted, created", ObjectFilter{Deleted: true}, false, "a", false},
		{"both", ObjectFilter{Created: true, Deleted: true}, true, "a", true},
		{"prefix", ObjectFilter{Prefix: "in/"}, false, "in/a.png", true},
		{"other prefix", ObjectFilter{Prefix: "in/"}, false, "out/a.png", false},
		{"suffix", ObjectFilter{Suffix: ".png"}, false, "in/a.png", true},
		{"other suffix", ObjectFilter{Suffix: ".png"}, false, "in/a.PNG", false},
		{"all three", ObjectFilter{Created: true, Prefix: "in/", Suffix: ".png"}, false, "in/a.png", true},
		{"all three, deleted", ObjectFilter{Created: true, Prefix: "in/", Suffix: ".png"}, true, "in/a.png", false},
	}
	for _, test := range tests {
		if got := test.filter.Fits(test.deleted, test.key); got != test.want {
			t.Errorf("%s: got %v", test.name, got)
		}
	}
}
