package aws

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/native"
	sender "github.com/fngen/fngen/internal/native/aws"
	"github.com/fngen/fngen/internal/testkit/collection"
	"github.com/fngen/fngen/providers/aws/resource/dynamodb"
)

// What a collection writes comes back by the table's stream to the byte, before
// and after, and under its key: 10,000 random documents.
func TestWritten(t *testing.T) {
	n := 10_000
	if testing.Short() {
		n = 300
	}
	var item map[string]any
	table := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var request struct{ Item map[string]any }
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
			t.Error(err)
		}
		item = request.Item
		_, _ = w.Write([]byte("{}"))
	}))
	defer table.Close()
	for name, value := range map[string]string{"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "SECRET", "AWS_ENDPOINT_URL_DYNAMODB": table.URL, "FNGEN_USE_USERS": "acme-users"} {
		t.Setenv(name, value)
	}
	users, err := dynamodb.Collection("users")
	if err != nil {
		t.Fatal(err)
	}
	var change fn.Change
	handler := Handler(fn.On(func(_ context.Context, c fn.Change) error {
		change = c
		return nil
	}), DynamoDB{Collection: "users", Before: true})
	r := rand.New(rand.NewPCG(18, 1))
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
			images[image] = attributes(item)
			if images[image]["_rev"] == nil {
				t.Fatalf("the item %v has no revision", item)
			}
		}
		payloads, err := sender.Platform{}.Encode(native.Trigger{Kind: "document", Name: "users"}, native.Invocation{},
			native.Delivery{Number: 1, Time: time.Unix(1_767_323_045, 0), Occurrence: native.Change{Kind: native.Updated, Key: []string{key}, Before: images[0], After: images[1]}})
		if err != nil {
			t.Fatal(err)
		}
		if answer, err := handler.Invoke(t.Context(), payloads[0].Body); err != nil || string(answer) != noFailures {
			t.Fatalf("document %d: %s, %v\n%s", i, answer, err, payloads[0].Body)
		}
		if string(change.Before) != want[0] || string(change.After) != want[1] || change.ID() != key {
			t.Fatalf("document %d, %q: got\n%s\n%s, want\n%s\n%s", i, change.ID(), change.Before, change.After, want[0], want[1])
		}
	}
}

// attributes returns the item as a table keeps it, which spells numbers out.
func attributes(item map[string]any) native.Map {
	m := native.Map{}
	for name, v := range item {
		m[name] = attribute(v)
	}
	return m
}

func attribute(v any) native.Value {
	for kind, v := range v.(map[string]any) {
		switch kind {
		case "N":
			f, err := strconv.ParseFloat(v.(string), 64)
			if strings.ContainsAny(v.(string), "eE") && err == nil {
				return native.Number(strconv.FormatFloat(f, 'f', -1, 64))
			}
			return native.Number(v.(string))
		case "L":
			list := native.List{}
			for _, e := range v.([]any) {
				list = append(list, attribute(e))
			}
			return list
		case "M":
			return attributes(v.(map[string]any))
		case "NULL":
			return nil
		}
		return v
	}
	return nil
}
