package actionloop

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fngen/fngen/fn"
)

const whole = `{"value":{"n":9007199254740993,"__ow_headers":{"authorization":"Basic s3cret"}},` +
	`"namespace":"acme","action_name":"/acme/shop/confirm","action_version":"0.0.7",` +
	`"activation_id":"44794bd6aab74415b4e42a308d880e5b","transaction_id":"abc","deadline":"1790000000123","api_key":"uuid:s3cret"}`

// The members keep their meaning, numbers their digits, and the API key is
// there for sinks alone.
func TestDecode(t *testing.T) {
	r, err := Decode([]byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	want := &Request{
		Value: Value{
			"n":            []byte("9007199254740993"),
			"__ow_headers": []byte(`{"authorization":"Basic s3cret"}`),
		},
		Namespace:     "acme",
		ActionName:    "/acme/shop/confirm",
		ActionVersion: "0.0.7",
		ActivationID:  "44794bd6aab74415b4e42a308d880e5b",
		TransactionID: "abc",
		Deadline:      time.Date(2026, time.September, 21, 14, 13, 20, 123e6, time.UTC),
	}
	if diff := cmp.Diff(want, r, cmpopts.IgnoreUnexported(Request{})); diff != "" {
		t.Error(diff)
	}
	if got := string(r.Value.Without(Headers)); got != `{"n":9007199254740993}` {
		t.Errorf("value without headers: %s", got)
	}
	ctx := r.Context(context.Background())
	if deadline, ok := ctx.Deadline(); !ok || !deadline.Equal(want.Deadline) {
		t.Errorf("deadline %v, %v", deadline, ok)
	}
	if got := APIKey(ctx); got != "uuid:s3cret" {
		t.Errorf("API key %q", got)
	}
	if d := r.Delivery("queue"); strings.Contains(fmt.Sprint(d), "s3cret") {
		t.Errorf("the delivery shows a secret: %v", d)
	}
}

// What a person sends by hand may lack everything but the value.
func TestDecodeMissing(t *testing.T) {
	r, err := Decode([]byte(`{"value":{}}`))
	if err != nil {
		t.Fatal(err)
	}
	ctx := r.Context(context.Background())
	if _, ok := ctx.Deadline(); ok {
		t.Error("a deadline out of nothing")
	}
	if r.ActionSource() != "" {
		t.Errorf("source %q out of nothing", r.ActionSource())
	}
	want := fn.Delivery{Provider: "openwhisk", Trigger: "http", Attributes: map[string]string{}}
	if diff := cmp.Diff(want, r.Delivery("http"), cmpopts.IgnoreUnexported(fn.Delivery{})); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeErrors(t *testing.T) {
	for line, want := range map[string]string{
		``:                                 "decode request: unexpected end of JSON input",
		`{"value":`:                        "decode request: unexpected end of JSON input",
		`{"value":{}} {}`:                  "decode request: invalid character '{' after top-level value",
		`{}`:                               "decode request: missing value",
		`{"value":null}`:                   "decode request: missing value",
		`null`:                             "decode request: missing value",
		`{"value":{},"deadline":"1.5"}`:    `decode request: deadline: strconv.ParseInt: parsing "1.5": invalid syntax`,
		`{"value":{},"deadline":"1e9999"}`: `decode request: deadline: strconv.ParseInt: parsing "1e9999": invalid syntax`,
	} {
		if _, err := Decode([]byte(line)); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", line, err, want)
		}
	}
	for _, line := range []string{`[]`, `1`, `{"value":[]}`, `{"value":{},"deadline":"soon"}`, `{"value":{},"namespace":1}`} {
		if _, err := Decode([]byte(line)); err == nil {
			t.Errorf("%s is accepted", line)
		}
	}
}

// The source names the action as the platform does, whatever is in the names.
func TestActionSource(t *testing.T) {
	for _, test := range []struct{ namespace, action, want string }{
		{"acme", "/acme/orders", "/namespaces/acme/actions/orders"},
		{"acme", "/acme/shop/orders", "/namespaces/acme/actions/shop/orders"},
		{"a b@c.de", "/a b@c.de/shop/é ?", "/namespaces/a%20b@c.de/actions/shop/%C3%A9%20%3F"},
		{"", "/acme/orders", ""},
		{"acme", "orders", ""},
		{"acme", "", ""},
	} {
		r := Request{Namespace: test.namespace, ActionName: test.action}
		if got := r.ActionSource(); got != test.want {
			t.Errorf("%q %q: %q, want %q", test.namespace, test.action, got, test.want)
		}
	}
}

// Errors list a few names of parameters and never a value.
func TestValueNames(t *testing.T) {
	for want, v := range map[string]Value{
		"none":                            {},
		"a, b":                            {"b": []byte(`"s3cret"`), "a": []byte("1")},
		"0, 1, 2, 3, 4, 5, 6, 7, 8, 9, …": {"0": nil, "1": nil, "2": nil, "3": nil, "4": nil, "5": nil, "6": nil, "7": nil, "8": nil, "9": nil, "x": nil},
	} {
		if got := v.Names(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
