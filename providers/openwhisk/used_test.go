package openwhisk

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/testkit/logged"
	"github.com/fngen/fngen/providers/openwhisk/internal/actionloop"
)

const used = `"FNGEN_USE_USERS":"alice:s3cret","FNGEN_USE_OTHER":{"s3cret":[1]}`

// The user and the password of a service come with the activation, and are in
// nothing that a handler, a log or an answer has of it.
func TestUsedIsPrivate(t *testing.T) {
	for name, test := range map[string]struct {
		src   Source
		value string
	}{
		"trigger": {Trigger{Topic: "news"}, `{"a":1,` + used + `}`},
		"event":   {Trigger{Type: "com.example.a"}, `{` + used + `,"cloudevent":{"specversion":"1.0","id":"1","source":"/a","type":"com.example.a","data":1}}`},
		"alarm":   {Alarm{Name: "nightly"}, `{"name":"nightly",` + used + `}`},
		"change":  {CouchDB{Collection: "users"}, `{"dbname":"users","id":"a","changes":[{"rev":"1-x"}],` + used + `}`},
		"kafka":   {Kafka{Queue: "orders"}, `{` + used + `,"messages":[{"topic":"orders","partition":0,"offset":1,"key":"aw==","value":"MQ=="}]}`},
		"foreign": {Kafka{Queue: "orders"}, `{` + used + `}`},
	} {
		log := logged.JSON(t)
		handled := false
		answer := Handler(fn.HandlerFunc(func(ctx context.Context, e fn.Event) (*fn.Event, error) {
			handled = true
			if got := actionloop.Use(ctx, "FNGEN_USE_USERS"); got != "alice:s3cret" {
				t.Errorf("%s: the driver is given %q", name, got)
			}
			d, _ := fn.DeliveryFrom(ctx)
			_, _ = log.Write(d.Raw())
			_, _ = log.Write(e.Data())
			return nil, fn.Permanent(errors.New("logged whole"))
		}), test.src).Invoke(t.Context(), []byte(`{"activation_id":"i","namespace":"acme","value":`+test.value+`}`))
		if !handled && name != "foreign" {
			t.Errorf("%s: not handled: %s\n%s", name, answer, log.String())
		}
		for _, private := range []string{"s3cret", "FNGEN_USE"} {
			if text := log.String() + string(answer); strings.Contains(text, private) {
				t.Errorf("%s: %s is in %s", name, private, text)
			}
		}
	}
}

// Where the function reads the collection, a change has the document at its
// revision, or is partial and the log says why.
func TestCouchDBRead(t *testing.T) {
	for name, test := range map[string]struct {
		change   string
		document map[string]any
		err      error
		reads    int
		want     string
	}{
		"created": {`"changes":[{"rev":"1-x"}]`, map[string]any{"b": []any{true}, "a": nil}, nil, 1, `"after":{"a":null,"b":[true]},"partial":false`},
		"updated": {`"changes":[{"rev":"2-x"}]`, map[string]any{}, nil, 1, `"after":{},"partial":false`},
		"deleted": {`"changes":[{"rev":"3-x"}],"deleted":true`, nil, nil, 0, `"after":null,"partial":true`},
		"gone":    {`"changes":[{"rev":"4-x"}]`, nil, nil, 1, `"after":null,"partial":true`},
		"failed":  {`"changes":[{"rev":"5-x"}]`, map[string]any{"a": 1}, errors.New("CouchDB is away"), 1, `"after":null,"partial":true`},
	} {
		log := logged.JSON(t)
		reads := 0
		read := func(ctx context.Context, id, revision string) (map[string]any, error) {
			reads++
			if got := actionloop.Use(ctx, "FNGEN_USE_USERS"); id != "a/b" || !strings.Contains(test.change, `"`+revision+`"`) || got != "alice:s3cret" {
				t.Errorf("%s: %q at %q as %q", name, id, revision, got)
			}
			if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > 10*time.Second {
				t.Errorf("%s: no time is left for the handler", name)
			}
			return test.document, test.err
		}
		answer, events := invoke(t, CouchDB{Collection: "users", Read: read}, `{"dbname":"users","id":"a/b",`+used+`,`+test.change+`}`)
		if answer != "{}" || len(events) != 1 || !strings.Contains(string(events[0].Data()), test.want) || reads != test.reads {
			t.Errorf("%s: %s, %v after %d reads", name, answer, events, reads)
		}
		if logged := strings.Contains(log.String(), "CouchDB is away"); logged != (test.err != nil) {
			t.Errorf("%s: log %s", name, log.String())
		}
	}
	read := func(context.Context, string, string) (map[string]any, error) {
		t.Error("a change that is passed over is read")
		return nil, nil
	}
	invoke(t, CouchDB{Collection: "users", Created: true, Read: read}, `{"dbname":"users","id":"a","changes":[{"rev":"2-x"}]}`)
}
