package conformance

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fngen/fngen/internal/native"
)

// Run puts every occurrence that the platform knows through its provider, with
// everything that a handler may do, and then through the functions of the other
// triggers, which must not take it for theirs.
func Run(t *testing.T, p Platform) {
	if !p.Events && !p.Requests {
		t.Fatal("the package serves neither events nor requests")
	}
	runOccurrences(t, p)
	runForeign(t, p)
}

func runOccurrences(t *testing.T, p Platform) {
	for _, o := range Occurrences() {
		if !p.serves(o.Directive.Trigger) {
			continue
		}
		t.Run(o.Name, func(t *testing.T) {
			payloads, err := p.encode(o)
			var reason native.Reason
			if err != nil && !errors.As(err, &reason) {
				t.Fatal(err)
			}
			if want := Unsupported(o.Name, p.Name); reason != want {
				t.Fatalf("%s says %q of the occurrence, the suite says %q", p.Name, reason, want)
			}
			for _, payload := range payloads {
				if payload.via == "" {
					runPayload(t, p, o, payload)
					continue
				}
				t.Run(payload.via, func(t *testing.T) { runPayload(t, p, o, payload) })
			}
		})
	}
}

// runPayload runs what a handler may do with the payload, each by itself.
func runPayload(t *testing.T, p Platform, o Occurrence, payload payload) {
	if len(payload.arrivals) != len(o.Records) {
		t.Fatalf("%d arrivals of %d records", len(payload.arrivals), len(o.Records))
	}
	for i, a := range payload.arrivals {
		if err := checkExempt(p.Name, o.Directive, o.Records[i], a); err != nil {
			t.Fatalf("record %d: %v", i+1, err)
		}
	}
	for _, s := range scenarios(t, p, o, payload) {
		t.Run(s.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { runScenario(t, p, o, payload, s) })
		})
	}
}

// A scenario is what a handler does, and what has to become of the records.
type scenario struct {
	name         string
	outcomes     []Outcome
	noDeadLetter bool
	want         []expectation
	status       int // of the response to a request
}

func scenarios(t *testing.T, p Platform, o Occurrence, payload payload) []scenario {
	t.Helper()
	final := payload.mode.final()
	var out []scenario
	add := func(name string, outcomes []Outcome, noDeadLetter bool, want string, status int) {
		expected, err := parseWant(want, final)
		if err != nil || len(expected) != len(o.Records) {
			t.Fatalf("%s: %q is not what has to become of %d records: %v", name, want, len(o.Records), err)
		}
		if o.Directive.Trigger != "http" {
			status = 0
		}
		out = append(out, scenario{name, outcomes, noDeadLetter, expected, status})
	}
	if len(o.Records) > 1 {
		for _, b := range o.Batches {
			add(b.Name, b.Outcomes, b.NoDeadLetter, b.Want[payload.mode], 0)
		}
		return out
	}
	all := singles()
	if fate := o.Records[0].fate(p.Name); fate != Handled {
		all = unhandled(fate, payload.arrivals[0].Opaque)
	}
	for _, s := range all {
		want := s.redelivered
		if final && o.Directive.Trigger != "http" { // a request is tried once, since its client waits
			want = s.final
		}
		add(s.name, []Outcome{s.outcome}, s.noDeadLetter, want, s.status)
	}
	return out
}

func runScenario(t *testing.T, p Platform, o Occurrence, payload payload, s scenario) {
	h := &handler{t: t, platform: p, occurrence: o, arrivals: payload.arrivals, outcomes: s.outcomes,
		calls: make([]int, len(o.Records)), start: time.Now()}
	d := o.Directive
	d.Retries, d.NoDeadLetter = retries, s.noDeadLetter

	var answers []Answer
	var err error
	log := logged(func() {
		answers, err = payload.invoke(t.Context(), d, h)
	})
	if err != nil {
		t.Fatalf("answer: %v", err)
	}
	if len(answers) != len(o.Records) {
		t.Fatalf("%d answers for %d records", len(answers), len(o.Records))
	}
	for i, want := range s.want {
		if o.Directive.Trigger == "http" {
			checkResponse(t, s, answers[i])
		} else {
			checkAnswer(t, p, i, s, answers[i])
		}
		if h.calls[i] != want.calls {
			t.Errorf("record %d: the handler was called %d times, want %d", i+1, h.calls[i], want.calls)
		}
	}
	h.checkKept()
	checkLetters(t, p, o, payload, s, log)
	if bytes.Contains(log, []byte(Secret)) {
		t.Errorf("the log tells a secret: %s", log)
	}
}

// checkAnswer checks what the platform is told of a record.
func checkAnswer(t *testing.T, p Platform, i int, s scenario, got Answer) {
	t.Helper()
	want := Answer{Verdict: s.want[i].verdict}
	if want.Verdict == Retried && s.outcomes[i] == RetryAfter && p.Hints {
		want.After = hint
	}
	if got != want {
		t.Errorf("record %d: answer %+v, want %+v", i+1, got, want)
	}
}

// checkResponse checks what a client is told. A client always may try again, so
// it is the status that counts.
func checkResponse(t *testing.T, s scenario, got Answer) {
	t.Helper()
	want := Answer{Status: s.status}
	if s.outcomes[0] == RetryAfter {
		want.After = hint
	}
	if got != want {
		t.Errorf("response %+v, want %+v", got, want)
	}
}

// checkLetters checks that exactly the records that are dropped are logged
// whole.
func checkLetters(t *testing.T, p Platform, o Occurrence, payload payload, s scenario, log []byte) {
	t.Helper()
	got, err := letters(log)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for i, want := range s.want {
		if !want.dropped || o.Directive.Trigger == "http" {
			continue
		}
		count++
		id := eventID(o.Records[i], payload.arrivals[i])
		if o.Records[i].fate(p.Name) == Handled {
			if !slices.ContainsFunc(got, func(l letter) bool { return l.event != "" && (id == "" || l.id() == id) }) {
				t.Errorf("record %d: the event %q is dropped and not logged whole: %s", i+1, id, log)
			}
			continue
		}
		raw := string(payload.arrivals[i].Raw)
		if !slices.ContainsFunc(got, func(l letter) bool { return l.raw == raw || l.id() == id && id != "" }) {
			t.Errorf("record %d: what arrived is dropped and not logged whole: %s", i+1, log)
		}
	}
	if len(got) != count {
		t.Errorf("%d events are logged as dropped, want %d: %s", len(got), count, log)
	}
}

// eventID returns the id of the event that the handler gets, "" if it is
// random.
func eventID(r Record, a Arrival) string {
	if r.Want.ID != "" {
		return r.Want.ID
	}
	return a.ID
}

// logged collects what f logs.
func logged(f func()) []byte {
	var b bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&b, nil)))
	defer slog.SetDefault(before)
	f()
	return b.Bytes()
}

// A letter is an event that was logged whole: as a structured CloudEvent or, if
// it could not be decoded, as the record.
type letter struct {
	event string
	raw   string
}

// letters reads the events that were logged whole from the log, their pieces
// put together.
func letters(log []byte) ([]letter, error) {
	var out []letter
	for line := range bytes.Lines(log) {
		var entry struct {
			Message string `json:"msg"`
			Piece   int    `json:"piece"`
			Pieces  int    `json:"pieces"`
			Event   string `json:"event"`
			Raw     string `json:"raw"`
			Base64  string `json:"raw_base64"`
		}
		if err := json.Unmarshal(line, &entry); err != nil {
			return nil, fmt.Errorf("log line %.200q: %w", line, err)
		}
		if entry.Message != "event dropped" {
			continue
		}
		if entry.Piece == 1 {
			out = append(out, letter{})
		}
		if len(out) == 0 || entry.Piece > entry.Pieces {
			return nil, fmt.Errorf("piece %d of %d in the log", entry.Piece, entry.Pieces)
		}
		raw, err := base64.StdEncoding.DecodeString(entry.Base64)
		if err != nil {
			return nil, fmt.Errorf("log: %w", err)
		}
		last := &out[len(out)-1]
		last.event += entry.Event
		last.raw += entry.Raw + string(raw)
	}
	return out, nil
}

// id returns the id of the event that the letter is, or "".
func (l letter) id() string {
	var e struct{ ID string }
	_ = json.Unmarshal([]byte(l.event), &e) // what is no event has no id
	return e.ID
}

// Secret is the value of every header of a payload that is a credential. No
// delivery and no log may hold it.
const Secret = "Bearer s3cret"
