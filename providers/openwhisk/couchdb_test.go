package openwhisk

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/testkit/logged"
)

// The feed's own payload, with a document id and a database that hold slashes.
func TestCouchDB(t *testing.T) {
	value, err := os.ReadFile("testdata/couchdb_change.json")
	if err != nil {
		t.Fatal(err)
	}
	answer, events := invoke(t, CouchDB{Collection: "orders"}, string(value))
	if answer != "{}" || len(events) != 1 {
		t.Fatalf("answer %s, %d events", answer, len(events))
	}
	want := map[string]string{
		"type": "dev.fngen.document.updated.v1", "source": "/namespaces/acme/couchdb/shop%2Forders",
		"id":      "shop%2Forders/order%2FA-1001%20%C3%A9/2-7051cbe5c8faecd085a3fa619e6e6337",
		"subject": "orders/order%2FA-1001%20%C3%A9", "datacontenttype": "application/json", "partitionkey": "order%2FA-1001%20%C3%A9",
		"data": `{"collection":"orders","key":"order%2FA-1001%20%C3%A9","before":null,"after":null,"partial":true}`,
	}
	if diff := cmp.Diff(want, attributes(events[0])); diff != "" {
		t.Error(diff)
	}
}

// The revision and the mark of a deletion say what happened, and the directive
// chooses; what it does not ask for, and design documents, are acknowledged.
func TestCouchDBKind(t *testing.T) {
	const created, updated, deleted = "dev.fngen.document.created.v1", "dev.fngen.document.updated.v1", "dev.fngen.document.deleted.v1"
	all := CouchDB{Collection: "orders"}
	for _, test := range []struct {
		src          CouchDB
		change, want string // "" for no event
	}{
		{all, `"id":"a","changes":[{"rev":"1-ab"}]`, created},
		{all, `"id":"a","changes":[{"rev":"1-ab"}],"deleted":false`, created},
		{all, `"id":"a","changes":[{"rev":"2-ab"}]`, updated},
		{all, `"id":"a","changes":[{"rev":"11-ab"}]`, updated},
		{all, `"id":"a","changes":[{"rev":"3-ab"},{"rev":"1-cd"}]`, updated},
		{all, `"id":"a","changes":[{"rev":"3-ab"}],"deleted":true`, deleted},
		{all, `"id":"a","changes":[{"rev":"1-ab"}],"deleted":true`, deleted},
		{all, `"id":"_design/mail","changes":[{"rev":"1-ab"}]`, ""},
		{all, `"id":"a/_design/mail","changes":[{"rev":"1-ab"}]`, created},
		{CouchDB{Collection: "orders", Created: true}, `"id":"a","changes":[{"rev":"1-ab"}]`, created},
		{CouchDB{Collection: "orders", Created: true}, `"id":"a","changes":[{"rev":"2-ab"}]`, ""},
		{CouchDB{Collection: "orders", Updated: true, Deleted: true}, `"id":"a","changes":[{"rev":"1-ab"}]`, ""},
		{CouchDB{Collection: "orders", Updated: true, Deleted: true}, `"id":"a","changes":[{"rev":"2-ab"}]`, updated},
		{CouchDB{Collection: "orders", Updated: true, Deleted: true}, `"id":"a","changes":[{"rev":"2-ab"}],"deleted":true`, deleted},
	} {
		answer, events := invoke(t, test.src, `{"dbname":"shop","seq":3,`+test.change+`}`)
		got := ""
		if len(events) == 1 {
			got = events[0].Type()
		}
		if answer != "{}" || got != test.want || len(events) > 1 {
			t.Errorf("%+v, %s: answer %s, type %q, want %q", test.src, test.change, answer, got, test.want)
		}
	}
}

// Ids of different changes differ, wherever the slashes are.
func TestCouchDBID(t *testing.T) {
	seen := map[string]string{}
	for _, change := range []string{
		`"dbname":"a","id":"b/c"`, `"dbname":"a/b","id":"c"`, `"dbname":"a","id":"b%2Fc"`, `"dbname":"a%2Fb","id":"c"`,
	} {
		_, events := invoke(t, CouchDB{Collection: "orders"}, `{`+change+`,"changes":[{"rev":"1-ab"}]}`)
		if len(events) != 1 {
			t.Fatalf("%s: %d events", change, len(events))
		}
		id := events[0].ID()
		if other, ok := seen[id]; ok {
			t.Errorf("%s and %s have the id %s", change, other, id)
		}
		seen[id] = change
	}
}

// A change that lacks what names it is lost with a reason, and a payload of
// something else is a loud error.
func TestCouchDBBadPayload(t *testing.T) {
	const failed = `{"error":"1 of 1 events failed: CouchDB activation 4479"}`
	for _, test := range []struct{ value, answer, why string }{
		{`{"id":"a","changes":[{"rev":"1-ab"}]}`, failed,
			"decode CouchDB activation 4479: missing dbname: the feed does not tell the database; set dbname as the action's parameter"},
		{`{"dbname":"shop","id":"","changes":[{"rev":"1-ab"}]}`, failed, "missing id"},
		{`{"dbname":"shop","id":"a","changes":[]}`, failed, "missing changes[0].rev"},
		{`{"dbname":"shop","id":"a","changes":[{}]}`, failed, "missing changes[0].rev"},
		{`{"dbname":"shop","id":"a","changes":null}`, failed, "missing changes[0].rev"},
		{`{"dbname":"shop","id":7,"changes":[]}`, failed, "id: json: cannot unmarshal number into Go value of type string"},
		{`{"dbname":"shop","id":"a","changes":[{"rev":"1-a"}],"deleted":"no"}`, failed, "deleted: json: cannot unmarshal string into Go value of type bool"},
		{`{"messages":[]}`, `{"error":"document collection orders is fed by CouchDB, but the activation has no parameter id; its parameters: messages"}`, "has no parameter id"},
		{`{"id":"a"}`, `{"error":"document collection orders is fed by CouchDB, but the activation has no parameter changes; its parameters: id"}`, "has no parameter changes"},
	} {
		log := logged.JSON(t)
		answer, events := invoke(t, CouchDB{Collection: "orders", Retries: 2}, test.value)
		if answer != test.answer || len(events) != 0 {
			t.Errorf("%s: answer %s, want %s; %d events", test.value, answer, test.answer, len(events))
		}
		if !strings.Contains(log.String(), test.why) || !strings.Contains(log.String(), "event dropped") {
			t.Errorf("%s: the log lacks %q:\n%s", test.value, test.why, log)
		}
	}
}

// The delivery says what the feed knows.
func TestCouchDBDelivery(t *testing.T) {
	h := fn.HandlerFunc(func(ctx context.Context, e fn.Event) (*fn.Event, error) {
		d, _ := fn.DeliveryFrom(ctx)
		want := fn.Delivery{
			Provider: "openwhisk", Trigger: "document", NativeID: "shop/a/2-ab",
			Attributes: map[string]string{
				"dbname": "shop", "rev": "2-ab", "namespace": "acme", "action_name": "/acme/shop/confirm",
				"action_version": "0.0.7", "activation_id": "4479", "transaction_id": "tid",
			},
		}
		if diff := cmp.Diff(want, d, cmpopts.IgnoreUnexported(fn.Delivery{})); diff != "" {
			t.Error(diff)
		}
		if want := `{"changes":[{"rev":"2-ab"}],"dbname":"shop","id":"a"}`; string(d.Raw()) != want {
			t.Errorf("raw %s, want %s", d.Raw(), want)
		}
		return nil, nil
	})
	Handler(h, CouchDB{Collection: "orders"}).Invoke(t.Context(),
		line(`{"id":"a","dbname":"shop","changes":[{"rev":"2-ab"}],"__ow_headers":{"authorization":"Basic s3cret"}}`, time.Time{}))
}

// FuzzCouchDB protects what FuzzKafka does.
func FuzzCouchDB(f *testing.F) {
	change, err := os.ReadFile("testdata/couchdb_change.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(change, "orders")
	f.Add([]byte(`{"dbname":"\u0000","id":"_design/x","changes":[{"rev":"1-"}],"deleted":true}`), "")
	f.Add([]byte(`{"dbname":"a","id":"b","changes":[null]}`), "a b")
	fuzz(f, func(collection string) Source { return CouchDB{Collection: collection} })
}
