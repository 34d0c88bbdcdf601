package dynamodb_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/fngen/fngen/fn/document"
	"github.com/fngen/fngen/internal/testkit/collection"
	"github.com/fngen/fngen/internal/testkit/moto"
	"github.com/fngen/fngen/providers/aws/internal/api"
	"github.com/fngen/fngen/providers/aws/resource/dynamodb"
)

func throttled(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusBadRequest)
	_, _ = w.Write([]byte(`{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"The level of configured provisioned throughput for the table was exceeded."}`))
}

// admin makes a call beside the collection, as others do.
func admin(t testing.TB, operation, body string) []byte {
	t.Helper()
	status, response, err := api.Service{Name: "dynamodb", Variable: "DYNAMODB"}.Call(t.Context(), []byte(body), "Content-Type", "application/x-amz-json-1.0", "X-Amz-Target", "DynamoDB_20120810."+operation)
	if err != nil || status != http.StatusOK {
		t.Fatalf("%s: %d %s %v", operation, status, response, err)
	}
	return response
}

// table creates a table with the key attribute and returns its collection.
func table(t testing.TB, param, name, key string) *document.Collection {
	t.Helper()
	admin(t, "CreateTable", `{"TableName":"`+name+`","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"`+key+`","AttributeType":"S"}],"KeySchema":[{"AttributeName":"`+key+`","KeyType":"HASH"}]}`)
	value := name
	if key != "_id" {
		value += "/" + key
	}
	t.Setenv("FNGEN_USE_"+strings.ToUpper(param), value)
	c, err := dynamodb.Collection(param)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func environment(t testing.TB, endpoint string) {
	for name, value := range map[string]string{
		"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "SECRET", "AWS_ENDPOINT_URL_DYNAMODB": endpoint,
	} {
		t.Setenv(name, value)
	}
}

// A table of DynamoDB does what every collection does.
func TestTable(t *testing.T) {
	p := collection.Before(t, moto.Start(t), throttled)
	environment(t, p.URL)
	collection.Run(t, collection.Subject{Collection: table(t, "table", "table", "_id"), Faults: p})
	collection.Race(t, table(t, "race", "race", "_id"))
	collection.Increment(t, table(t, "increment", "increment", "_id"))

	t.Run("another key attribute", func(t *testing.T) {
		c := table(t, "other", "other", "pk")
		if _, err := c.Create(t.Context(), "a", map[string]int{"id": 1}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Put(t.Context(), "a", map[string]int{"pk": 1}); err == nil || !strings.Contains(err.Error(), `the field "pk", which is the key of the table other`) {
			t.Errorf("a field with the name of the key attribute: %v", err)
		}
		var got json.RawMessage
		if _, err := c.Get(t.Context(), "a", &got); err != nil || string(got) != `{"id":1}` {
			t.Errorf("%s, %v", got, err)
		}
	})
	t.Run("items of others", func(t *testing.T) {
		c := table(t, "theirs", "theirs", "_id")
		admin(t, "PutItem", `{"TableName":"theirs","Item":{"_id":{"S":"a"},"n":{"N":"1E+2"},"s":{"SS":["b","a"]},"b":{"B":"AP8="}}}`)
		var got json.RawMessage
		revision, err := c.Get(t.Context(), "a", &got)
		if want := `{"b":"AP8=","n":100,"s":["a","b"]}`; err != nil || string(got) != want || revision == "" {
			t.Fatalf("%s, %q, %v, want %s", got, revision, err, want)
		}
		if _, err := c.Replace(t.Context(), "b", struct{}{}, revision); err == nil {
			t.Error("another item, which is not there, is replaced")
		}
		next, err := c.Replace(t.Context(), "a", struct{}{}, revision)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Delete(t.Context(), "a", revision); err == nil {
			t.Error("an item with a revision is deleted as one without")
		}
		if err := c.Delete(t.Context(), "a", next); err != nil {
			t.Error(err)
		}
	})
	t.Run("no table", func(t *testing.T) {
		t.Setenv("FNGEN_USE_NOWHERE", "nowhere")
		c, err := dynamodb.Collection("nowhere")
		if err != nil {
			t.Fatal(err)
		}
		var got any
		if _, err := c.Get(t.Context(), "a", &got); err == nil || !strings.Contains(err.Error(), "dynamodb: GetItem of the table nowhere: ResourceNotFoundException") {
			t.Errorf("a table that is not there: %v", err)
		}
	})
}
