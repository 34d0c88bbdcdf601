package aws

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/run"
)

// seeds are payloads of every kind, the real ones among them.
func seeds(f *testing.F) [][]byte {
	before := slog.Default()
	f.Cleanup(func() { slog.SetDefault(before) })
	slog.SetDefault(slog.New(slog.DiscardHandler))
	var out [][]byte
	for _, name := range []string{
		"sqs-event.json", "s3-event.json", "s3-event-with-decoded.json", "s3-lifecycle-event.json", "sns-event.json",
		"cloudwatch-alarm-sns-payload-single-metric.json", "kinesis-event.json", "kinesis-time-window-event.json",
		"dynamodb-event.json", "dynamodb-event-malformed.2.json", "dynamodb-time-window-event.json",
		"codebuild-state-change.json", "autoscaling-event-launch-successful.json", "ecr-image-scan-event.json",
		"apigw-request.json", "apigw-v2-request-no-authorizer.json", "lambda-urls-request.json",
		"alb-lambda-target-request-headers-only.json", "alb-lambda-target-request-multivalue-headers.json",
	} {
		out = append(out, fixture(f, name))
	}
	for _, payload := range []string{
		batch(message("q.fifo", "m", "{}", `"MessageGroupId":"g","SentTimestamp":"1"`, `"content-type":{"dataType":"String","stringValue":"application/cloudevents+json"}`)),
		batch(message("q", "m", `{"Type":"Notification","TopicArn":"a","Message":""}`, "", "")),
		batch(message("q", "m", notificationOf("1", `"content-type":{"Type":"String","Value":"text/plain"}`), "", "")),
		batch(message("q", "m", notificationOf(bucketRecords, ""), "", ""), message("q", "n", ofBus(`{"n":1}`), "", "")),
		batch(notified("m", "1", `"traceparent":{"Type":"String","Value":"00"}`)),
		batch(streamed("7", aggregate(field(1, "k")+user(0, "1")+user(0, "2"))), streamed("8", []byte("\xff"))),
		batch(changed("1", "MODIFY", `"ApproximateCreationDateTime":1.5E9,"OldImage":{"id":{"S":"a"},"n":{"NS":["1","-2"]}},"NewImage":{"b":{"B":"YQ=="}}`)),
		fired("nightly", "1"),
		fromRule("Object Deleted", "k", "v", "1"),
		batch(notification("ObjectRemoved:DeleteMarkerCreated", "a+b", "", "")),
		`{"Event":"s3:TestEvent"}`,
		`{"id":"i","detail-type":"t","source":"1:","detail":{"specversion":"1.0","id":"1","source":"/","type":"t"}}`,
	} {
		out = append(out, []byte(payload))
	}
	return out
}

func addAll(f *testing.F, payloads [][]byte) {
	for _, payload := range payloads {
		f.Add(payload)
	}
}

// fuzzSource checks what holds for every source: no panic, and each record of a
// payload that decodes is a valid event, or an error that nobody overlooks.
func fuzzSource(t *testing.T, src Source, payload []byte) (records []run.Record, ok bool) {
	records, err := src.decode(payload)
	if err != nil {
		if err.Error() == "" || records != nil {
			t.Errorf("error %q with %d records", err, len(records))
		}
		return nil, false
	}
	for i := range records {
		r := &records[i]
		switch {
		case r.Err == nil && r.Event.Context == nil:
			t.Errorf("%s is neither an event nor an error", r.String())
		case r.Err == nil:
			if r.Event.ID() == "" || r.Event.Type() == "" || r.Event.SpecVersion() != "1.0" {
				t.Errorf("%s is an event without required attributes: %s", r.String(), r.Event)
			}
		case r.Skip:
			t.Errorf("%s does not decode and is skipped", r.String())
		}
		if d := r.Delivery(); d.Provider != "aws" || len(r.Raw()) == 0 {
			t.Errorf("%s has no delivery", r.String())
		}
	}
	return records, true
}

// Every message is handled or named in the answer, never with an empty id,
// whatever envelope is declared.
func FuzzSQS(f *testing.F) {
	for _, payload := range seeds(f) {
		for _, envelope := range []Envelope{"", EnvelopeSNS, EnvelopeEventBridge, EnvelopeS3, EnvelopeSNSS3} {
			f.Add(string(envelope), payload)
		}
	}
	f.Fuzz(func(t *testing.T, envelope string, payload []byte) {
		src := SQS{Queue: "orders", Envelope: Envelope(envelope)}
		records, ok := fuzzSource(t, src, payload)
		if !ok {
			return
		}
		r := &recorder{}
		answer, err := invoke(t, src, r, string(payload))
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Failures []struct{ ItemIdentifier string } `json:"batchItemFailures"`
		}
		if err := json.Unmarshal([]byte(answer), &got); err != nil || got.Failures == nil {
			t.Fatalf("answer %s", answer)
		}
		reported := map[string]bool{}
		for _, failure := range got.Failures {
			if failure.ItemIdentifier == "" {
				t.Errorf("empty id in %s", answer)
			}
			reported[failure.ItemIdentifier] = true
		}
		skipped := 0
		for _, r := range records {
			if r.Skip {
				skipped++
			}
		}
		if len(r.events)+len(got.Failures)+skipped != len(records) {
			t.Errorf("%d events, %d failures and %d skipped of %d records", len(r.events), len(got.Failures), skipped, len(records))
		}
		for i := range records {
			if d := records[i].Delivery(); records[i].Err != nil && !reported[d.NativeID] {
				t.Errorf("%s failed and is not in %s", records[i].String(), answer)
			}
		}
	})
}

// A payload with a record that fails is an error; one without is not.
func FuzzS3(f *testing.F) {
	addAll(f, seeds(f))
	f.Fuzz(func(t *testing.T, payload []byte) { fuzzWhole(t, S3{Bucket: "uploads", Prefix: "a"}, payload) })
}

func FuzzEventBridge(f *testing.F) {
	addAll(f, seeds(f))
	f.Fuzz(func(t *testing.T, payload []byte) { fuzzWhole(t, EventBridge{Source: "aws.codebuild"}, payload) })
}

func FuzzSNS(f *testing.F) {
	addAll(f, seeds(f))
	f.Fuzz(func(t *testing.T, payload []byte) { fuzzWhole(t, SNS{Topic: "news"}, payload) })
}

func FuzzScheduler(f *testing.F) {
	addAll(f, seeds(f))
	f.Fuzz(func(t *testing.T, payload []byte) { fuzzWhole(t, Scheduler{Name: "nightly"}, payload) })
}

func fuzzWhole(t *testing.T, src Source, payload []byte) {
	records, ok := fuzzSource(t, src, payload)
	if !ok {
		return
	}
	calls, failed := 0, false
	for _, r := range records {
		failed = failed || r.Err != nil
		if r.Err == nil && !r.Skip {
			calls++
		}
	}
	r := &recorder{}
	if _, err := invoke(t, src, r, string(payload)); (err != nil) != failed {
		t.Errorf("error %v, and a record fails: %v", err, failed)
	}
	if len(r.events) != calls {
		t.Errorf("%d calls, want %d", len(r.events), calls)
	}
}

// Every record up to the first that does not decode is handled, and that one is
// where the stream goes on.
func FuzzKinesis(f *testing.F) {
	addAll(f, seeds(f))
	f.Fuzz(func(t *testing.T, payload []byte) { fuzzStream(t, Kinesis{Stream: "clicks"}, payload) })
}

func FuzzDynamoDB(f *testing.F) {
	addAll(f, seeds(f))
	f.Fuzz(func(t *testing.T, payload []byte) {
		fuzzStream(t, DynamoDB{Collection: "carts", Deleted: true}, payload)
	})
}

func fuzzStream(t *testing.T, src Source, payload []byte) {
	records, ok := fuzzSource(t, src, payload)
	if !ok {
		return
	}
	calls, failed := 0, false
	unhandled := map[string]bool{}
	for i, r := range records {
		if failed = failed || r.Err != nil; failed {
			d := records[i].Delivery()
			unhandled[d.NativeID] = true
		} else if !r.Skip {
			calls++
		}
	}
	r := &recorder{}
	answer, err := invoke(t, src, r, string(payload))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Failures []struct{ ItemIdentifier string } `json:"batchItemFailures"`
	}
	if err := json.Unmarshal([]byte(answer), &got); err != nil || got.Failures == nil {
		t.Fatalf("answer %s", answer)
	}
	if len(r.events) != calls {
		t.Errorf("%d calls, want %d", len(r.events), calls)
	}
	switch {
	case failed && (len(got.Failures) != 1 || !unhandled[got.Failures[0].ItemIdentifier]):
		t.Errorf("answer %s, want one of %v", answer, unhandled)
	case !failed && len(got.Failures) != 0:
		t.Errorf("answer %s, and nothing failed", answer)
	}
	for id := range unhandled {
		if lessNumber(id, got.Failures[0].ItemIdentifier) {
			t.Errorf("answer %s passes over %s", answer, id)
		}
	}
}

// Whatever stands in an aggregate, its records are parts of it.
func FuzzAggregate(f *testing.F) {
	f.Add([]byte(field(1, "a") + field(1, "b") + user(1, "1") + user(0, "")))
	f.Add([]byte(user(0, "1") + field(2, "7") + field(1, "a") + field(9, "b")))
	f.Add([]byte("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
	f.Fuzz(func(t *testing.T, message []byte) {
		data := aggregate(string(message))
		if !isAggregate(data) {
			t.Fatal("an aggregate is not seen")
		}
		users, err := splitAggregate(data)
		if err != nil {
			return
		}
		size := 0
		for _, u := range users {
			size += len(u.data)
			if u.data == nil || !strings.Contains(string(message), u.partitionKey) {
				t.Errorf("user record %+v", u)
			}
		}
		if size > len(message) {
			t.Errorf("%d bytes of data in %d", size, len(message))
		}
	})
}

// Every request that decodes has an answer with a valid status.
func FuzzHTTP(f *testing.F) {
	addAll(f, seeds(f))
	f.Fuzz(func(t *testing.T, payload []byte) {
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if d, ok := fn.DeliveryFrom(r.Context()); !ok || !json.Valid(d.Raw()) {
				t.Errorf("raw request %s", d.Raw())
			}
			if r.URL.Path == "" || r.RequestURI == "" {
				t.Errorf("path %q, request URI %q", r.URL.Path, r.RequestURI)
			}
			for name, values := range r.Header {
				w.Header()[name] = values
			}
			_, _ = io.Copy(w, r.Body)
		})
		answer, err := HTTPHandler(h, HTTP{}).Invoke(t.Context(), payload)
		if err != nil {
			return
		}
		var got struct{ StatusCode int }
		if err := json.Unmarshal(answer, &got); err != nil || got.StatusCode < 200 || got.StatusCode > 999 {
			t.Errorf("answer %s", answer)
		}
	})
}
