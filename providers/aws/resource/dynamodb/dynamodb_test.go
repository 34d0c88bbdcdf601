package dynamodb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fngen/fngen/fn/document"
	"github.com/fngen/fngen/internal/documents"
)

// called returns the calls that use makes of a service with the answers, of which
// the last stands for all that follow.
func called(t *testing.T, use func(*document.Collection), answers ...string) []string {
	t.Helper()
	var calls []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		answer := answers[min(len(calls), len(answers)-1)]
		calls = append(calls, strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "DynamoDB_20120810.")+" "+string(body))
		if strings.Contains(answer, "__type") {
			w.WriteHeader(http.StatusBadRequest)
		}
		fmt.Fprint(w, answer)
	}))
	defer server.Close()
	for name, value := range map[string]string{
		"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "SECRET", "AWS_ENDPOINT_URL_DYNAMODB": server.URL, "FNGEN_USE_USERS": "acme-users",
	} {
		t.Setenv(name, value)
	}
	c, err := Collection("users")
	if err != nil {
		t.Fatal(err)
	}
	use(c)
	return calls
}

// What goes to DynamoDB: strong reads of one item, and one condition of a write.
func TestCalls(t *testing.T) {
	revision := regexp.MustCompile(`"[A-Z2-7]{26}"`)
	calls := called(t, func(c *document.Collection) {
		_, _ = c.Get(t.Context(), "a", new(any))
		_, _ = c.Create(t.Context(), "a", map[string]any{"n": 1, "l": []any{nil, true, "x", map[string]any{}}})
		_, _ = c.Put(t.Context(), "a", struct{}{})
		_, _ = c.Replace(t.Context(), "a", struct{}{}, "R")
		_ = c.Delete(t.Context(), "a", "R")
		_ = c.Delete(t.Context(), "a", "")
	}, "{}")
	for i := range calls {
		calls[i] = revision.ReplaceAllString(calls[i], `"NEW"`)
	}
	want := []string{
		`GetItem {"TableName":"acme-users","Key":{"_id":{"S":"a"}},"ConsistentRead":true}`,
		`PutItem {"TableName":"acme-users","Item":{"_id":{"S":"a"},"_rev":{"S":"NEW"},"l":{"L":[{"NULL":true},{"BOOL":true},{"S":"x"},{"M":{}}]},"n":{"N":"1"}},"ConditionExpression":"attribute_not_exists(#k)","ExpressionAttributeNames":{"#k":"_id"}}`,
		`PutItem {"TableName":"acme-users","Item":{"_id":{"S":"a"},"_rev":{"S":"NEW"}}}`,
		`PutItem {"TableName":"acme-users","Item":{"_id":{"S":"a"},"_rev":{"S":"NEW"}},"ConditionExpression":"#r = :r","ExpressionAttributeNames":{"#r":"_rev"},"ExpressionAttributeValues":{":r":{"S":"R"}}}`,
		`DeleteItem {"TableName":"acme-users","Key":{"_id":{"S":"a"}},"ConditionExpression":"#r = :r","ExpressionAttributeNames":{"#r":"_rev"},"ExpressionAttributeValues":{":r":{"S":"R"}}}`,
		`DeleteItem {"TableName":"acme-users","Key":{"_id":{"S":"a"}}}`,
	}
	if !slices.Equal(calls, want) {
		t.Errorf("calls\n%s\nwant\n%s", strings.Join(calls, "\n"), strings.Join(want, "\n"))
	}
}

// Throttling passes; what is refused is said at once; and there is no waiting
// beyond the time that is left.
func TestFailures(t *testing.T) {
	const throttled = `{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"slow down"}`
	denied := `{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"User is not authorized to perform: dynamodb:GetItem"}`
	var got struct{ N int }
	if calls := called(t, func(c *document.Collection) {
		if _, err := c.Get(t.Context(), "a", &got); err != nil || got.N != 7 {
			t.Errorf("%+v, %v", got, err)
		}
	}, throttled, throttled, `{"Item":{"_id":{"S":"a"},"_rev":{"S":"r"},"N":{"N":"7"}}}`); len(calls) != 3 {
		t.Errorf("%d calls", len(calls))
	}
	if calls := called(t, func(c *document.Collection) {
		if _, err := c.Get(t.Context(), "a", &got); err == nil || !strings.Contains(err.Error(), "dynamodb: GetItem of the table acme-users: AccessDeniedException: User is not") {
			t.Errorf("denied: %v", err)
		}
	}, denied); len(calls) != 1 {
		t.Errorf("%d calls", len(calls))
	}
	called(t, func(c *document.Collection) {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		start := time.Now()
		if _, err := c.Get(ctx, "a", &got); err == nil || !strings.Contains(err.Error(), "ThrottlingException") {
			t.Errorf("throttled: %v", err)
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("%v, more than there was", took)
		}
	}, throttled)
}

// Opening makes no call, and says what is missing.
func TestCollection(t *testing.T) {
	for value, want := range map[string]string{"": "FNGEN_USE_USERS is not set; it holds what the parameter users of the setup stands for", "/k": "it holds the name of a table", "t/": "it holds the name of a table", "t/_rev": "it holds the name of a table"} {
		t.Setenv("FNGEN_USE_USERS", value)
		if c, err := Collection("users"); c != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", value, err, want)
		}
	}
}

// FuzzFound: of whatever is answered there is a document, none, or an error.
func FuzzFound(f *testing.F) {
	for _, seed := range []string{`{}`, `{"Item":null}`, `{"Item":{"_id":{"S":"a"},"_rev":{"S":"r"},"n":{"N":"1e21"}}}`, `{"Item":{"_rev":{"N":"1"}}}`, `{"Item":{"x":{"X":1}}}`, `[]`, `{"Item":{"l":{"L":[{"M":{"a":{"SS":["b"]}}}]}}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, response []byte) {
		d, revision, err := (table{"t", "_id"}).found(response)
		if err != nil {
			if d != nil || revision != "" {
				t.Errorf("%v, %q with %v", d, revision, err)
			}
			return
		}
		if text, err := documents.JSON(d); err != nil || !json.Valid(text) || revision == "" || errors.Is(err, documents.ErrNotFound) {
			t.Errorf("%s, %q, %v", text, revision, err)
		}
	})
}
