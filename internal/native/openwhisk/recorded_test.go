package openwhisk_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fngen/fngen/internal/native"
	"github.com/fngen/fngen/internal/native/openwhisk"
	"github.com/fngen/fngen/internal/testkit/members"
)

// Whatever parameter a recorded activation has, the encoder's has too, of the
// same type.
func TestRecorded(t *testing.T) {
	const client = "the client's"
	for file, c := range map[string]struct {
		trigger     string
		occurrences []native.Occurrence
		exempt      map[string]string
	}{
		"testdata/couchdb_change.json": {"document", []native.Occurrence{native.Change{Kind: native.Updated, Key: []string{"7"}}}, nil},
		"testdata/kafka_batch.json":    {"queue", []native.Occurrence{native.Message{Body: []byte("1"), Key: "k"}, native.Message{Body: []byte("1")}}, nil},
		"web/testdata/post.json": {"http", []native.Occurrence{native.Request{Method: "POST", Target: "/orders?expand=lines",
			Header: http.Header{"Accept": {"*/*"}, "Accept-Encoding": {"gzip"}, "Authorization": {"x"}, "Cookie": {"a=1"}, "Content-Type": {"application/json"}, "User-Agent": {"curl"}}}},
			map[string]string{
				"DB_PASSWORD":                           "bound to the action",
				"__ow_headers.x-anything":               client,
				"__ow_headers.x-forwarded-access-token": client,
				"__ow_headers.x-hub-signature":          client,
				"__ow_headers.x-require-whisk-auth":     client,
			}},
	} {
		t.Run(file, func(t *testing.T) {
			recorded, err := os.ReadFile(filepath.Join("../../../providers/openwhisk", file))
			if err != nil {
				t.Fatal(err)
			}
			var deliveries []native.Delivery
			for i, o := range c.occurrences {
				deliveries = append(deliveries, native.Delivery{Occurrence: o, Number: int64(i)})
			}
			payloads, err := openwhisk.Platform{}.Encode(native.Trigger{Kind: c.trigger, Name: "orders"}, native.Invocation{}, deliveries...)
			if err != nil {
				t.Fatal(err)
			}
			var line struct{ Value json.RawMessage }
			if err := json.Unmarshal(payloads[0].Body, &line); err != nil {
				t.Fatal(err)
			}
			missing, err := members.Missing(recorded, line.Value, nil, c.exempt)
			missing = without(missing, "messages[].value null") // a tombstone, which no message is
			if err != nil || len(missing) > 0 {
				t.Errorf("missing %s, %v, in\n%s", strings.Join(missing, ", "), err, line.Value)
			}
		})
	}
}

func without(all []string, one string) []string {
	var out []string
	for _, s := range all {
		if s != one {
			out = append(out, s)
		}
	}
	return out
}
