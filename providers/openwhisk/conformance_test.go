package openwhisk_test

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"testing"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/native"
	sender "github.com/fngen/fngen/internal/native/openwhisk"
	"github.com/fngen/fngen/providers/internal/conformance"
	"github.com/fngen/fngen/providers/openwhisk"
)

// Every occurrence that OpenWhisk delivers to a function that takes events.
func TestConformance(t *testing.T) {
	conformance.Run(t, conformance.Platform{
		Name:   "openwhisk",
		Events: true,
		Native: func(o conformance.Occurrence) native.Platform {
			p := sender.Platform{Package: "shop", Action: "confirm", APIKey: conformance.Secret}
			switch o.Directive.Trigger {
			case "queue", "stream":
				p.Resource = "shop.orders"
			case "document":
				p.Resource = "orders_db"
			}
			return p
		},
		Mode: func(d conformance.Directive, _ string) conformance.Mode {
			if d.Trigger == "queue" && !d.Letters || d.Trigger == "stream" {
				return conformance.EachFinal
			}
			return conformance.ApartFinal
		},
		Arrival: arrival,
		Invoke: func(_ context.Context, _ conformance.Occurrence, d conformance.Directive, h fn.Handler, p native.Payload) native.Answer {
			return native.Answer{Body: openwhisk.Handler(h, source(d)).Invoke(context.Background(), withSecret(p))}
		},
	})
}

// withSecret returns the line with the headers of who fired the trigger, which
// the feeds of Kafka do not have.
func withSecret(p native.Payload) []byte {
	if bytes.HasPrefix(p.Body, []byte(`{"value":{"messages":[`)) {
		return p.Body
	}
	headers := `{"value":{"__ow_headers":{"authorization":"` + conformance.Secret + `"},`
	line := bytes.Replace(p.Body, []byte(`{"value":{`), []byte(headers), 1)
	return bytes.Replace(line, []byte(`},}`), []byte(`}}`), 1) // if nothing was fired
}

// source is the source that the directive's entrypoint names.
func source(d conformance.Directive) openwhisk.Source {
	switch d.Trigger {
	case "queue":
		if d.Letters {
			return openwhisk.Trigger{Letters: d.Name, Content: d.Content, Retries: d.Retries, NoDeadLetter: d.NoDeadLetter}
		}
		return openwhisk.Kafka{Queue: d.Name, Content: d.Content, Retries: d.Retries, NoDeadLetter: d.NoDeadLetter}
	case "stream":
		return openwhisk.Kafka{Stream: d.Name, Retries: d.Retries, NoDeadLetter: d.NoDeadLetter}
	case "topic":
		return openwhisk.Trigger{Topic: d.Name, Content: d.Content, Retries: d.Retries, NoDeadLetter: d.NoDeadLetter}
	case "schedule":
		return openwhisk.Alarm{Name: d.Name, Retries: d.Retries, NoDeadLetter: d.NoDeadLetter}
	case "document":
		return openwhisk.CouchDB{Collection: d.Name, Created: d.Created, Updated: d.Updated, Deleted: d.Deleted, Retries: d.Retries, NoDeadLetter: d.NoDeadLetter}
	}
	return openwhisk.Trigger{Type: d.Name, Source: d.Source, Retries: d.Retries, NoDeadLetter: d.NoDeadLetter}
}

// arrival is what OpenWhisk says of a record, by the definition of the model.
func arrival(o conformance.Occurrence, i int, _ string, e native.Entry) conformance.Arrival {
	a := conformance.Arrival{ID: e.ID, NativeID: e.ID, Raw: e.Raw}
	switch r, d := o.Records[i], o.Directive; d.Trigger {
	case "queue":
		a.Source = "/namespaces/acme/kafka/shop.orders"
		if d.Letters {
			a.Source = "/namespaces/acme/triggers/orders"
		}
	case "stream":
		var partition, offset int
		_, _ = fmt.Sscanf(e.ID, "%d:%d", &partition, &offset) // the source shows if not
		a.Source = fmt.Sprintf("/namespaces/acme/kafka/shop.orders#%d", partition)
		a.Extensions = map[string]string{"sequence": fmt.Sprintf("%056d", offset)}
	case "topic":
		a.Source = "/namespaces/acme/triggers/prices"
	case "schedule":
		a.Source = "/namespaces/acme/triggers/nightly"
		a.ID = "nightly@" + e.ID
		a.Approximate = true
		a.Opaque = r.Fate == conformance.Refused
	case "document":
		a.Source = "/namespaces/acme/couchdb/orders_db"
		a.ID = "orders_db/" + url.PathEscape(r.What.(native.Change).Key[0]) + "/" + e.ID
		a.NativeID = a.ID
		a.Partial = true
	}
	return a
}
