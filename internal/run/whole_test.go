package run

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/ce"
)

// dropped returns the lines that say an event was given up.
func dropped(lines []line) []line {
	var out []line
	for _, l := range lines {
		if l.Message == "event dropped" {
			out = append(out, l)
		}
	}
	return out
}

// What is given up for good stands in the log; what will be delivered again
// does not.
func TestDropped(t *testing.T) {
	const whole = `{"specversion":"1.0","id":"1","source":"/s","type":"t","datacontenttype":"application/json","data":{"id":"1"}}`
	retry := errors.New("no stock")
	undecodable := Record{Err: errors.New("missing messageId"), Native: described{name: "record 1", raw: `{"body":"a"}`}}
	tests := []struct {
		name    string
		policy  Policy
		record  Record
		err     error
		outcome string
		want    []line
	}{
		{"no writer", Policy{}, record("1", ""), fn.Permanent(retry), "retry", nil},
		{"deadletter none, retry", Policy{NoDeadLetter: true}, record("1", ""), retry, "retry", nil},
		{"deadletter none, permanent", Policy{NoDeadLetter: true}, record("1", ""), fn.Permanent(retry), "dropped",
			[]line{{Record: "record 1", Error: "no stock", Piece: 1, Pieces: 1, Event: whole}}},
		{"deadletter none, bad input", Policy{NoDeadLetter: true}, record("1", ""), fn.BadInput(retry), "dropped",
			[]line{{Record: "record 1", Error: "no stock", Piece: 1, Pieces: 1, Event: whole}}},
		{"deadletter none, undecodable", Policy{NoDeadLetter: true}, undecodable, nil, "dropped",
			[]line{{Record: "record 1", Error: "missing messageId", Piece: 1, Pieces: 1, Raw: `{"body":"a"}`}}},
		{"final", Policy{NoRedelivery: true}, record("1", ""), retry, "dropped",
			[]line{{Record: "record 1", Error: "no stock", Piece: 1, Pieces: 1, Event: whole}}},
		{"final, undecodable", Policy{NoRedelivery: true}, undecodable, nil, "dropped",
			[]line{{Record: "record 1", Error: "missing messageId", Piece: 1, Pieces: 1, Raw: `{"body":"a"}`}}},
		{"final, done", Policy{NoRedelivery: true}, record("1", ""), nil, "done", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			lines := capture(t)
			results := Each(context.Background(), handler(func(context.Context, string) error { return test.err }), test.policy, []Record{test.record})
			check(t, "outcome", []string{test.outcome}, outcomes(results))
			for i := range test.want {
				test.want[i].Message = "event dropped"
			}
			check(t, "log", test.want, dropped(lines()))
		})
	}
}

// Where nobody delivers again, what was not started and what has not returned
// is in the log too: nothing is lost in silence.
func TestFinalAtTheDeadline(t *testing.T) {
	lines := capture(t)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		release := make(chan struct{})
		results := Each(ctx, handler(func(context.Context, string) error { <-release; return nil }),
			Policy{NoRedelivery: true}, []Record{record("1", "a"), record("2", "a")})
		check(t, "outcomes", []string{"dropped", "dropped"}, outcomes(results))
		var names []string
		for _, l := range dropped(lines()) {
			names = append(names, l.Record+": "+l.Error[:20])
		}
		check(t, "log", []string{"record 1: the handler has not ", "record 2: not started: the tim"}, names)
		close(release)
	})
}

// A long event is logged in numbered pieces that join to all of it, each of
// which is one line within OpenWhisk's 16 KiB though quotes are doubled.
func TestWholeInPieces(t *testing.T) {
	for name, r := range map[string]Record{
		"quotes":     withData(strings.Repeat(`"`, 40000), "text/plain"),
		"characters": withData(strings.Repeat("€", 20000), "text/plain"),
		"lines":      withData("["+strings.Repeat("\n", 20000)+"]", "application/json"),
		"bytes":      withData(strings.Repeat("\xff", 20000), "image/png"),
	} {
		t.Run(name, func(t *testing.T) {
			want, err := ce.Encode(r.Event)
			if err != nil {
				t.Fatal(err)
			}
			lines := capture(t)
			var longest longest
			slog.SetDefault(slog.New(tee{slog.Default().Handler(), slog.NewJSONHandler(&longest, nil)}))
			logWhole(context.Background(), &r, errors.New("no stock"))
			var joined strings.Builder
			all := lines()
			for i, l := range all {
				if l.Piece != i+1 || l.Pieces != len(all) {
					t.Errorf("line %d is piece %d of %d", i+1, l.Piece, l.Pieces)
				}
				joined.WriteString(l.Event)
			}
			if joined.String() != string(want) || len(all) < 2 {
				t.Errorf("%d pieces do not join to the event", len(all))
			}
			if longest > 16<<10 {
				t.Errorf("a line has %d bytes", longest)
			}
		})
	}
}

func withData(data, contentType string) Record {
	r := record("1", "")
	r.Event.SetDataContentType(contentType)
	r.Event.DataEncoded = []byte(data)
	return r
}

// longest is the length in bytes of the longest line written to it.
type longest int

func (l *longest) Write(b []byte) (int, error) {
	*l = max(*l, longest(len(b)))
	return len(b), nil
}

type tee struct {
	slog.Handler
	other slog.Handler
}

func (t tee) Handle(ctx context.Context, r slog.Record) error {
	return errors.Join(t.Handler.Handle(ctx, r), t.other.Handle(ctx, r))
}

// A record that is not UTF-8 is logged so that its bytes survive.
func TestWholeBytes(t *testing.T) {
	lines := capture(t)
	raw := bytes.Repeat([]byte{'a', 0xff, 0}, 5000)
	r := Record{Err: errors.New("not UTF-8"), Native: described{raw: string(raw)}}
	logWhole(context.Background(), &r, r.Err)
	var joined strings.Builder
	for _, l := range lines() {
		joined.WriteString(l.Base64)
	}
	if got, err := base64.StdEncoding.DecodeString(joined.String()); err != nil || !bytes.Equal(got, raw) {
		t.Errorf("%d bytes come back, %v", len(got), err)
	}
}

// A record that nobody can describe still leaves a line.
func TestWholeOfNothing(t *testing.T) {
	lines := capture(t)
	logWhole(context.Background(), &Record{Native: Name("record 1"), Err: errors.New("empty")}, errors.New("empty"))
	check(t, "log", []line{{Message: "event dropped", Record: "record 1", Error: "empty", Piece: 1, Pieces: 1}}, lines())
}
