package aws_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/fnhttp"
	"github.com/fngen/fngen/providers/aws"
	"github.com/fngen/fngen/providers/internal/conformance"
)

// Every occurrence that AWS delivers.
func TestConformance(t *testing.T) {
	conformance.Run(t, conformance.Platform{
		Name:     "aws",
		Events:   true,
		Requests: true,
		Encode:   encodeOccurrence,
	})
}

// happened is when everything happens.
var happened = time.Date(2026, 3, 1, 12, 0, 0, 123000000, time.UTC)

const (
	timestamp = "2026-03-01T12:00:00.123Z"
	arn       = ":eu-west-1:123456789012:"
)

// An encoder returns the payload of one record alone, and what is the
// platform's own in it.
type encoder func(o conformance.Occurrence, i int) (payload string, a conformance.Arrival, reason conformance.Reason)

func encodeOccurrence(o conformance.Occurrence) ([]conformance.Payload, conformance.Reason) {
	switch o.Directive.Trigger {
	case "queue":
		return inBatch(o, "", conformance.Each, readFailures, sqsRecord)
	case "stream":
		return inBatch(o, "", conformance.Onward, readCheckpoint, kinesisRecord)
	case "document":
		return inBatch(o, "", conformance.Onward, readCheckpoint, dynamoDBRecord)
	case "topic":
		return inBatch(o, "", conformance.Whole, readError, snsRecord)
	case "object":
		notification, reason := inBatch(o, "notification", conformance.Whole, readError, s3Record)
		if reason != "" {
			return nil, reason
		}
		rule, reason := apart(o, "EventBridge rule", readError, s3OnBus)
		return append(notification, rule...), reason
	case "event":
		return apart(o, "", readError, onBus)
	case "schedule":
		return apart(o, "", readError, firing)
	}
	var out []conformance.Payload
	for _, gateway := range []string{"function URL", "HTTP API", "REST API", "load balancer", "load balancer with multi-value headers"} {
		p, reason := apart(o, gateway, readResponse, request(gateway))
		if reason != "" {
			return nil, reason
		}
		out = append(out, p...)
	}
	return out, ""
}

// inBatch returns the payload of one invocation with all records.
func inBatch(o conformance.Occurrence, via string, mode conformance.Mode, read reader, record encoder) ([]conformance.Payload, conformance.Reason) {
	p := conformance.Payload{Via: via, Mode: mode}
	var records []string
	for i := range o.Records {
		raw, a, reason := record(o, i)
		if reason != "" {
			return nil, reason
		}
		a.Raw = []byte(raw)
		records, p.Arrivals = append(records, raw), append(p.Arrivals, a)
	}
	p.Invoke = func(ctx context.Context, d conformance.Directive, h fn.Handler) ([]conformance.Answer, error) {
		return invoke(ctx, function(d, h, keys(o)), `{"Records":[`+strings.Join(records, ",")+`]}`, p.Arrivals, read)
	}
	return []conformance.Payload{p}, ""
}

// apart returns the payloads of an invocation for each record.
func apart(o conformance.Occurrence, via string, read reader, record encoder) ([]conformance.Payload, conformance.Reason) {
	p := conformance.Payload{Via: via, Mode: conformance.Apart}
	var payloads []string
	for i := range o.Records {
		payload, a, reason := record(o, i)
		if reason != "" {
			return nil, reason
		}
		if a.Raw == nil {
			a.Raw = []byte(payload)
		}
		payloads, p.Arrivals = append(payloads, payload), append(p.Arrivals, a)
	}
	p.Invoke = func(ctx context.Context, d conformance.Directive, h fn.Handler) ([]conformance.Answer, error) {
		var out []conformance.Answer
		for i, payload := range payloads {
			answers, err := invoke(ctx, function(d, h, nil), payload, p.Arrivals[i:i+1], read)
			if err != nil {
				return nil, err
			}
			out = append(out, answers...)
		}
		return out, nil
	}
	return []conformance.Payload{p}, ""
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

func invoke(ctx context.Context, function lambda.Handler, payload string, arrivals []conformance.Arrival, read reader) ([]conformance.Answer, error) {
	ctx, cancel := conformance.Invocation(ctx)
	defer cancel()
	ctx = lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{
		AwsRequestID: "request-1", InvokedFunctionArn: "arn:aws:lambda" + arn + "function:orders:live",
	})
	buffer := []byte(payload)
	answer, err := function.Invoke(ctx, buffer)
	clear(buffer) // the runtime uses it again
	if err != nil {
		return all(len(arrivals), conformance.Retried), nil
	}
	return read(answer, arrivals)
}

func all(n int, v conformance.Verdict) []conformance.Answer {
	out := make([]conformance.Answer, n)
	for i := range out {
		out[i].Verdict = v
	}
	return out
}

// A reader reads the answer of an invocation that is no error.
type reader func(answer []byte, arrivals []conformance.Arrival) ([]conformance.Answer, error)

// readError reads the answer of a source that looks at errors only.
func readError(answer []byte, arrivals []conformance.Arrival) ([]conformance.Answer, error) {
	if string(answer) != "null" {
		return nil, fmt.Errorf("%s is not null", answer)
	}
	return all(len(arrivals), conformance.Acknowledged), nil
}

// failures returns the items of a batch that failed. Lambda takes an answer of
// another form, and an id that is not in the batch, for the failure of all.
func failures(answer []byte, arrivals []conformance.Arrival) ([]int, error) {
	var response struct {
		Failures *[]struct {
			ID string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	if err := json.Unmarshal(answer, &response); err != nil {
		return nil, err
	}
	if response.Failures == nil {
		return nil, fmt.Errorf("%s has no list of failures", answer)
	}
	var failed []int
	for _, f := range *response.Failures {
		i := slices.IndexFunc(arrivals, func(a conformance.Arrival) bool { return a.NativeID == f.ID })
		if i < 0 || slices.Contains(failed, i) {
			return nil, fmt.Errorf("%s: %q is not in the batch, or is there twice", answer, f.ID)
		}
		failed = append(failed, i)
	}
	return failed, nil
}

// readFailures reads the answer of a queue, which names every message to
// deliver again.
func readFailures(answer []byte, arrivals []conformance.Arrival) ([]conformance.Answer, error) {
	failed, err := failures(answer, arrivals)
	out := all(len(arrivals), conformance.Acknowledged)
	for _, i := range failed {
		out[i].Verdict = conformance.Retried
	}
	return out, err
}

// readCheckpoint reads the answer of a stream, which names the record from
// which on it delivers again.
func readCheckpoint(answer []byte, arrivals []conformance.Arrival) ([]conformance.Answer, error) {
	failed, err := failures(answer, arrivals)
	if len(failed) > 1 {
		return nil, fmt.Errorf("%s names more than the lowest sequence number", answer)
	}
	out := all(len(arrivals), conformance.Acknowledged)
	for _, from := range failed {
		for i := range out[from:] {
			out[from+i].Verdict = conformance.Retried
		}
	}
	return out, err
}

// readResponse reads the response to a request.
func readResponse(answer []byte, _ []conformance.Arrival) ([]conformance.Answer, error) {
	var response struct {
		StatusCode   int
		Headers      map[string]string
		MultiHeaders map[string][]string `json:"multiValueHeaders"`
	}
	if err := json.Unmarshal(answer, &response); err != nil {
		return nil, err
	}
	if response.StatusCode == 0 {
		return nil, errors.New("no status")
	}
	out := conformance.Answer{Status: response.StatusCode}
	after := response.Headers["Retry-After"]
	if values := response.MultiHeaders["Retry-After"]; len(values) > 0 {
		after = values[0]
	}
	if after != "" {
		d, err := time.ParseDuration(after + "s")
		if err != nil {
			return nil, err
		}
		out.After = d
	}
	return []conformance.Answer{out}, nil
}
