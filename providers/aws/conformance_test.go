package aws_test

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/fnhttp"
	"github.com/fngen/fngen/internal/native"
	sender "github.com/fngen/fngen/internal/native/aws"
	"github.com/fngen/fngen/providers/aws"
	"github.com/fngen/fngen/providers/internal/conformance"
)

// Every occurrence that AWS delivers.
func TestConformance(t *testing.T) {
	conformance.Run(t, conformance.Platform{
		Name:     "aws",
		Events:   true,
		Requests: true,
		Native:   surroundings,
		Mode:     mode,
		Arrival:  arrival,
		Invoke: func(ctx context.Context, o conformance.Occurrence, d conformance.Directive, h fn.Handler, p native.Payload) native.Answer {
			return invoke(ctx, function(d, h, keys(o)), p)
		},
	})
}

// arn is what stands in every ARN between service and resource.
const arn = ":eu-west-1:123456789012:"

// resource is the physical name of what feeds the functions of the suite.
func resource(trigger string) string {
	return map[string]string{"object": "acme-uploads", "document": "acme-orders"}[trigger]
}

func surroundings(o conformance.Occurrence) native.Platform {
	return sender.Platform{Function: "orders", Resource: resource(o.Directive.Trigger), Keys: keys(o)}
}

// keys returns the names of the key attributes, or none if it is the default.
func keys(o conformance.Occurrence) []string {
	if c, ok := o.Records[0].What.(native.Change); ok && len(c.Key) == 2 {
		return []string{"id", "line"}
	}
	return nil
}

func mode(d conformance.Directive, envelope string) conformance.Mode {
	switch trigger := d.Trigger; {
	case trigger == "queue":
		return conformance.Each
	case trigger == "stream" || trigger == "document":
		return conformance.Onward
	case trigger == "topic" || envelope == sender.Notification:
		return conformance.Whole
	}
	return conformance.Apart
}

// arrival is what AWS says of a record, by the definition of the model.
func arrival(o conformance.Occurrence, i int, _ string, e native.Entry) conformance.Arrival {
	r, d := o.Records[i], o.Directive
	a := conformance.Arrival{ID: e.ID, NativeID: e.ID, Time: conformance.Happened, Raw: e.Raw}
	switch d.Trigger {
	case "queue":
		a.Source, a.Attempt = "arn:aws:sqs"+arn+d.Name, 2
		if d.FIFO {
			a.Source += ".fifo"
		}
	case "topic":
		a.Source = "arn:aws:sns" + arn + d.Name
	case "stream":
		a.Source, a.ID = "arn:aws:kinesis"+arn+"stream/clicks#"+sender.Shard, sender.Shard+":"+e.ID
		a.Extensions = map[string]string{"sequence": e.ID} // as wide as any
	case "document":
		a.Source = "arn:aws:dynamodb" + arn + "table/acme-orders"
		a.ID = native.Digest(int64(i+1), "change", "acme-orders")[:32]
		a.Extensions = map[string]string{"partitionkey": r.What.(native.Change).Key[0]}
	case "object":
		object(r.What.(native.Object), e, &a)
	case "schedule":
		tick := r.What.(native.Tick)
		at := tick.Time()
		a.Source, a.ID, a.Time, a.Attempt = e.ID, tick.Name+"@"+at.Format("2006-01-02T15:04:05Z"), at, 2
		a.Opaque = r.Fate == conformance.Refused // the firing of another function is no record of this one
	case "http":
		a.Source, a.Time, a.Raw = "arn:aws:lambda"+arn+"function:orders", time.Time{}, shown(e.Raw)
	}
	return a
}

// object is what a notification and a rule say of an object. The rule's time is
// in seconds.
func object(o native.Object, e native.Entry, a *conformance.Arrival) {
	a.Source = "arn:aws:s3:::acme-uploads"
	if e.ID[8] == '-' { // a rule's event has a UUID
		a.Time = a.Time.Truncate(1e9)
	}
	const version, sequencer = "096fKKXTRTtl3on89fVO.nfljtsv6qko", "0055AED6DCD90281E5"
	kind := "dev.fngen.object.created.v1"
	if o.Deleted {
		kind = "dev.fngen.object.deleted.v1"
	} else {
		a.Members = append(a.Members, conformance.Member{Name: "etag", Value: "d41d8cd98f00b204e9800998ecf8427e"})
	}
	a.Members = append(a.Members, conformance.Member{Name: "version", Value: version}, conformance.Member{Name: "sequencer", Value: sequencer})
	a.ID = conformance.ObjectID(kind, "acme-uploads", o.Key, version, sequencer)
}

// shown returns what deliveries show of the payload of a request: all of it, but
// for who the client is to the gateway, and what its stage is set to.
func shown(payload []byte) []byte {
	d := json.NewDecoder(bytes.NewReader(payload))
	d.UseNumber()
	var members map[string]any
	if err := d.Decode(&members); err != nil {
		return nil
	}
	delete(members, "stageVariables")
	if identity, ok := members["requestContext"].(map[string]any)["identity"].(map[string]any); ok {
		maps.DeleteFunc(identity, func(name string, _ any) bool { return name != "sourceIp" && name != "userAgent" })
	}
	raw, _ := json.Marshal(members) // decoded JSON always encodes
	return raw
}

// function is what the directive's entrypoint starts.
func function(d conformance.Directive, h fn.Handler, keys []string) lambda.Handler {
	switch d.Trigger {
	case "queue":
		return aws.Handler(h, aws.SQS{Queue: d.Name, Content: d.Content, Letters: d.Letters, NoDeadLetter: d.NoDeadLetter})
	case "topic":
		return aws.Handler(h, aws.SNS{Topic: d.Name, Content: d.Content, NoDeadLetter: d.NoDeadLetter})
	case "stream":
		return aws.Handler(h, aws.Kinesis{Stream: d.Name, NoDeadLetter: d.NoDeadLetter})
	case "document":
		return aws.Handler(h, aws.DynamoDB{Collection: d.Name, Keys: keys, Before: true, Created: d.Created, Updated: d.Updated, Deleted: d.Deleted, NoDeadLetter: d.NoDeadLetter})
	case "object":
		return aws.Handler(h, aws.S3{Bucket: d.Name, Created: d.Created, Deleted: d.Deleted, Prefix: d.Prefix, Suffix: d.Suffix, NoDeadLetter: d.NoDeadLetter})
	case "schedule":
		return aws.Handler(h, aws.Scheduler{Name: d.Name, NoDeadLetter: d.NoDeadLetter})
	case "event":
		return aws.Handler(h, aws.EventBridge{Type: d.Name, Source: d.Source, NoDeadLetter: d.NoDeadLetter})
	}
	return aws.HTTPHandler(fnhttp.Handler(h, "/example.com/shop/Orders"), aws.HTTP{})
}

func invoke(ctx context.Context, function lambda.Handler, p native.Payload) native.Answer {
	ctx = lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{
		AwsRequestID: p.ID, InvokedFunctionArn: p.Function + ":live",
	})
	answer, err := function.Invoke(ctx, p.Body)
	clear(p.Body) // the runtime uses it again
	if err != nil {
		return native.Answer{Error: err.Error()}
	}
	return native.Answer{Body: answer}
}
