package acceptance

import (
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"
)

// soakBatch is the size of a soak's activation: as many messages as an answer
// names.
const soakBatch = 20

// Of 50,000 messages that the Kafka feed delivers, with errors, panics, slow
// handlers, what does not decode, and processes that are ended in the middle of
// an activation, each was handled, once, or the answer names it as failed, or
// it was in an activation that was never answered: OpenWhisk delivers no
// message again, and so those that the process had not handled are lost.
func TestSoakOpenWhisk(t *testing.T) {
	// A message that fails costs at least 0.2 s of waiting, so there are fewer,
	// and as many containers as a busy trigger starts.
	s := newSoak(t, 125, func(n int) string { return fmt.Sprintf("%d:%d", n%4, n) })
	const containers = 16
	idle := make(chan *action)
	run := func() {
		a := startAction(t, "soak", s.ledger())
		go func() {
			s.feed(a)
			idle <- a
		}()
	}
	for range containers {
		run()
	}
	for running := containers; running > 0; running-- {
		if a := <-idle; s.left() {
			s.wasKilled(a.process)
			run()
			running++
		}
	}
	s.checkOnce()
}

// feed sends one activation after another until none is left or the process
// ends, which a handler that holds has it do.
func (s *soak) feed(a *action) {
	for {
		batch := s.take(soakBatch)
		if len(batch) == 0 {
			return
		}
		answer, ok := s.activate(a, activation(s.t, s.kafkaValue(batch), patience))
		if !ok {
			s.settle(lost, batch...)
			return
		}
		s.concluded(batch, answer)
	}
}

// kafkaValue is the activation's value with the messages, of four partitions.
func (s *soak) kafkaValue(batch []*soakMessage) string {
	var messages []map[string]any
	for _, m := range batch {
		value := any([]byte(m.body))
		if m.garbled {
			value = "%%%" // no base64
		}
		messages = append(messages, map[string]any{"topic": "soak", "partition": m.n % 4, "offset": m.n, "key": nil, "value": value})
	}
	return encode(s.t, map[string]any{"messages": messages})
}

// activate sends the line of a request and returns the line of its answer, or
// false if the process ends without one.
func (s *soak) activate(a *action, line string) (string, bool) {
	if _, err := io.WriteString(a.stdin, line+"\n"); err != nil {
		return "", false
	}
	timeout := time.After(patience)
	for lines := a.lines; ; {
		select {
		case line, ok := <-lines:
			if !ok {
				lines = nil
				continue
			}
			s.kill(a.process, line)
		case answer, ok := <-a.answers:
			return answer, ok
		case <-timeout:
			s.t.Error("the action does not answer")
			return "", false
		}
	}
}

var failedText = regexp.MustCompile(`^(\d+) of (\d+) events failed: (.*)$`)

// concluded notes the fates of an answered activation's messages.
func (s *soak) concluded(batch []*soakMessage, answer string) {
	named := map[string]bool{}
	if answer != "{}\n" {
		var a struct{ Error string }
		err := json.Unmarshal([]byte(answer), &a)
		parts := failedText.FindStringSubmatch(a.Error)
		if err != nil || parts == nil {
			s.t.Errorf("answer %q", answer)
			return
		}
		for name := range strings.SplitSeq(parts[3], ", ") {
			named[name] = true
		}
		if parts[1] != fmt.Sprint(len(named)) || parts[2] != fmt.Sprint(len(batch)) {
			s.t.Errorf("of %d messages the answer names %d: %s", len(batch), len(named), answer)
		}
	}
	for _, m := range batch {
		if name := "Kafka message soak " + s.id(m.n); named[name] {
			delete(named, name)
			s.settle(failed, m)
		} else {
			s.settle(acknowledged, m)
		}
	}
	if len(named) > 0 {
		s.t.Errorf("the answer names messages that are not in the activation: %v", named)
	}
}

// checkOnce accounts for every message of a platform that delivers once.
func (s *soak) checkOnce() {
	s.t.Helper()
	fates, unhandled := map[fate]int{}, 0
	var wrong []string
	for n, times := range s.handled() {
		m := s.messages[n]
		ok := false
		switch m.fate {
		case acknowledged:
			ok = times == 1 && !m.failed
		case failed:
			ok = times == 0 && m.failed
		case lost:
			ok = times <= 1
			if times == 0 {
				unhandled++
			}
		}
		if !ok || m.deliveries != 1 {
			wrong = append(wrong, m.story(times))
		}
		fates[m.fate]++
	}
	s.report(wrong)
	if most := soakKills * soakBatch; fates[lost] > most || len(s.killed) != soakKills {
		s.t.Errorf("%d messages without an answer from %d ended processes, want at most %d from %d", fates[lost], len(s.killed), most, soakKills)
	}
	s.t.Logf("%d done, %d named as failed; of %d whose activation was not answered because of %d ended processes %d were handled",
		fates[acknowledged], fates[failed], fates[lost], len(s.killed), fates[lost]-unhandled)
}
