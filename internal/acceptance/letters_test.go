package acceptance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// soakLetters takes the dead letters of the function soak.
type soakLetters struct {
	t   *testing.T
	url string

	mu  sync.Mutex
	ids map[string]int // how often each event was written
}

func newSoakLetters(t *testing.T, take func(*soakLetters, http.ResponseWriter, *http.Request)) *soakLetters {
	t.Helper()
	l := &soakLetters{t: t, ids: map[string]int{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { take(l, w, r) }))
	t.Cleanup(server.Close)
	l.url = server.URL
	return l
}

// takeSQS takes letters as SQS does.
func (l *soakLetters) takeSQS(w http.ResponseWriter, r *http.Request) {
	var request struct {
		Entries []struct{ ID, MessageBody string }
	}
	l.decode(r, &request)
	var taken []string
	for _, e := range request.Entries {
		taken = append(taken, fmt.Sprintf(`{"Id":%q}`, e.ID))
		var letter struct{ ID, DeadLetterReason, DeadLetterFunction string }
		if err := json.Unmarshal([]byte(e.MessageBody), &letter); err != nil {
			l.t.Errorf("dead letter %s: %v", e.MessageBody, err)
		}
		l.take(letter.ID, letter.DeadLetterReason, letter.DeadLetterFunction)
	}
	fmt.Fprintf(w, `{"Successful":[%s]}`, strings.Join(taken, ","))
}

// takePubSub takes letters as a Pub/Sub topic does.
func (l *soakLetters) takePubSub(w http.ResponseWriter, r *http.Request) {
	var request struct {
		Messages []struct{ Attributes map[string]string }
	}
	l.decode(r, &request)
	for _, m := range request.Messages {
		l.take(m.Attributes["ce-id"], m.Attributes["ce-deadletterreason"], m.Attributes["ce-deadletterfunction"])
	}
	fmt.Fprint(w, `{"messageIds":["1"]}`)
}

func (l *soakLetters) decode(r *http.Request, into any) {
	if err := json.NewDecoder(r.Body).Decode(into); err != nil {
		l.t.Errorf("dead letters: %v", err)
	}
}

func (l *soakLetters) take(id, reason, function string) {
	if id == "" || reason == "" || function != "/example.com/acceptance/soak/soak" {
		l.t.Errorf("dead letter of %q: reason %q, function %q", id, reason, function)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ids[id]++
}

func (l *soakLetters) holds(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ids[id] > 0
}

// acknowledged notes the fate of a message that the platform takes away, unless
// its dead letter says another.
func (s *soak) acknowledged(m *soakMessage, letters *soakLetters) {
	if letters.holds(s.id(m.n)) {
		s.settle(dead, m)
	} else {
		s.settle(acknowledged, m)
	}
}

// lettered expects a dead letter at once of what can never succeed, which it
// does at no delivery: the first may end with its process.
func (s *soak) lettered() {
	for _, m := range s.messages {
		if len(m.steps) > 0 && m.steps[0] == "permanent" {
			m.dead, m.steps = true, slices.Repeat([]string{"permanent"}, maxReceives)
			m.body = encode(s.t, map[string]any{"n": m.n, "steps": m.steps})
		}
	}
}
