package document_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/fngen/fngen/fn/document"
	"github.com/fngen/fngen/internal/testkit/collection"
)

// The collection in memory does what those of the platforms do.
func TestTable(t *testing.T) { collection.Run(t, collection.Subject{Collection: document.Memory()}) }

func TestAtOnce(t *testing.T) {
	collection.Increment(t, document.Memory())
	collection.Race(t, document.Memory())
}

// What is decoded is one document, and nothing of what was there before.
func TestGetReplaces(t *testing.T) {
	users := document.Memory()
	for key, doc := range map[string]string{"alice": `{"Name":"Alice","Admin":true,"Tags":["a"],"Other":1}`, "bob": `{"Name":"Bob"}`} {
		if _, err := users.Put(t.Context(), key, json.RawMessage(doc)); err != nil {
			t.Fatal(err)
		}
	}
	var user struct {
		Name  string
		Admin bool
		Tags  []string
	}
	for _, key := range []string{"alice", "bob"} {
		if _, err := users.Get(t.Context(), key, &user); err != nil {
			t.Fatal(err)
		}
	}
	if user.Name != "Bob" || user.Admin || user.Tags != nil {
		t.Errorf("%+v has something of another document", user)
	}
	var members map[string]any
	if _, err := users.Put(t.Context(), "carol", json.RawMessage(`{"n":9007199254740993}`)); err != nil {
		t.Fatal(err)
	}
	if _, err := users.Get(t.Context(), "carol", &members); err != nil || members["n"] != json.Number("9007199254740993") {
		t.Errorf("%v, %v: a number of an interface is not its digits", members, err)
	}
}

// What cannot be decoded changes nothing, and says why.
func TestGetErrors(t *testing.T) {
	users := document.Memory()
	if _, err := users.Put(t.Context(), "alice", map[string]string{"age": "old"}); err != nil {
		t.Fatal(err)
	}
	user := struct{ Age int }{7}
	for want, into := range map[string]any{"is no pointer": user, "cannot unmarshal": &user, "<nil>": nil, "*int": (*int)(nil)} {
		if _, err := users.Get(t.Context(), "alice", into); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), `get document "alice": `) {
			t.Errorf("into %T: %v, want %s", into, err, want)
		}
	}
	if user.Age != 7 {
		t.Errorf("%+v was changed by a call that failed", user)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := users.Get(ctx, "alice", &user); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that has ended: %v", err)
	}
}

// Nothing that the caller holds is kept, and nothing that is kept is given away.
func TestMemoryIsItsOwn(t *testing.T) {
	users := document.Memory()
	tags := []any{"a"}
	if _, err := users.Put(t.Context(), "alice", map[string]any{"tags": tags}); err != nil {
		t.Fatal(err)
	}
	tags[0] = "b"
	var got map[string][]string
	for range 2 {
		if _, err := users.Get(t.Context(), "alice", &got); err != nil || got["tags"][0] != "a" {
			t.Fatalf("%v, %v", got, err)
		}
		got["tags"][0] = "c"
	}
}
