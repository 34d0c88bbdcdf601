package fn_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/fn"
)

// The members of the portable payloads are a contract with every handler in
// every language, so they are written out here.
func TestPayloadMembers(t *testing.T) {
	tests := []struct {
		name string
		v    any
		want string
	}{
		{"object", fn.Object{Bucket: "b", Key: "k", Size: 3, ETag: "e", ContentType: "c", Version: "v", Sequencer: "s"},
			`{"bucket":"b","key":"k","size":3,"etag":"e","contenttype":"c","version":"v","sequencer":"s"}`},
		{"small object", fn.Object{Bucket: "b", Key: "k"}, `{"bucket":"b","key":"k","size":0}`},
		{"change", fn.Change{Collection: "c", Key: "k", Before: json.RawMessage("null"), After: json.RawMessage(`{"n":9007199254740993}`)},
			`{"collection":"c","key":"k","before":null,"after":{"n":9007199254740993},"partial":false}`},
		{"unknown change", fn.Change{Collection: "c", Key: "k", Partial: true},
			`{"collection":"c","key":"k","before":null,"after":null,"partial":true}`},
		{"tick", fn.Tick{Name: "n", Scheduled: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Approximate: true},
			`{"name":"n","scheduled":"2026-01-02T03:04:05Z","approximate":true}`},
	}
	for _, test := range tests {
		got, err := json.Marshal(test.v)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, string(got)); diff != "" {
			t.Errorf("%s: want -, got +\n%s", test.name, diff)
		}
	}
}

// The types of events are what users write into rules and filters.
func TestTypes(t *testing.T) {
	want := []string{
		"dev.fngen.http.request.v1", "dev.fngen.schedule.fired.v1", "dev.fngen.message.received.v1",
		"dev.fngen.object.created.v1", "dev.fngen.object.deleted.v1",
		"dev.fngen.document.created.v1", "dev.fngen.document.updated.v1", "dev.fngen.document.deleted.v1",
		"dev.fngen.record.received.v1",
	}
	got := []string{
		fn.TypeHTTPRequest, fn.TypeScheduleFired, fn.TypeMessageReceived, fn.TypeObjectCreated, fn.TypeObjectDeleted,
		fn.TypeDocumentCreated, fn.TypeDocumentUpdated, fn.TypeDocumentDeleted, fn.TypeRecordReceived,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// The id of a change is the key that a collection has it under.
func TestChangeID(t *testing.T) {
	for key, want := range map[string]string{"alice": "alice", "a%20b%2Fc%25": "a b/c%", "%C3%BC": "ü", "a+b": "a+b", "100%": "100%", "pk/sk": "pk/sk"} {
		if got := (fn.Change{Key: key}).ID(); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
}
