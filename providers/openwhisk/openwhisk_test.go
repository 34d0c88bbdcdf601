package openwhisk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/testkit/logged"
)

// line is the request that the platform makes of a value; until is its
// deadline, with the zero time for none.
func line(value string, until time.Time) []byte {
	deadline := ""
	if !until.IsZero() {
		deadline = fmt.Sprintf(`,"deadline":"%d"`, until.UnixMilli())
	}
	return []byte(`{"value":` + value + `,"namespace":"acme","action_name":"/acme/shop/confirm","action_version":"0.0.7",` +
		`"activation_id":"4479","transaction_id":"tid","api_key":"uuid:s3cret"` + deadline + `}`)
}

// invoke is one request's answer, and the events that the handler got.
func invoke(t *testing.T, src Source, value string) (answer string, events []fn.Event) {
	t.Helper()
	h := fn.HandlerFunc(func(_ context.Context, e fn.Event) (*fn.Event, error) {
		events = append(events, e)
		return nil, nil
	})
	answer = string(Handler(h, src).Invoke(t.Context(), line(value, time.Now().Add(time.Minute))))
	return answer, events
}

const oneMessage = `{"messages":[{"topic":"orders","partition":0,"offset":17,"key":null,"value":"e30="}]}`

// The platform delivers nothing again, so what fails for a passing reason is
// tried in the process, each time with the event as it came.
func TestRetriesUntilSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		logged.JSON(t)
		start := time.Now()
		var tries []time.Duration
		h := fn.HandlerFunc(func(_ context.Context, e fn.Event) (*fn.Event, error) {
			if e.Subject() != "orders" {
				t.Errorf("try %d sees the change of the try before: %s", len(tries), e.Subject())
			}
			e.SetSubject("changed")
			tries = append(tries, time.Since(start))
			if len(tries) < 3 {
				return nil, errors.New("not yet")
			}
			return nil, nil
		})
		answer := Handler(h, Kafka{Queue: "orders", Retries: 2}).Invoke(t.Context(), line(oneMessage, start.Add(time.Minute)))
		if string(answer) != "{}" {
			t.Errorf("answer %s", answer)
		}
		want := []time.Duration{0, 200 * time.Millisecond, 600 * time.Millisecond}
		if diff := cmp.Diff(want, tries); diff != "" {
			t.Error(diff)
		}
	})
}

// What fails to the end is in the log whole, why included, and the answer has
// its name alone.
func TestRetriesExhausted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := logged.JSON(t)
		tries := 0
		h := fn.HandlerFunc(func(context.Context, fn.Event) (*fn.Event, error) {
			tries++
			return nil, errors.New("password hunter2 is wrong")
		})
		answer := Handler(h, Kafka{Queue: "orders", Retries: 1}).Invoke(t.Context(), line(oneMessage, time.Now().Add(time.Minute)))
		if want := `{"error":"1 of 1 events failed: Kafka message orders 0:17"}`; string(answer) != want {
			t.Errorf("answer %s, want %s", answer, want)
		}
		if tries != 2 {
			t.Errorf("%d tries, want 2", tries)
		}
		for _, part := range []string{"password hunter2 is wrong", `\"source\":\"/namespaces/acme/kafka/orders\"`, `\"data\":{}`} {
			if !strings.Contains(log.String(), part) {
				t.Errorf("the log lacks %s:\n%s", part, log)
			}
		}
	})
}

// Errors that are no passing ones are not tried again.
func TestPermanentIsNotRetried(t *testing.T) {
	for name, mark := range map[string]func(error) error{"permanent": fn.Permanent, "bad input": fn.BadInput} {
		t.Run(name, func(t *testing.T) {
			logged.JSON(t)
			tries := 0
			h := fn.HandlerFunc(func(context.Context, fn.Event) (*fn.Event, error) {
				tries++
				return nil, mark(errors.New("no"))
			})
			answer := Handler(h, Kafka{Queue: "orders", Retries: 5}).Invoke(t.Context(), line(oneMessage, time.Time{}))
			if tries != 1 || !strings.HasPrefix(string(answer), `{"error":`) {
				t.Errorf("%d tries, answer %s", tries, answer)
			}
		})
	}
}

// The wait doubles and stays below a bound that many retries do not overflow.
func TestBackoff(t *testing.T) {
	for try, want := range map[int]time.Duration{
		1: 200 * time.Millisecond, 2: 400 * time.Millisecond, 3: 800 * time.Millisecond,
		5: 3200 * time.Millisecond, 6: 5 * time.Second, 1000: 5 * time.Second,
	} {
		if got := backoff(try); got != want {
			t.Errorf("before try %d: %v, want %v", try, got, want)
		}
	}
}

// A handler that does not end is answered for before the platform kills the
// container, and its event is in the log.
func TestAnswersBeforeTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := logged.JSON(t)
		release := make(chan struct{})
		h := fn.HandlerFunc(func(context.Context, fn.Event) (*fn.Event, error) {
			<-release
			return nil, nil
		})
		deadline := time.Now().Add(10 * time.Second)
		answer := Handler(h, Kafka{Queue: "orders"}).Invoke(t.Context(), line(oneMessage, deadline))
		if !time.Now().Before(deadline) {
			t.Error("answered too late")
		}
		if want := `{"error":"1 of 1 events failed: Kafka message orders 0:17"}`; string(answer) != want {
			t.Errorf("answer %s, want %s", answer, want)
		}
		if !strings.Contains(log.String(), "event dropped") {
			t.Errorf("the event is not in the log:\n%s", log)
		}
		close(release)
	})
}

// Nothing is started that has no time left.
func TestDeadlineInThePast(t *testing.T) {
	logged.JSON(t)
	called := false
	h := fn.HandlerFunc(func(context.Context, fn.Event) (*fn.Event, error) {
		called = true
		return nil, nil
	})
	answer := Handler(h, Kafka{Queue: "orders", Retries: 2}).Invoke(t.Context(), line(oneMessage, time.Now().Add(-time.Hour)))
	if called || !strings.HasPrefix(string(answer), `{"error":"1 of 1`) {
		t.Errorf("called %v, answer %s", called, answer)
	}
}

// A panic costs its own event only: neither the batch nor the next request.
func TestPanic(t *testing.T) {
	log := logged.JSON(t)
	h := fn.HandlerFunc(func(_ context.Context, e fn.Event) (*fn.Event, error) {
		if e.ID() == "0:2" {
			panic("boom")
		}
		return nil, nil
	})
	invoker := Handler(h, Kafka{Queue: "orders"})
	value := `{"messages":[` +
		`{"topic":"orders","partition":0,"offset":1,"value":"e30="},` +
		`{"topic":"orders","partition":0,"offset":2,"value":"e30="},` +
		`{"topic":"orders","partition":0,"offset":3,"value":"e30="}]}`
	answer := invoker.Invoke(t.Context(), line(value, time.Time{}))
	if want := `{"error":"1 of 3 events failed: Kafka message orders 0:2"}`; string(answer) != want {
		t.Errorf("answer %s, want %s", answer, want)
	}
	if !strings.Contains(log.String(), "boom") || !strings.Contains(log.String(), "openwhisk_test.go") {
		t.Errorf("the log lacks the panic or its stack:\n%s", log)
	}
	if answer := invoker.Invoke(t.Context(), line(oneMessage, time.Time{})); string(answer) != "{}" {
		t.Errorf("the request after: %s", answer)
	}
}

// What is no request is answered, logged without its content, and harms
// nothing.
func TestMalformedRequest(t *testing.T) {
	log := logged.JSON(t)
	for _, in := range []string{``, `{"api_key":"s3cret",`, `{"api_key":"s3cret"}`, `[]`, `"s3cret"`} {
		invoker := Handler(fn.HandlerFunc(nil), Kafka{Queue: "orders"})
		var answer map[string]string
		if err := json.Unmarshal(invoker.Invoke(t.Context(), []byte(in)), &answer); err != nil || answer["error"] == "" {
			t.Errorf("%s: %v, %v", in, answer, err)
		}
	}
	if strings.Count(log.String(), "request refused") != 5 || strings.Contains(log.String(), "s3cret") {
		t.Errorf("log:\n%s", log)
	}
}

// Credentials that come along are in no log and in no delivery, whatever goes
// wrong.
func TestSecrets(t *testing.T) {
	log := logged.JSON(t)
	const headers = `"__ow_headers":{"authorization":"Basic s3cret","x-api-key":"s3cret"}`
	h := fn.HandlerFunc(func(ctx context.Context, e fn.Event) (*fn.Event, error) {
		d, ok := fn.DeliveryFrom(ctx)
		if !ok {
			t.Error("no delivery")
		}
		if shown := fmt.Sprintf("%+v %s", d, d.Raw()); strings.Contains(shown, "s3cret") {
			t.Errorf("the delivery shows %s", shown)
		}
		return nil, errors.New("failed")
	})
	for name, c := range map[string]struct {
		src   Source
		value string
	}{
		"Kafka":                    {Kafka{Queue: "orders"}, oneMessage[:len(oneMessage)-1] + `,` + headers + `}`},
		"Kafka, another payload":   {Kafka{Queue: "orders"}, `{"x":1,` + headers + `}`},
		"trigger":                  {Trigger{}, `{"cloudevent":{"specversion":"1.0","id":"1","source":"/s","type":"t"},` + headers + `}`},
		"trigger without an event": {Trigger{}, `{"x":1,` + headers + `}`},
		"trigger, forged type":     {Trigger{}, `{"cloudevent":{"specversion":"1.0","id":"1","source":"/s","type":"dev.fngen.x.v1"},` + headers + `}`},
		"stream":                   {Kafka{Stream: "orders"}, oneMessage[:len(oneMessage)-1] + `,` + headers + `}`},
		"topic":                    {Trigger{Topic: "orders"}, `{"x":1,` + headers + `}`},
		"alarm":                    {Alarm{Name: "nightly"}, `{"name":"nightly",` + headers + `}`},
		"alarm, another function":  {Alarm{Name: "nightly"}, `{"name":"weekly",` + headers + `}`},
		"CouchDB":                  {CouchDB{Collection: "c"}, `{"dbname":"d","id":"a","changes":[{"rev":"1-a"}],` + headers + `}`},
		"CouchDB, broken":          {CouchDB{Collection: "c"}, `{"id":"a","changes":[],` + headers + `}`},
		"nested":                   {Trigger{Topic: "orders"}, `{"x":` + strings.Repeat("[", 1001) + strings.Repeat("]", 1001) + `,` + headers + `}`},
	} {
		answer := Handler(h, c.src).Invoke(t.Context(), line(c.value, time.Time{}))
		if !bytes.HasPrefix(answer, []byte(`{"error":`)) || bytes.Contains(answer, []byte("s3cret")) {
			t.Errorf("%s: answer %s", name, answer)
		}
	}
	if strings.Contains(log.String(), "s3cret") {
		t.Errorf("the log shows a secret:\n%s", log)
	}
	if n := strings.Count(log.String(), "event dropped"); n != 12 {
		t.Errorf("%d of 12 lost events are in the log", n)
	}
}

// An answer names a few of many failures: it is limited to 1 MB.
func TestManyFailures(t *testing.T) {
	logged.JSON(t)
	var messages []string
	for i := range 30 {
		messages = append(messages, fmt.Sprintf(`{"topic":"orders","partition":1,"offset":%d,"value":"-"}`, i))
	}
	answer, _ := invoke(t, Kafka{Queue: "orders"}, `{"messages":[`+strings.Join(messages, ",")+`]}`)
	if !strings.HasPrefix(answer, `{"error":"30 of 30 events failed: Kafka message orders 1:0, Kafka message orders 1:1, `) ||
		!strings.HasSuffix(answer, `, Kafka message orders 1:19, 10 more"}`) {
		t.Errorf("answer %s", answer)
	}
}

// A program that handles events only does not carry net/http.
func TestDependencies(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dep := range strings.Lines(string(out)) {
		switch dep = strings.TrimSpace(dep); {
		case dep == "net/http", dep == "github.com/cloudevents/sdk-go/v2", strings.HasPrefix(dep, "github.com/aws/"):
			t.Errorf("depends on %s", dep)
		}
	}
}
