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

// Of all messages that the Kafka feed delivers, whatever becomes of handlers,
// sinks and processes, each was handled, or has a dead letter or a line of the log
// that holds it whole, and then the answer names it as failed, or it was in an
// activation that was never answered: OpenWhisk delivers no message again, and so
// those that the process had not handled are lost.
func TestSoakOpenWhisk(t *testing.T) {
	// A message that fails costs at least 0.2 s of waiting, so there are fewer,
	// and as many containers as a busy trigger starts.
	s := newSoak(t, 125, func(n int) string { return fmt.Sprintf("%d:%d", n%4, n) })
	s.newSinks((*soakSinks).answerOpenWhisk)
	const containers = 16
	idle := make(chan *action)
	run := func() {
		a := startAction(t, "soak", s.ledger(), "__OW_API_HOST="+s.sinks.url, "FNGEN_SINK_SOAK_FAILURES=soak-failures", "FNGEN_SINK_SOAKED=soaked")
		go func() {
			s.feed(a)
			idle <- a
		}()
	}
	for range containers {
		run()
	}
	for running := containers; running > 0; running-- {
		a := <-idle
		if !s.left() {
			a.stdin.Close()
			a.exit()
			s.readWhole(a.log.String())
			continue
		}
		s.hasEnded(a.process)
		run()
		running++
	}
	s.checkOnce()
}

// feed sends one activation after another until none is left or the process
// ends, by itself or since a handler holds.
func (s *soak) feed(a *action) {
	k := &keeper{soak: s}
	defer k.free()
	for {
		if k.isStuck() { // one that ends is sent nothing more
			select {
			case <-a.ended:
				return
			case <-time.After(300 * time.Millisecond):
			}
		}
		batch := s.takeUnkept(soakBatch, k)
		if len(batch) == 0 {
			return
		}
		within := patience
		for _, m := range batch {
			if m.next() == "stuck" {
				k.stuck(soakBatch)
			}
			if k.isStuck() || m.next() == "late" {
				within = hurry
			}
		}
		for _, m := range batch {
			m.hurried = within == hurry
		}
		answer, ok := s.activate(a, activation(s.t, s.kafkaValue(batch), within))
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
			s.end(a.process, line)
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
	fates, unhandled, letters, whole := map[fate]int{}, 0, 0, 0
	var wrong []string
	for n, times := range s.handled() {
		m := s.messages[n]
		hasLetter, isWhole := s.sinks.hasLetter(s.id(n)), s.whole["Kafka message soak "+s.id(n)]
		ran := m.sink == refused // it was handled, and could not send
		ok := false
		switch m.fate {
		case acknowledged:
			// What is not sent at the first time may have its handler run again.
			ok = (times == 1 || times > 1 && m.sink != accepted) && !m.failed && !hasLetter && s.sinks.sent(n) == m.emit
		case failed:
			// Given little time what is not started fails, and what is late may still succeed.
			ok = (hasLetter || isWhole) && (m.hurried || m.failed && (times > 0) == ran)
			ok = ok && (m.letter != refused || hasLetter && isWhole)
		case lost:
			ok = times <= 1
			if times == 0 && !hasLetter {
				unhandled++
			}
		}
		if !ok || m.deliveries != 1 {
			wrong = append(wrong, fmt.Sprintf("%s; logged whole: %t", s.story(m, times), isWhole))
		}
		fates[m.fate]++
		if hasLetter {
			letters++
		}
		if isWhole {
			whole++
		}
	}
	s.report(wrong, "killed", "terminated", "stuck")
	if most := len(s.ended) * soakBatch; fates[lost] > most {
		s.t.Errorf("%d messages without an answer from %d ended processes, want at most %d", fates[lost], len(s.ended), most)
	}
	s.t.Logf("%d ids: %d done, %d named as failed (%d dead letters, %d logged whole), %d lost, done unhandled or otherwise wrong; of %d whose activation was not answered %d were not handled; processes ended: %v",
		len(s.messages), fates[acknowledged], fates[failed], letters, whole, len(wrong), fates[lost], unhandled, s.endings())
}
