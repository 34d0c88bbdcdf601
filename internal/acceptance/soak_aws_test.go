package acceptance

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Of all messages through a queue, whatever becomes of handlers, connections,
// sinks and processes, each is deleted only if it was handled, or if its dead
// letter is written; and all that it emitted is sent.
func TestSoakAWS(t *testing.T) {
	s := newSoak(t, 20, func(n int) string { return fmt.Sprintf("59a2f8f2-%d", n) })
	s.newSinks((*soakSinks).answerAWS)
	env := []string{
		"AWS_ENDPOINT_URL=" + s.sinks.url, "AWS_ACCESS_KEY_ID=AKID", "AWS_SECRET_ACCESS_KEY=SECRET",
		"FNGEN_SINK_SOAK_FAILURES=https://sqs.eu-west-1.amazonaws.com/123456789012/letters",
		"FNGEN_SINK_SOAKED=arn:aws:sns:eu-west-1:123456789012:soaked",
	}
	const environments = 4
	ended := make(chan *lambda) // nil for one that finds the queue empty
	run := func() {
		l, message := startLambda(t, "soak", append(env, s.ledger())...), sqsMessage(t)
		go func() {
			if !s.poll(l, message) {
				l = nil
			}
			ended <- l
		}()
	}
	for range environments {
		run()
	}
	for running := environments; running > 0; running-- {
		if l := <-ended; l != nil {
			s.hasEnded(l.process)
			run()
			running++
		}
	}
	s.checkRedelivered(10, "killed", "terminated", "stuck", "connection reset")
}

// hurry is the time that a platform gives where a handler is late.
const hurry = 1200 * time.Millisecond

// poll invokes the function with one batch of copies of the message after another
// until none is left, and reports whether the process has ended.
func (s *soak) poll(l *lambda, message map[string]any) (ended bool) {
	k := &keeper{soak: s}
	defer k.free()
	for {
		batch := s.takeUnkept(10, k)
		if len(batch) == 0 {
			return false
		}
		within, broken := patience, false
		for _, m := range batch {
			if m.next() == "stuck" {
				k.stuck(10)
			}
			broken = broken || m.next() == "break"
			if k.isStuck() || m.next() == "late" {
				within = hurry
			}
		}
		answer, ok := s.invoke(l, sqsPayload(s.t, message, s, batch), within, broken)
		if !ok {
			s.back(batch...) // becomes visible again
			return true
		}
		s.answered(batch, answer)
	}
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

// invoke has the function handle the payload within the time. If a handler
// holds, the process is ended, and then, or if it has ended, there is no answer;
// nor is there if the connection of the answer is broken, which ends it too.
func (s *soak) invoke(l *lambda, payload string, within time.Duration, broken bool) (string, bool) {
	s.t.Helper()
	if broken {
		s.broke(l.process)
		l.api.broken.Store(true)
	}
	l.n++
	i := invocation{fmt.Sprintf("request-%d", l.n), payload, time.Now().Add(within)}
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
			s.end(l.process, line)
		case a := <-l.api.answers:
			if want := "invocation/" + i.id + "/response"; a.path != want {
				s.t.Errorf("the function posted to %s, want %s: %s", a.path, want, a.body)
				return "", false
			}
			return a.body, true
		case <-l.ended:
			return "", false
		case <-timeout:
			s.t.Errorf("invocation %d is not answered", l.n)
			_ = l.cmd.Process.Kill()
			return "", false
		}
	}
}

// answered does with the batch what SQS does by the function's answer.
func (s *soak) answered(batch []*soakMessage, answer string) {
	s.t.Helper()
	var report struct {
		Failures *[]struct {
			ID string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	d := json.NewDecoder(strings.NewReader(answer))
	d.DisallowUnknownFields()
	if err := d.Decode(&report); err != nil || report.Failures == nil {
		s.t.Errorf("answer %s: %v", answer, err)
		return
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
			s.acknowledged(m)
		}
	}
	if len(kept) > 0 {
		s.t.Errorf("the answer names messages that are not in the batch: %v", kept)
	}
}
