//go:build unix

package gcp_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/testkit/emulator"
	"github.com/fngen/fngen/internal/testkit/logged"
	"github.com/fngen/fngen/providers/gcp"
)

// call sends in as JSON and decodes the answer to out, unless that is nil.
func call(t *testing.T, method, url string, in, out any) {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer owner") // the emulators' administrator
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s %v\n%s", method, url, resp.Status, err, answer)
	}
	if out == nil {
		return
	}
	if err := json.Unmarshal(answer, out); err != nil {
		t.Fatal(err)
	}
}

// counter is a handler that fails each tenth message twice, in three ways, and
// says when it has handled n.
type counter struct {
	n    int
	done chan struct{}

	mu       sync.Mutex
	attempts map[int]int
	handled  map[int]occurrence
	wrong    []string
}

func (c *counter) Handle(ctx context.Context, e fn.Event) (*fn.Event, error) {
	var body struct{ N int }
	if err := json.Unmarshal(e.Data(), &body); err != nil {
		return nil, fn.BadInput(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.attempts[body.N]++
	if body.N%10 == 0 && c.attempts[body.N] <= 2 {
		switch body.N / 10 % 3 {
		case 0:
			return nil, errors.New("no stock yet")
		case 1:
			return nil, fn.RetryAfter(errors.New("busy"), time.Second)
		}
		panic("a bug")
	}
	d, _ := fn.DeliveryFrom(ctx)
	if want := map[string]string{"n": strconv.Itoa(body.N), "umlaut": "ü"}; !cmp.Equal(d.Attributes, want) {
		c.wrong = append(c.wrong, fmt.Sprintf("message %d: attributes %v", body.N, d.Attributes))
	}
	c.handled[body.N] = occurrence{Type: e.Type(), Source: e.Source(), ID: e.ID(), Subject: e.Subject(), ContentType: e.DataContentType(), Extensions: e.Extensions()}
	if len(c.handled) == c.n {
		select {
		case <-c.done:
		default:
			close(c.done)
		}
	}
	return nil, nil
}

// Protects delivery by the real thing: of 1,000 messages each is handled, those
// too that fail twice before they succeed, with their ids and attributes.
func TestPubSubEmulator(t *testing.T) {
	const n = 1000
	base := emulator.Start(t, "pubsub", "--data-dir="+t.TempDir()) + "/v1/projects/acme/"
	logged.Text(t)
	h := &counter{n: n, done: make(chan struct{}), attempts: map[int]int{}, handled: map[int]occurrence{}}
	server := httptest.NewServer(gcp.Handler(h, gcp.PubSub{Queue: "orders"}))
	t.Cleanup(server.Close)

	const topic = "projects/acme/topics/orders"
	call(t, http.MethodPut, base+"topics/orders", struct{}{}, nil)
	call(t, http.MethodPut, base+"subscriptions/confirm", map[string]any{
		"topic": topic, "ackDeadlineSeconds": 600, "enableMessageOrdering": true,
		"pushConfig":  map[string]any{"pushEndpoint": server.URL},
		"retryPolicy": map[string]any{"minimumBackoff": "0.1s", "maximumBackoff": "1s"},
	}, nil)
	call(t, http.MethodPut, base+"subscriptions/pulled", map[string]any{"topic": topic, "enableMessageOrdering": true}, nil)

	ids := map[int]string{}
	for first := 0; first < n; first += 100 {
		var messages []map[string]any
		for i := first; i < first+100; i++ {
			messages = append(messages, map[string]any{
				"data":        []byte(fmt.Sprintf(`{"N":%d}`, i)),
				"attributes":  map[string]string{"n": strconv.Itoa(i), "umlaut": "ü"},
				"orderingKey": fmt.Sprintf("customer-%d", i),
			})
		}
		var published struct{ MessageIDs []string }
		call(t, http.MethodPost, base+"topics/orders:publish", map[string]any{"messages": messages}, &published)
		for i, id := range published.MessageIDs {
			ids[first+i] = id
		}
	}
	select {
	case <-h.done:
	case <-time.After(2 * time.Minute):
	}

	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.handled) != n {
		t.Errorf("%d of %d messages are handled", len(h.handled), n)
	}
	for _, wrong := range h.wrong {
		t.Error(wrong)
	}
	for i, got := range h.handled {
		// The emulator's push leaves the ordering key out, even where the
		// subscription is ordered, so there is no partitionkey. An emulator
		// that sends it makes this fail: expect it then.
		want := occurrence{
			Type: "dev.fngen.message.received.v1", Source: "//pubsub.googleapis.com/projects/acme/subscriptions/confirm",
			ID: ids[i], Subject: "orders", ContentType: "application/json",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("message %d (-want +got):\n%s", i, diff)
		}
		if i%10 == 0 && h.attempts[i] < 3 {
			t.Errorf("message %d was delivered %d times, and fails twice", i, h.attempts[i])
		}
	}
	checkPulled(t, base)
}

// checkPulled pulls a message, which has its ordering key, and hands it over in
// a push's envelope.
func checkPulled(t *testing.T, base string) {
	t.Helper()
	var pulled struct {
		ReceivedMessages []struct{ Message json.RawMessage }
	}
	call(t, http.MethodPost, base+"subscriptions/pulled:pull", map[string]any{"maxMessages": 1}, &pulled)
	if len(pulled.ReceivedMessages) != 1 {
		t.Fatalf("pulled %d messages, want 1", len(pulled.ReceivedMessages))
	}
	var message struct {
		Attributes  map[string]string
		OrderingKey string
	}
	if err := json.Unmarshal(pulled.ReceivedMessages[0].Message, &message); err != nil {
		t.Fatal(err)
	}
	body := fmt.Sprintf(`{"subscription":"projects/acme/subscriptions/pulled","message":%s}`, pulled.ReceivedMessages[0].Message)
	got, _ := one(t, gcp.PubSub{Stream: "orders"}, post(body))
	if want := "customer-" + message.Attributes["n"]; message.OrderingKey != want || got.Extensions["partitionkey"] != want {
		t.Errorf("ordering key %q, partitionkey %v, want %s", message.OrderingKey, got.Extensions["partitionkey"], want)
	}
}

// firestoreDocument is the document of firestoreGolden as the REST API takes it.
const firestoreDocument = `{"fields":{
"null":{"nullValue":null},"yes":{"booleanValue":true},"no":{"booleanValue":false},
"zero":{"integerValue":"0"},"int":{"integerValue":"9007199254740993"},"min":{"integerValue":"-9223372036854775808"},
"whole":{"doubleValue":3},"half":{"doubleValue":0.5},"big":{"doubleValue":1e21},"nan":{"doubleValue":"NaN"},"inf":{"doubleValue":"-Infinity"},
"time":{"timestampValue":"2026-01-02T03:04:05.678901Z"},"epoch":{"timestampValue":"1970-01-01T00:00:00Z"},
"text":{"stringValue":"Zürcher <Käse>\u2028"},"empty":{"stringValue":""},"bytes":{"bytesValue":"AP8i"},
"ref":{"referenceValue":"projects/acme/databases/(default)/documents/shops/berlin"},
"point":{"geoPointValue":{"latitude":52.5,"longitude":-13}},"null island":{"geoPointValue":{}},
"list":{"arrayValue":{"values":[{"integerValue":"1"},{"mapValue":{"fields":{"a":{"stringValue":"b"}}}}]}},"none":{"arrayValue":{}},
"map":{"mapValue":{"fields":{"z":{"integerValue":"1"},"a":{"mapValue":{}}}}}}}`

// Protects the decoding of what Firestore encodes today: the document goes in
// as JSON and comes back as a protocol buffer by gRPC.
func TestFirestoreEmulator(t *testing.T) {
	base := emulator.Start(t, "firestore")
	const name = "projects/acme/databases/(default)/documents/orders/1"
	call(t, http.MethodPatch, base+"/v1/"+name, json.RawMessage(firestoreDocument), nil)
	encoded := getDocument(t, base, name)
	got, _ := one(t, gcp.Firestore{Collection: "orders"}, changed("written", "orders/1", after(encoded)))
	want := `{"collection":"orders","key":"1","before":null,"after":` + firestoreGolden + `,"partial":false}`
	if diff := cmp.Diff(want, got.Data); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// getDocument returns a google.firestore.v1.Document, whose fields have the
// numbers of the events' Document.
func getDocument(t *testing.T, base, name string) []byte {
	t.Helper()
	request := stringField(1, name)
	framed := binary.BigEndian.AppendUint32([]byte{0}, uint32(len(request)))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/google.firestore.v1.Firestore/GetDocument", bytes.NewReader(append(framed, request...)))
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range map[string]string{"Content-Type": "application/grpc", "Te": "trailers", "Authorization": "Bearer owner"} {
		r.Header.Set(key, value)
	}
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	t.Cleanup(transport.CloseIdleConnections)
	resp, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.Trailer.Get("Grpc-Status") != "0" || len(answer) < 5 {
		t.Fatalf("GetDocument: %s, trailer %v: %v", resp.Status, resp.Trailer, err)
	}
	return answer[5:]
}
