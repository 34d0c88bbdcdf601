//go:build unix

package acceptance

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fngen/fngen/internal/native"
	sender "github.com/fngen/fngen/internal/native/gcp"
	"github.com/fngen/fngen/internal/testkit/emulator"
)

// sends sends the server a request as the platform makes it.
func (s *server) sends(p native.Payload) native.Answer {
	s.t.Helper()
	got := s.send(p.Method, p.Target, p.Header, string(p.Body))
	return native.Answer{Status: got.status, Header: got.header, Body: []byte(got.body)}
}

// The ledger's binaries keep entries in Firestore, and the changes, made of what
// it has kept, are announced on the topic. The emulator sends no changes itself.
func TestGoogleLedger(t *testing.T) {
	a := ledgerApp(t)
	const documents = "projects/acme/databases/(default)/documents/entries"
	firestore := emulator.Start(t, "firestore")
	base := emulatorBase(pubsubEmulator(t))
	bookings := base.topic(t, "bookings")
	env := []string{
		"FIRESTORE_EMULATOR_HOST=" + strings.TrimPrefix(firestore, "http://"), "FNGEN_USE_ENTRIES=" + documents,
		"PUBSUB_EMULATOR_HOST=" + strings.TrimPrefix(strings.TrimSuffix(string(base), "/v1/projects/acme/"), "http://"),
		"FNGEN_SINK_BOOKINGS=projects/acme/topics/bookings", "FNGEN_SINK_ANNOUNCE_DEAD_LETTERS=projects/acme/topics/letters",
	}
	starts := func(function string) *server {
		return startBinary(t, filepath.Join(unpack(t, a.archive(t, "gcp/"+function)), "main"), env...)
	}
	serves := func(function string) func(target, body string) (int, string) {
		f := starts(function)
		return func(target, body string) (int, string) {
			payload := requested(t, sender.Platform{}, target, body)
			return clientGets(t, sender.Platform{}, payload, f.sends(payload))
		}
	}
	stored := func(id string) string {
		var document struct {
			Fields map[string]map[string]json.RawMessage
		}
		call(t, http.MethodGet, firestore+"/v1/"+documents+"/"+id, nil, &document)
		fields := map[string]json.RawMessage{}
		for name, value := range document.Fields {
			for kind, v := range value {
				var integer json.Number
				if kind == "integerValue" && json.Unmarshal(v, &integer) == nil {
					v = json.RawMessage(integer)
				}
				fields[name] = v
			}
		}
		return encode(t, fields)
	}
	book := serves("book")
	l := ledger{book: func(body string) (int, string) { return book("/entries", body) }, stored: stored}
	for i := range l.reverse {
		reverse := serves("reverse")
		l.reverse[i] = func(id string) int {
			status, _ := reverse("/entries/"+id+"/reversal", "")
			return status
		}
	}
	l.run(t)

	announce := starts("announce")
	var want []ledgerEntry
	for i, entry := range ledgerEntries(true) {
		after, err := native.Document([]byte(stored(entry.ID)))
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, entry)
		payloads, err := sender.Platform{}.Encode(native.Trigger{Kind: "document", Name: "entries"}, native.Invocation{},
			native.Delivery{Number: int64(i + 1), Time: time.Unix(1_767_323_045, 0), Occurrence: native.Change{Kind: native.Created, Key: []string{entry.ID}, After: after}})
		if err != nil {
			t.Fatal(err)
		}
		if answer := announce.sends(payloads[0]); answer.Status != http.StatusNoContent {
			t.Fatalf("the change of %s: %+v", entry.ID, answer)
		}
	}
	var got []json.RawMessage
	for _, m := range bookings.take(t, len(want)) {
		if m.Attributes["ce-type"] != "com.example.entry" {
			t.Errorf("announced %+v", m)
		}
		got = append(got, m.Data)
	}
	announced(t, got, want...)
}
