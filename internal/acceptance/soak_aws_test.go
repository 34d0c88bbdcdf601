package acceptance

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Of 50,000 messages through a queue, with errors, panics, slow handlers, what
// does not decode, and processes that are ended in the middle of a batch, each
// is deleted only if it was handled, or if its dead letter is written.
func TestSoakAWS(t *testing.T) {
	s := newSoak(t, 20, func(n int) string { return fmt.Sprintf("59a2f8f2-%d", n) })
	message := sqsMessage(t)
	s.lettered()
	letters := newSoakLetters(t, (*soakLetters).takeSQS)
	env := []string{
		"AWS_ENDPOINT_URL_SQS=" + letters.url, "AWS_ACCESS_KEY_ID=AKID", "AWS_SECRET_ACCESS_KEY=SECRET",
		"FNGEN_SINK_SOAK_DEAD_LETTERS=https://sqs.eu-west-1.amazonaws.com/123456789012/letters",
	}
	for s.left() {
		l := startLambda(t, "soak", append(env, s.ledger())...)
		for s.left() {
			batch := s.take(10)
			answer, ok := s.invoke(l, sqsPayload(t, message, s, batch))
			if !ok {
				s.wasKilled(l.process)
				s.back(batch...) // becomes visible again
				break
			}
			s.answered(batch, answer, letters)
		}
	}
	s.checkRedelivered(10)
}

// sqsMessage returns the real message in sqs-event.json.
func sqsMessage(t *testing.T) map[string]any {
	t.Helper()
	var batch struct{ Records []map[string]any }
	if err := json.Unmarshal([]byte(lambdaEvent(t, "sqs-event.json")), &batch); err != nil {
		t.Fatal(err)
	}
	return batch.Records[0]
}

// sqsPayload returns the messages as a batch of copies of the real one.
func sqsPayload(t *testing.T, message map[string]any, s *soak, batch []*soakMessage) string {
	var records []json.RawMessage
	for _, m := range batch {
		message["messageId"], message["body"] = s.id(m.n), m.body
		message["attributes"].(map[string]any)["ApproximateReceiveCount"] = strconv.Itoa(m.deliveries)
		message["messageAttributes"] = map[string]any{}
		if m.garbled { // its body is no CloudEvent
			message["messageAttributes"] = map[string]any{"content-type": map[string]string{"dataType": "String", "stringValue": "application/cloudevents+json"}}
		}
		records = append(records, json.RawMessage(encode(t, message)))
	}
	return encode(t, map[string]any{"Records": records})
}

// invoke has the function handle the payload. If a handler holds, the process
// is ended, and then, or if it has ended, there is no answer.
func (s *soak) invoke(l *lambda, payload string) (string, bool) {
	s.t.Helper()
	l.n++
	i := invocation{fmt.Sprintf("request-%d", l.n), payload, time.Now().Add(patience)}
	work, lines, timeout := l.api.work, l.lines, time.After(patience)
	for {
		select {
		case work <- i:
			work = nil
		case line, ok := <-lines:
			if !ok {
				lines = nil
				continue
			}
			s.kill(l.process, line)
		case a := <-l.api.answers:
			if want := "invocation/" + i.id + "/response"; a.path != want {
				s.t.Fatalf("the function posted to %s, want %s: %s", a.path, want, a.body)
			}
			return a.body, true
		case <-l.ended:
			return "", false
		case <-timeout:
			s.t.Fatalf("invocation %d is not answered", l.n)
		}
	}
}

// answered does with the batch what SQS does by the function's answer.
func (s *soak) answered(batch []*soakMessage, answer string, letters *soakLetters) {
	s.t.Helper()
	var report struct {
		Failures *[]struct {
			ID string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	d := json.NewDecoder(strings.NewReader(answer))
	d.DisallowUnknownFields()
	if err := d.Decode(&report); err != nil || report.Failures == nil {
		s.t.Fatalf("answer %s: %v", answer, err)
	}
	kept := map[string]bool{}
	for _, f := range *report.Failures {
		kept[f.ID] = true
	}
	if len(kept) != len(*report.Failures) {
		s.t.Errorf("an id is there twice: %s", answer)
	}
	for _, m := range batch {
		if id := s.id(m.n); kept[id] {
			delete(kept, id)
			s.back(m)
		} else {
			s.acknowledged(m, letters)
		}
	}
	if len(kept) > 0 {
		s.t.Errorf("the answer names messages that are not in the batch: %v", kept)
	}
}
