package aws

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"testing"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/run"
)

// seeds are real payloads of every kind.
func seeds(f *testing.F) {
	for _, name := range []string{
		"sqs-event.json", "s3-event.json", "s3-event-with-decoded.json", "s3-lifecycle-event.json", "sns-event.json",
		"codebuild-state-change.json", "autoscaling-event-launch-successful.json", "ecr-image-scan-event.json",
		"apigw-request.json", "apigw-v2-request-no-authorizer.json", "lambda-urls-request.json",
		"alb-lambda-target-request-headers-only.json", "alb-lambda-target-request-multivalue-headers.json",
	} {
		f.Add(fixture(f, name))
	}
	f.Add([]byte(batch(message("q.fifo", "m", "{}", `"MessageGroupId":"g","SentTimestamp":"1"`, `"content-type":{"dataType":"String","stringValue":"application/cloudevents+json"}`))))
	f.Add([]byte(batch(message("q", "m", `{"Type":"Notification","TopicArn":"a","Message":""}`, "", ""))))
	f.Add([]byte(fromRule("Object Deleted", "k", "v", "1")))
	f.Add([]byte(batch(notification("ObjectRemoved:DeleteMarkerCreated", "a+b", "", ""))))
	f.Add([]byte(`{"Event":"s3:TestEvent"}`))
	f.Add([]byte(`{"id":"i","detail-type":"t","source":"1:","detail":{"specversion":"1.0","id":"1","source":"/","type":"t"}}`))
	before := slog.Default()
	f.Cleanup(func() { slog.SetDefault(before) })
	slog.SetDefault(slog.New(slog.DiscardHandler))
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
			t.Errorf("%s is neither an event nor an error", r.Name)
		case r.Err == nil:
			if r.Event.ID() == "" || r.Event.Type() == "" || r.Event.SpecVersion() != "1.0" {
				t.Errorf("%s is an event without required attributes: %s", r.Name, r.Event)
			}
		case r.Skip:
			t.Errorf("%s does not decode and is skipped", r.Name)
		}
		if d, raw := r.Delivery(); d.Provider != "aws" || len(raw) == 0 {
			t.Errorf("%s has no delivery", r.Name)
		}
	}
	return records, true
}

// Every message is handled or named in the answer, never with an empty id.
func FuzzSQS(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, payload []byte) {
		src := SQS{Queue: "orders"}
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
		if len(r.events)+len(got.Failures) != len(records) {
			t.Errorf("%d events and %d failures of %d records", len(r.events), len(got.Failures), len(records))
		}
		for i := range records {
			if d, _ := records[i].Delivery(); records[i].Err != nil && !reported[d.NativeID] {
				t.Errorf("%s failed and is not in %s", records[i].Name, answer)
			}
		}
	})
}

// A payload with a record that fails is an error; one without is not.
func FuzzS3(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, payload []byte) { fuzzWhole(t, S3{Bucket: "uploads", Prefix: "a"}, payload) })
}

func FuzzEventBridge(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, payload []byte) { fuzzWhole(t, EventBridge{Source: "aws.codebuild"}, payload) })
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

// Every request that decodes has an answer with a valid status.
func FuzzHTTP(f *testing.F) {
	seeds(f)
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
