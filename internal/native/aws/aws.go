// Package aws encodes what AWS Lambda is invoked with.
package aws

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/fngen/fngen/internal/native"
)

// A Platform is what surrounds a function on AWS Lambda.
type Platform struct {
	Region   string   // eu-west-1 if empty
	Account  string   // 123456789012 if empty
	Function string   // the function's name; that of the trigger's resource if empty
	Resource string   // physical name of the queue, topic, bucket, table, stream or schedule; the trigger's if empty
	Keys     []string // the names of a table's key attributes; the trigger's, id, or id and sort, if empty
	Envelope string   // of a queue: the service that its messages come through, as in aws.Envelope; none if empty
}

var _ native.Platform = Platform{}

// The envelopes of objects, and of requests.
const (
	Notification       = "notification"
	Rule               = "EventBridge rule"
	FunctionURL        = "function URL"
	HTTPAPI            = "HTTP API"
	RESTAPI            = "REST API"
	LoadBalancer       = "load balancer"
	LoadBalancerValues = "load balancer with multi-value headers"
)

// Name implements native.Platform.
func (Platform) Name() string { return "aws" }

// Envelopes implements native.Platform.
func (Platform) Envelopes(kind string) []string {
	switch kind {
	case "queue", "topic", "stream", "document", "event", "schedule":
		return []string{""}
	case "object":
		return []string{Notification, Rule}
	case "http":
		return []string{FunctionURL, HTTPAPI, RESTAPI, LoadBalancer, LoadBalancerValues}
	}
	return nil
}

// A call is what an encoder is given.
type call struct {
	Platform
	native.Trigger
	native.Delivery
	id       string // of the invocation
	envelope string
}

// Encode implements native.Platform.
func (p Platform) Encode(t native.Trigger, i native.Invocation, deliveries ...native.Delivery) ([]native.Payload, error) {
	p = p.complete(t)
	envelope, err := native.EnvelopeFor(p, t.Kind, i.Envelope)
	if err != nil {
		return nil, err
	}
	i.Envelope = envelope
	payload := native.Payload{Kind: t.Kind, Envelope: i.Envelope, ID: i.ID, Function: p.arn("lambda", "function:"+p.Function)}
	if payload.ID == "" && len(deliveries) > 0 {
		payload.ID = native.UUID(deliveries[0].Number, "request", t.Kind, t.Name)
	}
	encode, batch := encoder(t.Kind, i.Envelope)
	var entries []native.Entry
	var apart []native.Payload
	var records []json.RawMessage
	for n, d := range deliveries {
		c := call{Platform: p, Trigger: t, Delivery: d, id: payload.ID, envelope: i.Envelope}
		if n > 0 && !batch {
			c.id = fmt.Sprintf("%s-%d", payload.ID, n+1)
		}
		if err := c.check(); err != nil {
			return nil, fmt.Errorf("%s on AWS: %w", t.Kind, err)
		}
		raw, entry, err := encode(c)
		if err != nil {
			return nil, fmt.Errorf("%s on AWS: %w", t.Kind, err)
		}
		entry.Raw = raw
		entries, records = append(entries, entry), append(records, raw)
		one := payload
		one.ID, one.Body, one.Entries = c.id, raw, []native.Entry{entry}
		apart = append(apart, one)
	}
	if !batch {
		return apart, nil
	}
	payload.Body, payload.Entries = native.JSON("Records", native.Array(records)), entries
	return []native.Payload{payload}, nil
}

// encoder returns what encodes one delivery, and whether it is one of several
// records in an envelope.
func encoder(kind, envelope string) (encode func(call) ([]byte, native.Entry, error), batch bool) {
	switch kind {
	case "queue":
		return sqs, true
	case "topic":
		return sns, true
	case "stream":
		return kinesis, true
	case "document":
		return dynamoDB, true
	case "object":
		if envelope == Rule {
			return s3OnBus, false
		}
		return s3, true
	case "event":
		return eventBridge, false
	case "schedule":
		return scheduler, false
	}
	return request, false
}

// complete fills in what is left out.
func (p Platform) complete(t native.Trigger) Platform {
	p.Region = cmp.Or(p.Region, "eu-west-1")
	p.Account = cmp.Or(p.Account, "123456789012")
	p.Resource = cmp.Or(p.Resource, t.Name)
	p.Function = cmp.Or(p.Function, strings.ToLower(strings.NewReplacer(".", "-", " ", "-").Replace(t.Name)), "function")
	if p.Keys == nil {
		p.Keys = t.Keys
	}
	if p.Keys == nil {
		p.Keys = []string{"_id", "sort"}
	}
	return p
}

func (p Platform) arn(service, resource string) string {
	return "arn:aws:" + service + ":" + p.Region + ":" + p.Account + ":" + resource
}

// stamp is a time as most services write it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// check returns an error if the trigger is not fed by the occurrence. A queue may
// get what a bucket tells of its objects.
func (c call) check() error {
	if _, isObject := c.Occurrence.(native.Object); isObject && c.Kind == "queue" && strings.HasSuffix(c.Envelope, "s3") {
		return nil
	}
	return c.Trigger.Check(c.Occurrence)
}
