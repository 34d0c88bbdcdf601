package gcp_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/native"
	sender "github.com/fngen/fngen/internal/native/gcp"
	"github.com/fngen/fngen/internal/testkit/collection"
	"github.com/fngen/fngen/providers/gcp"
	"github.com/fngen/fngen/providers/gcp/resource/firestore"
)

// What a collection writes comes back by Eventarc to the byte, before and after,
// and under its key: 10,000 random documents.
func TestWritten(t *testing.T) {
	n := 10_000
	if testing.Short() {
		n = 300
	}
	var fields map[string]any
	database := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var request struct {
			Writes []struct {
				Update struct{ Fields map[string]any }
			}
		}
		d := json.NewDecoder(r.Body)
		d.UseNumber()
		if err := d.Decode(&request); err != nil || len(request.Writes) != 1 {
			t.Errorf("%v of %v", err, request)
		}
		fields = request.Writes[0].Update.Fields
		_, _ = w.Write([]byte(`{"writeResults":[{"updateTime":"2026-01-02T03:04:05.678Z"}]}`))
	}))
	defer database.Close()
	t.Setenv("FIRESTORE_EMULATOR_HOST", database.URL)
	t.Setenv("FNGEN_USE_USERS", "projects/acme/databases/(default)/documents/users")
	users, err := firestore.Collection("users")
	if err != nil {
		t.Fatal(err)
	}
	var change fn.Change
	handler := gcp.Handler(fn.On(func(_ context.Context, c fn.Change) error {
		change = c
		return nil
	}), gcp.Firestore{Collection: "users", Before: true})
	r := rand.New(rand.NewPCG(18, 2))
	for i := range n {
		key := collection.Key(r)
		var images [2]native.Map
		var want [2]string
		for image := range images {
			var doc any
			doc, want[image] = collection.Random(r)
			if _, err := users.Put(t.Context(), key, doc); err != nil {
				t.Fatalf("document %d, %s: %v", i, want[image], err)
			}
			images[image] = mapOf(t, fields)
		}
		payloads, err := sender.Platform{}.Encode(native.Trigger{Kind: "document", Name: "users"}, native.Invocation{},
			native.Delivery{Number: 1, Time: time.Unix(1_767_323_045, 0), Occurrence: native.Change{Kind: native.Updated, Key: []string{key}, Before: images[0], After: images[1]}})
		if err != nil {
			t.Fatal(err)
		}
		if answer := send(t.Context(), handler, payloads[0]); answer.Status != http.StatusNoContent {
			t.Fatalf("document %d: %d %s", i, answer.Status, answer.Body)
		}
		if string(change.Before) != want[0] || string(change.After) != want[1] || change.ID() != key {
			t.Fatalf("document %d, %q: got\n%s\n%s, want\n%s\n%s", i, change.ID(), change.Before, change.After, want[0], want[1])
		}
	}
}

// mapOf returns fields of the REST interface as the database keeps them.
func mapOf(t *testing.T, fields map[string]any) native.Map {
	m := native.Map{}
	for name, v := range fields {
		m[name] = valueOf(t, v)
	}
	return m
}

func valueOf(t *testing.T, v any) native.Value {
	for kind, v := range v.(map[string]any) {
		switch kind {
		case "integerValue":
			return native.Number(v.(string))
		case "doubleValue":
			f, err := v.(json.Number).Float64()
			if err != nil {
				t.Fatal(err)
			}
			return native.Double(f)
		case "arrayValue":
			list := native.List{}
			values, _ := v.(map[string]any)["values"].([]any)
			for _, e := range values {
				list = append(list, valueOf(t, e))
			}
			return list
		case "mapValue":
			fields, _ := v.(map[string]any)["fields"].(map[string]any)
			return mapOf(t, fields)
		case "stringValue", "booleanValue", "nullValue":
			return v
		}
		t.Fatalf("a value of the kind %s", strings.ToUpper(kind))
	}
	return nil
}
