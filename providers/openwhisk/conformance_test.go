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
	"github.com/fngen/fngen/providers/internal/conformance"
	"github.com/fngen/fngen/providers/openwhisk"
)

// Every occurrence that OpenWhisk delivers to a function that takes events.
func TestConformance(t *testing.T) {
	conformance.Run(t, conformance.Platform{
		Name:   "openwhisk",
		Events: true,
		Encode: encodeOccurrence,
	})
}

func encodeOccurrence(o conformance.Occurrence) ([]conformance.Payload, conformance.Reason) {
	switch d := o.Directive; {
	case d.Trigger == "object":
		return nil, conformance.NoObjects
	case d.Trigger == "queue" && !d.Letters, d.Trigger == "stream":
		return kafka(o)
	}
	return activations(o)
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

// kafka returns the one activation in which the Kafka feed delivers messages. A
// group is a partition.
func kafka(o conformance.Occurrence) ([]conformance.Payload, conformance.Reason) {
	p := conformance.Payload{Mode: conformance.EachFinal}
	var messages, names, groups []string
	for i, r := range o.Records {
		m := r.Message
		switch {
		case m.Binary != nil:
			return nil, conformance.NoBinaryMode
		case m.ContentType == "application/octet-stream" || strings.HasPrefix(string(m.Body), "\x00"):
			return nil, conformance.TextOnly // the feed repairs values to UTF-8
		case m.ContentType != "" || m.TraceParent != "":
			return nil, conformance.NoAttributes
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
		a := conformance.Arrival{
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
	p.Invoke = func(ctx context.Context, d conformance.Directive, h fn.Handler) ([]conformance.Answer, error) {
		return invoke(ctx, openwhisk.Handler(h, source(d)), `{"messages":[`+strings.Join(messages, ",")+`]}`, "act-1", names)
	}
	return []conformance.Payload{p}, ""
}

// activations returns the activations, one for each record, that other feeds
// and triggers cause.
func activations(o conformance.Occurrence) ([]conformance.Payload, conformance.Reason) {
	p := conformance.Payload{Mode: conformance.ApartFinal}
	values := make([]string, len(o.Records)) // the members, without those that the platform adds
	for i, r := range o.Records {
		id := activationID(i)
		a := conformance.Arrival{ID: id, NativeID: id}
		var reason conformance.Reason
		switch {
		case r.Message != nil:
			reason = topicMessage(o.Directive.Name, *r.Message, &values[i], &a)
		case r.Tick != nil:
			reason = alarm(o, *r.Tick, &values[i], &a)
		case r.Change != nil:
			reason = couchDB(o, *r.Change, &values[i], &a)
		case r.Event.Native:
			reason = conformance.NoNativeEvent
		default:
			values[i] = `"cloudevent":` + r.Event.Structured
			a.Raw = []byte(r.Event.Structured)
		}
		if reason != "" {
			return nil, reason
		}
		p.Arrivals = append(p.Arrivals, a)
	}
	p.Invoke = func(ctx context.Context, d conformance.Directive, h fn.Handler) ([]conformance.Answer, error) {
		var out []conformance.Answer
		for i, a := range p.Arrivals {
			value := `{"__ow_headers":{"authorization":"` + conformance.Secret + `"}`
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
	return []conformance.Payload{p}, ""
}

func activationID(i int) string { return fmt.Sprintf("act-%d", i+1) }

// topicMessage is the payload with which the trigger of a topic, or of a queue of
// dead letters, is fired.
func topicMessage(topic string, m conformance.Message, value *string, a *conformance.Arrival) conformance.Reason {
	body := string(m.Body)
	a.Source = "/namespaces/acme/triggers/" + topic
	a.Raw = m.Body
	switch {
	case m.Binary != nil:
		return conformance.NoBinaryMode
	case m.Damaged:
		*value, a.Raw = `"cloudevent":1`, []byte("1")
	case m.ContentType == "application/cloudevents+json":
		*value = `"cloudevent":` + body
	case m.ContentType != "" || m.TraceParent != "":
		return conformance.NoAttributes
	case !strings.HasPrefix(body, "{"):
		return conformance.ObjectsOnly
	default:
		*value = body[1 : len(body)-1]
	}
	return ""
}

// alarm is what the feeds of package alarms fire, which tell no time.
func alarm(o conformance.Occurrence, tick conformance.Tick, value *string, a *conformance.Arrival) conformance.Reason {
	if tick.Scheduled != "" && !strings.HasSuffix(tick.Scheduled, ":00Z") {
		return conformance.TimeUnknown
	}
	*value = fmt.Sprintf(`"name":%q`, tick.Name)
	a.Source = "/namespaces/acme/triggers/nightly"
	a.ID = "nightly@" + a.NativeID
	a.Raw = []byte("{" + *value + "}")
	a.Approximate = true
	a.Opaque = o.Records[0].Fate == conformance.Refused
	return ""
}

// couchDB is a change as the feed of package cloudant tells it, without the
// document.
func couchDB(o conformance.Occurrence, c conformance.Change, value *string, a *conformance.Arrival) conformance.Reason {
	if len(c.Key) > 1 {
		return conformance.OneKey
	}
	if needsImages(c) {
		return conformance.NoImages
	}
	rev, deleted := "1-a", ""
	switch c.Kind {
	case conformance.Updated:
		rev = "2-b"
	case conformance.Deleted:
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
func needsImages(c conformance.Change) bool {
	switch v := c.After["v"].(type) {
	case conformance.Set, conformance.Double, conformance.Timestamp, conformance.Reference, conformance.Point:
		return true
	case conformance.Number:
		return len(v) > 20 // more digits than JavaScript keeps
	}
	_, unknown := c.After["n"].(conformance.Unknown)
	return unknown
}

// invoke runs one activation and reads its answer for the records with the
// names.
func invoke(ctx context.Context, function openwhisk.Invoker, value, activation string, names []string) ([]conformance.Answer, error) {
	ctx, cancel := conformance.Invocation(ctx)
	defer cancel()
	deadline, _ := ctx.Deadline()
	line := fmt.Sprintf(`{"value":%s,"namespace":"acme","action_name":"/acme/shop/confirm","action_version":"0.0.7","activation_id":%q,`+
		`"transaction_id":"tid","api_key":%q,"deadline":"%d"}`, value, activation, conformance.Secret, deadline.UnixMilli())

	var answer map[string]string
	raw := function.Invoke(context.Background(), []byte(line))
	if err := json.Unmarshal(raw, &answer); err != nil {
		return nil, fmt.Errorf("%s: %w", raw, err)
	}
	out := make([]conformance.Answer, len(names))
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
			out[i].Verdict = conformance.Failed
		}
	}
	return out, nil
}
