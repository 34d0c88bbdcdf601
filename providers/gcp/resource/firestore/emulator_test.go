//go:build unix

package firestore_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/fngen/fngen/fn/document"
	"github.com/fngen/fngen/internal/testkit/collection"
	"github.com/fngen/fngen/internal/testkit/emulator"
	"github.com/fngen/fngen/providers/gcp/internal/api"
	"github.com/fngen/fngen/providers/gcp/resource/firestore"
)

func throttled(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusTooManyRequests)
	_, _ = w.Write([]byte(`{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"Quota exceeded."}}`))
}

const database = "projects/acme/databases/(default)/documents"

func open(t testing.TB, name string) *document.Collection {
	t.Helper()
	t.Setenv("FNGEN_USE_USERS", database+"/"+name)
	c, err := firestore.Collection("users")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A collection of Firestore does what every collection does.
func TestTable(t *testing.T) {
	p := collection.Before(t, emulator.Start(t, "firestore"), throttled)
	t.Setenv("FIRESTORE_EMULATOR_HOST", strings.TrimPrefix(p.URL, "http://"))
	collection.Run(t, collection.Subject{Collection: open(t, "table"), Faults: p})
	collection.Race(t, open(t, "race"))
	collection.Increment(t, open(t, "increment"))

	t.Run("documents of others", func(t *testing.T) {
		c := open(t, "theirs")
		body := `{"writes":[{"update":{"name":"` + database + `/theirs/a","fields":{"d":{"doubleValue":1e2},"t":{"timestampValue":"2026-01-02T03:04:05.120Z"},"b":{"bytesValue":"AP8="},` +
			`"g":{"geoPointValue":{"latitude":1.5}},"r":{"referenceValue":"` + database + `/a/b"},"n":{"doubleValue":"NaN"},"e":{"arrayValue":{}},"_x":{"mapValue":{}}}}}]}`
		status, response, err := (api.Service{Name: "firestore", Emulator: "FIRESTORE_EMULATOR_HOST"}).Post(t.Context(), database+":commit", []byte(body))
		if err != nil || status != http.StatusOK {
			t.Fatalf("%d %s %v", status, response, err)
		}
		var got json.RawMessage
		revision, err := c.Get(t.Context(), "a", &got)
		if want := `{"_x":{},"b":"AP8=","d":100,"e":[],"g":{"latitude":1.5,"longitude":0},"n":"NaN","r":"a/b","t":"2026-01-02T03:04:05.12Z"}`; err != nil || string(got) != want {
			t.Fatalf("%s, %v, want %s", got, err, want)
		}
		if _, err := c.Replace(t.Context(), "a", struct{}{}, revision); err != nil {
			t.Error(err)
		}
	})
}
