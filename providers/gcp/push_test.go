package gcp_test

import (
	"strings"
	"testing"

	"github.com/fngen/fngen/internal/testkit/logged"
	"github.com/fngen/fngen/providers/gcp"
)

// Protects the reading of a push as Pub/Sub's documentation has it: escapes are
// those of JSON, each byte that is not UTF-8 is replaced, names count in their
// exact spelling, the last of two members counts, and members that are not
// known may be anything.
func TestPushRead(t *testing.T) {
	body := `{"other":[{"message":null},1e9,"\""],"message":{"messageId":"0"},"message":{"messageId":"1","messageId":"\u0032",` +
		`"other":{},"data":"YQ==","attributes":{"content-type":"text/plain","a\n":"` + "\xff" + `","a\n":"é\ud83d\ude00` + "\xff\xfe" + `","null":null}},` +
		`"subscription":"projects\/p\/subscriptions\/s","deliveryAttempt":7,"Message":{},"deliveryattempt":8} `
	got, d := one(t, gcp.PubSub{Queue: "orders"}, post(body))
	if got.ID != "2" || got.Source != "//pubsub.googleapis.com/projects/p/subscriptions/s" || got.ContentType != "text/plain" || got.Data != "a" {
		t.Errorf("got %+v", got)
	}
	if d.Attempt != 7 || len(d.Attributes) != 3 || d.Attributes["a\n"] != "é😀\ufffd\ufffd" || d.Attributes["null"] != "" {
		t.Errorf("delivery %+v", d)
	}
	if string(d.Raw()) != body {
		t.Errorf("Raw = %q, want the body", d.Raw())
	}
}

// Protects the handler from a push whose members are not what they are called,
// and says which.
func TestPushTypes(t *testing.T) {
	for body, want := range map[string]string{
		`[]`:                                   "cannot unmarshal array into object",
		`{"message":[]}`:                       "message is not an object",
		`{"message":{"data":{}}}`:              "data: cannot unmarshal object into string",
		`{"message":{"messageId":1}}`:          "messageId: cannot unmarshal number into string",
		`{"message":{"publishTime":[]}}`:       "publishTime: cannot unmarshal array into string",
		`{"message":{},"subscription":true}`:   "subscription: cannot unmarshal bool into string",
		`{"message":{},"deliveryAttempt":1.5}`: "deliveryAttempt: cannot unmarshal number 1.5 into int64",
		`{"message":{"messageId":"1"},"message":null,"subscription":"s"}`: "missing message",
		`{"message":{"messageId":1},}`:                                    "invalid character '}'",
		`null`:                                                            "missing message",
		strings.Repeat(`{"message":`, 10_001):                             "invalid character '{' exceeded max depth",
	} {
		log := logged.Text(t)
		var h recorder
		if w := serve(&h, gcp.PubSub{Queue: "orders"}, post(body)); w.Code != 400 || len(h.seen) > 0 {
			t.Errorf("%.80s: status %d after %d calls", body, w.Code, len(h.seen))
		}
		if !strings.Contains(log.String(), "decode Pub/Sub push: "+want) {
			t.Errorf("%.80s: the log does not say %s: %.300s", body, want, log)
		}
	}
}
