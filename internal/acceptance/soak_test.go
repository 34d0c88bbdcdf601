package acceptance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// maxReceives is the number of deliveries after which a queue moves a message
// to its dead letters: above what failing steps and ended processes add up to.
const maxReceives = 10

// A fault is what is wrong with a message, and what has to become of it.
type fault struct {
	steps   []string // what its first tries come to
	emit    int      // events that it emits when it is handled
	garbled bool     // instead, the adapter cannot decode it
	letter  taking   // what the sink of dead letters makes of its own
	sink    taking   // what the sink of emitted events makes of those
	cut     bool     // the client goes away from its first request, where it is one of its own
	dead    bool     // ends in the dead letters where the platform delivers again
	failed  bool     // has failed for good where it is tried three times and never delivered again
}

// A taking is what a sink makes of an event.
type taking string

const (
	accepted taking = ""        // at once
	half     taking = "half"    // of a batch the first alone, or nothing where it is all or nothing; the rest at the next call
	down     taking = "down"    // at the next call
	reset    taking = "reset"   // is taken, but the connection is reset before the answer
	refused  taking = "refused" // never, for a reason that stays
)

var always = slices.Repeat([]string{"permanent"}, maxReceives)

// faults are spread over the messages in turn.
var faults = []fault{
	{steps: []string{"error"}},
	{steps: []string{"panic"}},
	{steps: []string{"later"}},
	{steps: []string{"slow"}, cut: true},
	{steps: []string{"nil"}},
	{steps: []string{"exit"}},
	{emit: 3},
	{emit: 3, sink: half},
	{emit: 3, sink: reset},
	{emit: 2, sink: down, steps: []string{"error"}},
	{emit: 1, sink: refused, dead: true, failed: true},
	{steps: []string{"error", "panic"}, cut: true},
	{steps: []string{"panic", "nil", "error"}, failed: true},
	{steps: always, dead: true, failed: true},
	{steps: always, letter: down, dead: true, failed: true},
	{steps: always, letter: reset, dead: true, failed: true},
	{steps: always, letter: refused, dead: true, failed: true},
	{garbled: true, dead: true, failed: true},
}

// A rare is a fault of the process rather than of one message. There is one for
// so many messages.
type rare struct {
	step  string
	every int
}

var rares = []rare{
	{"hold", 10_000},  // the process is ended while its handler runs, by SIGKILL and SIGTERM in turn
	{"late", 6_000},   // the handler returns long after the answer is due
	{"stuck", 30_000}, // no handler returns any more, until the process ends itself
	{"break", 20_000}, // the connection is reset on which the batch is answered, where it is one of its own
}

// A fate is what became of a message on the platform's side.
type fate string

const (
	acknowledged fate = "acknowledged"         // will not be delivered again
	dead         fate = "in the dead letters"  // by the function, or delivered too often
	failed       fate = "named as failed"      // in the answer of an activation
	lost         fate = "without any response" // of a process that ended, where nothing is delivered again
)

// A soakMessage is one message and its way through a platform.
type soakMessage struct {
	fault
	n          int
	body       string
	deliveries int
	hurried    bool // was delivered with little time
	fate       fate // empty while it waits or is on its way
}

// next is what the handler does with the message at the delivery that it is at.
func (m *soakMessage) next() string {
	if m.deliveries > len(m.steps) {
		return ""
	}
	return m.steps[m.deliveries-1]
}

// A soak sends many messages through a built artifact, as its platform does, while
// whatever can go wrong does. It counts them on both sides, by their ids: what the
// handlers have written to ledgers, and what the platform was told. FNGEN_SOAK_IDS
// says how many messages there are, 60,000 if it is not set, and FNGEN_SOAK_SEED
// repeats the messages and faults of another run.
type soak struct {
	t        *testing.T
	dir      string // of the ledgers
	id       func(n int) string
	messages []*soakMessage
	sinks    *soakSinks

	mu      sync.Mutex
	waiting []*soakMessage
	kept    int        // messages that wait for processes that are stuck
	freed   *sync.Cond // there are fewer of those
	ledgers int
	signals int                 // that were sent
	ended   map[*process]string // how, of those that were ended
	whole   map[string]bool     // ids of the events that processes have logged whole
}

// newSoak returns a soak of messages with the ids. One of every so many has a
// fault, and a few are rare.
func newSoak(t *testing.T, every int, id func(n int) string) *soak {
	t.Helper()
	count, seed := setting(t, "FNGEN_SOAK_IDS", 60_000), setting(t, "FNGEN_SOAK_SEED", int(time.Now().UnixNano()%1_000_000_000))
	t.Logf("FNGEN_SOAK_IDS=%d FNGEN_SOAK_SEED=%d", count, seed)
	random := rand.New(rand.NewPCG(uint64(seed), 0))
	s := &soak{t: t, dir: t.TempDir(), id: id, ended: map[*process]string{}, whole: map[string]bool{}}
	s.freed = sync.NewCond(&s.mu)
	for n := range count {
		s.messages = append(s.messages, &soakMessage{n: n})
	}
	order := random.Perm(len(faults))
	for i := 0; (i+1)*every <= count; i++ {
		s.messages[i*every+random.IntN(every)].fault = faults[order[i%len(faults)]]
	}
	var steps []string
	for _, r := range rares {
		steps = append(steps, slices.Repeat([]string{r.step}, max(2, count/r.every))...)
	}
	random.Shuffle(len(steps), func(i, j int) { steps[i], steps[j] = steps[j], steps[i] })
	slot := count / len(steps)
	for i, step := range steps { // apart, so that no two are in one batch
		s.messages[i*slot+slot/4+random.IntN(slot/2)].fault = fault{steps: []string{step}}
	}
	for _, m := range s.messages {
		steps := m.steps
		if slices.Equal(steps, []string{"break"}) {
			steps = nil // nothing that the handler does
		}
		m.body = encode(t, map[string]any{"n": m.n, "steps": steps, "emit": m.emit})
	}
	s.waiting = slices.Clone(s.messages)
	return s
}

// setting returns the number in the variable.
func setting(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s=%s is no number above 0", name, text)
	}
	return n
}

// ledger returns the environment that has a process write a ledger of its own.
func (s *soak) ledger() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ledgers++
	return fmt.Sprintf("SOAK_LEDGER=%s", filepath.Join(s.dir, fmt.Sprint(s.ledgers)))
}

// A keeper keeps messages for a process that is stuck, since others would empty
// the queue before it has had the calls that show it.
type keeper struct {
	soak *soak
	n    int // 0 while the process is not stuck
}

func (k *keeper) isStuck() bool { return k.n > 0 }

// stuck keeps four calls of so many messages, and one more.
func (k *keeper) stuck(batch int) {
	k.soak.mu.Lock()
	defer k.soak.mu.Unlock()
	if k.n == 0 {
		k.n = 5 * batch
		k.soak.kept += k.n
	}
}

// free lets others have the messages: the process has ended, or has had all.
func (k *keeper) free() {
	k.soak.mu.Lock()
	defer k.soak.mu.Unlock()
	k.soak.kept -= k.n
	k.n = 0
	k.soak.freed.Broadcast()
}

// takeUnkept is take for a process, which waits while what is left is kept for
// others.
func (s *soak) takeUnkept(most int, k *keeper) []*soakMessage {
	s.mu.Lock()
	for !k.isStuck() && len(s.waiting) > 0 && len(s.waiting) <= s.kept {
		s.freed.Wait()
	}
	s.mu.Unlock()
	return s.take(most)
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

// acknowledged notes the fate of messages that the platform takes away: what has
// a dead letter is one.
func (s *soak) acknowledged(messages ...*soakMessage) {
	for _, m := range messages {
		if s.sinks.hasLetter(s.id(m.n)) {
			s.settle(dead, m)
		} else {
			s.settle(acknowledged, m)
		}
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

// end ends the process while the handler that has written the line holds: at
// once, with no time to drain, or as platforms tell processes to end.
func (s *soak) end(p *process, line string) {
	if line != "hold\n" {
		s.t.Errorf("standard output %q", line)
	}
	s.mu.Lock()
	signal := []os.Signal{syscall.SIGKILL, syscall.SIGTERM}[s.signals%2]
	s.signals++
	s.ended[p] = signal.String()
	s.mu.Unlock()
	if err := p.cmd.Process.Signal(signal); err != nil {
		s.t.Error(err)
	}
}

// isEnded reports whether the process was told to end: no platform sends it
// anything after that.
func (s *soak) isEnded(p *process) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended[p] != ""
}

// broke notes that the process ends since its connection is reset.
func (s *soak) broke(p *process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended[p] = "connection reset"
}

// hasEnded fails the test unless the process was ended, or has ended itself
// since it was stuck, and said so.
func (s *soak) hasEnded(p *process) {
	s.t.Helper()
	code, log := p.exit(), p.log.String()
	s.readWhole(log)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended[p] == "" && code == 1 && strings.Contains(log, "a call has not returned while three later ones became late too") {
		s.ended[p] = "stuck"
	}
	if s.ended[p] == "" {
		s.t.Fatalf("the process has ended by itself: %v", p.cmd.ProcessState)
	}
}

// readWhole notes what a log has of events that are logged whole.
func (s *soak) readWhole(log string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for line := range strings.Lines(log) {
		if !strings.Contains(line, "event dropped") {
			continue
		}
		var dropped struct {
			Record string
			Piece  int
			Pieces int
		}
		if err := json.Unmarshal([]byte(line), &dropped); err != nil || dropped.Piece != 1 || dropped.Pieces != 1 {
			s.t.Errorf("log %q: %v", line, err)
		}
		s.whole[dropped.Record] = true
	}
}

// endings counts the processes that have ended, by how.
func (s *soak) endings() map[string]int {
	count := map[string]int{}
	for _, how := range s.ended {
		count[how]++
	}
	return count
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
func (s *soak) story(m *soakMessage, times int) string {
	return fmt.Sprintf("message %d, %+v: %s after %d deliveries, handled %d times; %d of its events are sent, it has a dead letter: %t",
		m.n, m.fault, m.fate, m.deliveries, times, s.sinks.sent(m.n), s.sinks.hasLetter(s.id(m.n)))
}

// report fails the test if messages are not as they have to be, or if a fault
// that was to happen hardly did.
func (s *soak) report(wrong []string, want ...string) {
	s.t.Helper()
	const most = 20
	for _, story := range wrong[:min(most, len(wrong))] {
		s.t.Error(story)
	}
	if len(wrong) > most {
		s.t.Errorf("and so for %d more", len(wrong)-most)
	}
	endings := s.endings()
	for _, how := range want {
		if endings[how] == 0 {
			s.t.Errorf("no process has ended by %q: %v", how, endings)
		}
	}
}

// checkRedelivered accounts for every message of a platform that delivers again
// what is not acknowledged: it is acknowledged, and then it was handled and all
// that it emitted is sent, or in the dead letters. What succeeds at once comes
// again only if its process ended, and a process holds no more than inFlight
// messages. want are the ways for processes to end.
func (s *soak) checkRedelivered(inFlight int, want ...string) {
	s.t.Helper()
	fates, again, twice, odd := map[fate]int{}, 0, 0, 0
	var wrong []string
	for n, times := range s.handled() {
		m := s.messages[n]
		expected := acknowledged
		if m.dead {
			expected = dead
		}
		emitted := m.emit
		if m.sink == refused {
			emitted = 0
		}
		handled := m.fate == acknowledged || m.sink == refused
		if m.fate != expected || handled != (times > 0) || s.sinks.sent(n) != emitted {
			wrong = append(wrong, s.story(m, times))
		}
		if m.dead && s.sinks.hasLetter(s.id(n)) == (m.letter == refused) {
			wrong = append(wrong, "the letter: "+s.story(m, times))
		}
		fates[m.fate]++
		if len(m.steps) == 0 && !m.garbled && m.sink == accepted && !m.cut && m.deliveries > 1 {
			again++
		}
		if times > 1 {
			twice++
		}
		if len(m.steps) == 1 && slices.ContainsFunc(rares, func(r rare) bool { return r.step == m.steps[0] }) {
			odd++
		}
	}
	s.report(wrong, want...)
	if most := 6 * odd * inFlight; again > most { // of one that is stuck four calls are late, and one finds it ended
		s.t.Errorf("%d messages that succeed were delivered again, want at most %d", again, most)
	}
	s.t.Logf("%d ids: %d acknowledged, %d dead letters, %d lost, acknowledged unhandled or otherwise wrong; %d that succeed delivered again, %d handled twice; processes ended: %v",
		len(s.messages), fates[acknowledged], fates[dead], len(wrong), again, twice, s.endings())
}
