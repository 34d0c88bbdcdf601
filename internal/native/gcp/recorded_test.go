package gcp_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fngen/fngen/internal/native"
	"github.com/fngen/fngen/internal/native/gcp"
	"github.com/fngen/fngen/internal/testkit/members"
)

const testdata = "../../../providers/gcp/testdata"

// Whatever header and member a recorded request has, the encoder's has too, of
// the same type.
func TestRecorded(t *testing.T) {
	event := native.Event{
		Attributes: map[string]string{
			"specversion": "1.0", "id": "1", "type": "com.example", "source": "/shop", "subject": "Zürich", "time": "2018-04-05T17:31:00Z",
			"comexampleextension1": "value", "datacontenttype": "application/json",
		},
		Data: []byte(`{"number":1}`),
	}
	message := native.Message{Body: []byte("1"), Key: "k", Attributes: map[string]string{"origin": "shop"}}
	for file, c := range map[string]struct {
		trigger, envelope string
		occurrence        native.Occurrence
		exempt            map[string]string
	}{
		"event_binary.http":          {"event", gcp.Eventarc, event, nil},
		"event_push.http":            {"event", gcp.PubSub, event, nil},
		"event_push_structured.http": {"event", gcp.PubSubStructured, event, nil},
		"event_published.http":       {"queue", gcp.Eventarc, message, nil},
		"pubsub_push.http":           {"queue", gcp.Push, message, nil},
		"pubsub_event.http":          {"queue", gcp.Eventarc, message, nil},
		"pubsub_attributes.http":     {"queue", gcp.Push, message, nil},
		"storage_finalized.http": {"object", gcp.Eventarc, native.Object{Key: "a.png", Size: 1},
			map[string]string{"Ce-Datacontenttype": "not sent beside Content-Type: Google's samples differ"}},
		"storage_deleted.http": {"object", gcp.Eventarc, native.Object{Key: "a.png", Deleted: true}, nil},
		"storage_push.http":    {"object", gcp.PubSub, native.Object{Key: "a.png", Size: 1}, nil},
	} {
		t.Run(file, func(t *testing.T) {
			payload := encode(t, c.trigger, c.envelope, c.occurrence)
			header, body := read(t, file)
			for _, name := range slices.Sorted(maps.Keys(header)) {
				if _, ok := payload.Header[name]; !ok && c.exempt[name] == "" {
					t.Errorf("no header %s", name)
				}
			}
			missing, err := members.Missing(body, payload.Body, []string{"message.attributes"}, nil)
			if err != nil || len(missing) > 0 {
				t.Errorf("missing %s, %v, in\n%s", strings.Join(missing, ", "), err, payload.Body)
			}
		})
	}
}

// The JSON in a message's data has all that was recorded too.
func TestRecordedData(t *testing.T) {
	_, recorded := read(t, "storage_push.http")
	payload := encode(t, "object", gcp.PubSub, native.Object{Key: "a.png", Size: 1})
	missing, err := members.Missing(data(t, recorded), data(t, payload.Body), nil, nil)
	if err != nil || len(missing) > 0 {
		t.Errorf("missing %s, %v", strings.Join(missing, ", "), err)
	}
}

func data(t *testing.T, push []byte) []byte {
	t.Helper()
	var p struct{ Message struct{ Data []byte } }
	if err := json.Unmarshal(push, &p); err != nil {
		t.Fatal(err)
	}
	return p.Message.Data
}

// A document that was recorded has no field of protocol buffers that an encoded
// one lacks.
func TestRecordedDocument(t *testing.T) {
	recorded, err := os.ReadFile(filepath.Join(testdata, "firestore_document.pb"))
	if err != nil {
		t.Fatal(err)
	}
	change := native.Change{Kind: native.Updated, Key: []string{"7"}, Before: native.Map{"n": nil}, After: native.Map{"n": true}}
	top := fields(t, encode(t, "document", "", change).Body)
	for _, number := range []uint64{1, 2, 3} { // value, old_value, update_mask
		if top[number] == nil {
			t.Errorf("no field %d of DocumentEventData", number)
		}
	}
	got := fields(t, top[1])
	for number := range fields(t, recorded) {
		if got[number] == nil {
			t.Errorf("no field %d of Document", number)
		}
	}
}

// fields returns the last value of each field of a message that has fields with
// lengths alone.
func fields(t *testing.T, message []byte) map[uint64][]byte {
	t.Helper()
	out := map[uint64][]byte{}
	for len(message) > 0 {
		tag, n := binary.Uvarint(message)
		length, m := binary.Uvarint(message[n:])
		if tag&7 != 2 || n+m+int(length) > len(message) {
			t.Fatalf("field %d is none with a length", tag>>3)
		}
		out[tag>>3] = message[n+m : n+m+int(length)]
		message = message[n+m+int(length):]
	}
	return out
}

func encode(t *testing.T, trigger, envelope string, o native.Occurrence) native.Payload {
	t.Helper()
	payloads, err := gcp.Platform{Token: "token"}.Encode(native.Trigger{Kind: trigger, Name: "orders"}, native.Invocation{Envelope: envelope},
		native.Delivery{Occurrence: o, Number: 1, Time: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	return payloads[0]
}

// read returns the headers and the body of a recorded request.
func read(t *testing.T, file string) (http.Header, []byte) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(testdata, file))
	if err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(bytes.NewReader(text))
	header, err := textproto.NewReader(r).ReadMIMEHeader()
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return http.Header(header), body
}
