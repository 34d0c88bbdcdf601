package openwhisk_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/providers/openwhisk"
	"github.com/fngen/fngen/providers/providertest"
)

// Every occurrence that OpenWhisk delivers to a function that takes events.
func TestConformance(t *testing.T) {
	providertest.Run(t, providertest.Platform{
		Name:   "openwhisk",
		Events: true,
		Encode: encodeOccurrence,
	})
}

func encodeOccurrence(o providertest.Occurrence) ([]providertest.Payload, providertest.Reason) {
	switch o.Directive.Trigger {
	case "object":
		return nil, providertest.NoObjects
	case "queue", "stream":
		return kafka(o)
	}
	return activations(o)
}

// source is the source that the directive's entrypoint names.
func source(d providertest.Directive) openwhisk.Source {
	switch d.Trigger {
	case "queue":
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

// kafka returns the one activation in which the Kafka feed delivers messages. A
// group is a partition.
func kafka(o providertest.Occurrence) ([]providertest.Payload, providertest.Reason) {
	p := providertest.Payload{Mode: providertest.EachFinal}
	var messages, names, groups []string
	for i, r := range o.Records {
		m := r.Message
		switch {
		case m.Binary != nil:
			return nil, providertest.NoBinaryMode
		case m.ContentType == "application/octet-stream" || strings.HasPrefix(string(m.Body), "\x00"):
			return nil, providertest.TextOnly // the feed repairs values to UTF-8
		case m.ContentType != "" || m.TraceParent != "":
			return nil, providertest.NoAttributes
		}
		key := "null"
		if m.Key != "" {
			key = fmt.Sprintf("%q", base64.StdEncoding.EncodeToString([]byte(m.Key)))
		}
		value := base64.StdEncoding.EncodeToString(m.Body)
		if m.Damaged {
			value = "%"
		}
		if !slices.Contains(groups, m.Key) {
			groups = append(groups, m.Key)
		}
		partition, offset := slices.Index(groups, m.Key), 17+i
		raw := fmt.Sprintf(`{"topic":"shop.orders","partition":%d,"offset":%d,"key":%s,"value":"%s"}`, partition, offset, key, value)
		a := providertest.Arrival{
			Source:   "/namespaces/acme/kafka/shop.orders",
			ID:       fmt.Sprintf("%d:%d", partition, offset),
			NativeID: fmt.Sprintf("%d:%d", partition, offset),
			Raw:      []byte(raw),
		}
		if o.Directive.Trigger == "stream" {
			a.Source += fmt.Sprintf("#%d", partition)
			a.Extensions = map[string]string{"sequence": fmt.Sprintf("%056d", offset)}
		}
		messages, names, p.Arrivals = append(messages, raw), append(names, "Kafka message shop.orders "+a.ID), append(p.Arrivals, a)
	}
	p.Invoke = func(ctx context.Context, d providertest.Directive, h fn.Handler) ([]providertest.Answer, error) {
		return invoke(ctx, openwhisk.Handler(h, source(d)), `{"messages":[`+strings.Join(messages, ",")+`]}`, "act-1", names)
	}
	return []providertest.Payload{p}, ""
}

// activations returns the activations, one for each record, that other feeds
// and triggers cause.
func activations(o providertest.Occurrence) ([]providertest.Payload, providertest.Reason) {
	p := providertest.Payload{Mode: providertest.ApartFinal}
	values := make([]string, len(o.Records)) // the members, without those that the platform adds
	for i, r := range o.Records {
		id := activationID(i)
		a := providertest.Arrival{ID: id, NativeID: id}
		var reason providertest.Reason
		switch {
		case r.Message != nil:
			reason = topicMessage(*r.Message, &values[i], &a)
		case r.Tick != nil:
			reason = alarm(o, *r.Tick, &values[i], &a)
		case r.Change != nil:
			reason = couchDB(o, *r.Change, &values[i], &a)
		case r.Event.Native:
			reason = providertest.NoNativeEvent
		default:
			values[i] = `"cloudevent":` + r.Event.Structured
			a.Raw = []byte(r.Event.Structured)
		}
		if reason != "" {
			return nil, reason
		}
		p.Arrivals = append(p.Arrivals, a)
	}
	p.Invoke = func(ctx context.Context, d providertest.Directive, h fn.Handler) ([]providertest.Answer, error) {
		var out []providertest.Answer
		for i, a := range p.Arrivals {
			value := `{"__ow_headers":{"authorization":"` + providertest.Secret + `"}`
			if values[i] != "" {
				value += "," + values[i]
			}
			answers, err := invoke(ctx, openwhisk.Handler(h, source(d)), value+"}", activationID(i), []string{a.ID})
			if err != nil {
				return nil, err
			}
			out = append(out, answers...)
		}
		return out, nil
	}
	return []providertest.Payload{p}, ""
}

func activationID(i int) string { return fmt.Sprintf("act-%d", i+1) }

// topicMessage is the payload with which a topic's trigger is fired.
func topicMessage(m providertest.Message, value *string, a *providertest.Arrival) providertest.Reason {
	body := string(m.Body)
	a.Source = "/namespaces/acme/triggers/prices"
	a.Raw = m.Body
	switch {
	case m.Damaged:
		*value, a.Raw = `"cloudevent":1`, []byte("1")
	case m.ContentType == "application/cloudevents+json":
		*value = `"cloudevent":` + body
	case m.ContentType != "" || m.TraceParent != "":
		return providertest.NoAttributes
	case !strings.HasPrefix(body, "{"):
		return providertest.ObjectsOnly
	default:
		*value = body[1 : len(body)-1]
	}
	return ""
}

// alarm is what the feeds of package alarms fire, which tell no time.
func alarm(o providertest.Occurrence, tick providertest.Tick, value *string, a *providertest.Arrival) providertest.Reason {
	if tick.Scheduled != "" && !strings.HasSuffix(tick.Scheduled, ":00Z") {
		return providertest.TimeUnknown
	}
	*value = fmt.Sprintf(`"name":%q`, tick.Name)
	a.Source = "/namespaces/acme/triggers/nightly"
	a.ID = "nightly@" + a.NativeID
	a.Raw = []byte("{" + *value + "}")
	a.Approximate = true
	a.Opaque = o.Records[0].Fate == providertest.Refused
	return ""
}

// couchDB is a change as the feed of package cloudant tells it, without the
// document.
func couchDB(o providertest.Occurrence, c providertest.Change, value *string, a *providertest.Arrival) providertest.Reason {
	if len(c.Key) > 1 {
		return providertest.OneKey
	}
	if needsImages(c) {
		return providertest.NoImages
	}
	rev, deleted := "1-a", ""
	switch c.Kind {
	case providertest.Updated:
		rev = "2-b"
	case providertest.Deleted:
		rev, deleted = "3-c", `"deleted":true,`
	}
	changes := `[{"rev":"` + rev + `"}]`
	if c.Damaged {
		changes = "[]"
	}
	id, _ := json.Marshal(c.Key[0])
	*value = fmt.Sprintf(`"changes":%s,"dbname":"orders_db",%s"id":%s,"seq":"5-g1"`, changes, deleted, strings.ReplaceAll(string(id), `\u0026`, "&"))
	a.Source = "/namespaces/acme/couchdb/orders_db"
	a.ID = "orders_db/" + url.PathEscape(c.Key[0]) + "/" + rev
	a.NativeID = a.ID
	a.Raw = []byte("{" + *value + "}")
	a.Partial = true
	return ""
}

// needsImages reports whether the document has a value that is not JSON's own,
// nor CouchDB's therefore.
func needsImages(c providertest.Change) bool {
	switch v := c.After["v"].(type) {
	case providertest.Set, providertest.Double, providertest.Timestamp, providertest.Reference, providertest.Point:
		return true
	case providertest.Number:
		return len(v) > 20 // more digits than JavaScript keeps
	}
	_, unknown := c.After["n"].(providertest.Unknown)
	return unknown
}

// invoke runs one activation and reads its answer for the records with the
// names.
func invoke(ctx context.Context, function openwhisk.Invoker, value, activation string, names []string) ([]providertest.Answer, error) {
	ctx, cancel := providertest.Invocation(ctx)
	defer cancel()
	deadline, _ := ctx.Deadline()
	line := fmt.Sprintf(`{"value":%s,"namespace":"acme","action_name":"/acme/shop/confirm","action_version":"0.0.7","activation_id":%q,`+
		`"transaction_id":"tid","api_key":%q,"deadline":"%d"}`, value, activation, providertest.Secret, deadline.UnixMilli())

	var answer map[string]string
	raw := function.Invoke(context.Background(), []byte(line))
	if err := json.Unmarshal(raw, &answer); err != nil {
		return nil, fmt.Errorf("%s: %w", raw, err)
	}
	out := make([]providertest.Answer, len(names))
	text, failed := answer["error"]
	if len(answer) > 1 || len(answer) == 1 && !failed {
		return nil, fmt.Errorf("%s is neither {} nor {\"error\":TEXT}", raw)
	}
	if !failed {
		return out, nil
	}
	_, list, _ := strings.Cut(text, " events failed: ")
	mentioned := strings.Split(list, ", ")
	for i, name := range names {
		if len(names) == 1 || slices.Contains(mentioned, name) {
			out[i].Verdict = providertest.Failed
		}
	}
	return out, nil
}
