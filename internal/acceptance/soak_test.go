package acceptance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// maxReceives is the number of deliveries after which a queue moves a message
// to its dead letters: above what failing steps and ended processes add up to.
const maxReceives = 10

// soakKills is how many messages have their process ended while their handler
// runs.
const soakKills = 3

// A fault is what is wrong with a message, and what has to become of it.
type fault struct {
	steps   []string // what its first tries come to
	garbled bool     // instead, the adapter cannot decode it
	dead    bool     // ends in the dead letters where the platform delivers again
	failed  bool     // is named as failed where it is tried three times and never delivered again
}

// faults are spread over the messages in turn.
var faults = []fault{
	{steps: []string{"error"}},
	{steps: []string{"panic"}},
	{steps: []string{"later"}},
	{steps: []string{"slow"}},
	{steps: []string{"error", "panic"}},
	{steps: []string{"panic", "error", "error"}, failed: true},
	{steps: []string{"permanent"}, failed: true},
	{steps: slices.Repeat([]string{"permanent"}, maxReceives), dead: true, failed: true},
	{garbled: true, dead: true, failed: true},
}

// A fate is what became of a message on the platform's side.
type fate string

const (
	acknowledged fate = "acknowledged"         // will not be delivered again
	dead         fate = "in the dead letters"  // delivered too often
	failed       fate = "named as failed"      // in the answer of an activation
	lost         fate = "without any response" // of a process that ended, where nothing is delivered again
)

// A soakMessage is one message and its way through a platform.
type soakMessage struct {
	fault
	n          int
	body       string
	deliveries int
	fate       fate // empty while it waits or is on its way
}

// A soak is a queue and all of its messages, which end up in a fate each.
type soak struct {
	t        *testing.T
	dir      string // of the ledgers
	id       func(n int) string
	messages []*soakMessage

	mu      sync.Mutex
	waiting []*soakMessage
	ledgers int
	killed  map[*process]bool
}

// newSoak returns a soak of 50,000 messages with the ids. One of every so many has a fault, and soakKills have their
// process ended.
func newSoak(t *testing.T, every int, id func(n int) string) *soak {
	const count = 50_000
	s := &soak{t: t, dir: t.TempDir(), id: id, killed: map[*process]bool{}}
	for n := range count {
		m := &soakMessage{n: n}
		switch {
		case n%(count/(soakKills+1)) == count/(soakKills+1)-1 && n != count-1:
			m.steps = []string{"hold"}
		case n%every == 0:
			m.fault = faults[n/every%len(faults)]
		}
		m.body = encode(t, map[string]any{"n": n, "steps": m.steps})
		s.messages = append(s.messages, m)
	}
	s.waiting = slices.Clone(s.messages)
	return s
}

// ledger returns the environment that has a process write a ledger of its own.
func (s *soak) ledger() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ledgers++
	return fmt.Sprintf("SOAK_LEDGER=%s", filepath.Join(s.dir, fmt.Sprint(s.ledgers)))
}

// take takes at most the number of messages from the queue's head for delivery.
func (s *soak) take(most int) []*soakMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	most = min(most, len(s.waiting))
	taken := s.waiting[:most]
	s.waiting = s.waiting[most:]
	for _, m := range taken {
		m.deliveries++
	}
	return taken
}

// settle notes the fate of messages that are delivered.
func (s *soak) settle(f fate, messages ...*soakMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range messages {
		m.fate = f
	}
}

// back puts messages that are not acknowledged at the queue's end, or away if
// they were delivered too often.
func (s *soak) back(messages ...*soakMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range messages {
		if m.deliveries == maxReceives {
			m.fate = dead
			continue
		}
		s.waiting = append(s.waiting, m)
	}
}

// left reports whether the queue holds anything.
func (s *soak) left() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.waiting) > 0
}

// kill ends the process at once, with no time to drain, while the handler that
// has written the line holds.
func (s *soak) kill(p *process, line string) {
	if line != "hold\n" {
		s.t.Errorf("standard output %q", line)
	}
	s.mu.Lock()
	s.killed[p] = true
	s.mu.Unlock()
	if err := p.cmd.Process.Kill(); err != nil {
		s.t.Error(err)
	}
}

// wasKilled fails the test unless the process was ended by kill.
func (s *soak) wasKilled(p *process) {
	s.t.Helper()
	p.exit()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.killed[p] {
		s.t.Fatalf("the process has ended by itself: %v", p.cmd.ProcessState)
	}
}

// entry is a line of a ledger of testdata/app/soak.
type entry struct {
	ID           string            `json:"id"`
	N            int               `json:"n"`
	Try          int               `json:"try"`
	PartitionKey any               `json:"partitionkey"`
	Attributes   map[string]string `json:"attributes"`
}

// readLedger returns the entries of a ledger. The last line of a process that
// was ended may be cut, and does not count then.
func readLedger(t *testing.T, name string) []entry {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil && !os.IsNotExist(err) { // the process ended before it opened it
		t.Fatal(err)
	}
	var entries []entry
	for len(data) > 0 {
		line, rest, whole := bytes.Cut(data, []byte("\n"))
		if !whole {
			break
		}
		var e entry
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatalf("%s: %q: %v", name, line, err)
		}
		entries, data = append(entries, e), rest
	}
	return entries
}

// handled returns how often each message was handled, by all processes. An id
// that was handled with another message's data fails the test.
func (s *soak) handled() []int {
	s.t.Helper()
	times := make([]int, len(s.messages))
	for ledger := range s.ledgers {
		for _, e := range readLedger(s.t, filepath.Join(s.dir, fmt.Sprint(ledger+1))) {
			if e.N < 0 || e.N >= len(times) || s.id(e.N) != e.ID {
				s.t.Fatalf("the message %d was handled with the id %q", e.N, e.ID)
			}
			times[e.N]++
		}
	}
	return times
}

// story tells what became of a message that was handled so many times.
func (m *soakMessage) story(times int) string {
	return fmt.Sprintf("message %d, steps %q, garbled %t: %s after %d deliveries, handled %d times", m.n, m.steps, m.garbled, m.fate, m.deliveries, times)
}

// report fails the test if stories are not as they have to be.
func (s *soak) report(wrong []string) {
	s.t.Helper()
	const most = 20
	for _, story := range wrong[:min(most, len(wrong))] {
		s.t.Error(story)
	}
	if len(wrong) > most {
		s.t.Errorf("and so for %d more", len(wrong)-most)
	}
}

// checkRedelivered accounts for every message of a platform that delivers again
// what is not acknowledged: it is acknowledged, and then it was handled, or in
// the dead letters, and then it was not. What succeeds at once comes again only
// if its process was ended, and a process holds no more than inFlight messages.
func (s *soak) checkRedelivered(inFlight int) {
	s.t.Helper()
	fates, again, twice := map[fate]int{}, 0, 0
	var wrong []string
	for n, times := range s.handled() {
		m := s.messages[n]
		want := acknowledged
		if m.dead {
			want = dead
		}
		if m.fate != want || (m.fate == acknowledged) != (times > 0) {
			wrong = append(wrong, m.story(times))
		}
		fates[m.fate]++
		if len(m.steps) == 0 && !m.garbled && m.deliveries > 1 {
			again++
		}
		if times > 1 {
			twice++
		}
	}
	s.report(wrong)
	if most := soakKills * inFlight; again > most {
		s.t.Errorf("%d messages that succeed were delivered again, want at most the %d that %d processes held when they were ended", again, most, soakKills)
	}
	if len(s.killed) != soakKills {
		s.t.Errorf("%d processes were ended, want %d", len(s.killed), soakKills)
	}
	s.t.Logf("%d acknowledged, %d dead letters; %d delivered again and %d handled twice because of %d ended processes",
		fates[acknowledged], fates[dead], again, twice, len(s.killed))
}
