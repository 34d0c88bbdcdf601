package actionloop

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
)

// echo answers with the line's length, so that a lost or joined line shows.
func echo(_ context.Context, line []byte) []byte {
	return Answer(map[string]int{"length": len(line)})
}

// The proxy reads one answer per line, so every line has one, in order,
// whatever is in it; only the acknowledgement comes unasked, and only if asked
// for.
func TestLoop(t *testing.T) {
	long := strings.Repeat("x", 70_000) // above bufio's and the pipe's 64 KiB
	for _, test := range []struct {
		name, in, want string
		ack            bool
	}{
		{name: "nothing", in: "", want: ""},
		{name: "acknowledgement", in: "", ack: true, want: `{"ok":true}` + "\n"},
		{name: "acknowledgement first", in: "a\n", ack: true, want: `{"ok":true}` + "\n" + `{"length":1}` + "\n"},
		{name: "two lines", in: "a\nbb\n", want: `{"length":1}` + "\n" + `{"length":2}` + "\n"},
		{name: "empty line", in: "\na\n", want: `{"length":0}` + "\n" + `{"length":1}` + "\n"},
		{name: "no line end at the end", in: "a\nbb", want: `{"length":1}` + "\n" + `{"length":2}` + "\n"},
		{name: "long line", in: long + "\na\n", want: `{"length":70000}` + "\n" + `{"length":1}` + "\n"},
		{
			name: "too long, then the next",
			in:   strings.Repeat("x", 100_001) + "\na\n",
			want: `{"error":"the request is longer than 100000 bytes"}` + "\n" + `{"length":1}` + "\n",
		},
		{name: "just short enough", in: strings.Repeat("x", 100_000) + "\n", want: `{"length":100000}` + "\n"},
		{name: "too long at the end", in: strings.Repeat("x", 200_000), want: `{"error":"the request is longer than 100000 bytes"}` + "\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			if err := serve(strings.NewReader(test.in), &out, test.ack, 100_000, echo); err != nil {
				t.Fatal(err)
			}
			if out.String() != test.want {
				t.Errorf("got  %q\nwant %q", out.String(), test.want)
			}
		})
	}
}

// A line that is too long is not held in memory.
func TestLoopBoundsMemory(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := serve(io.LimitReader(zeros{}, 256<<20), io.Discard, false, 1<<20, echo); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	allocated := after.TotalAlloc - before.TotalAlloc
	if allocated > 16<<20 {
		t.Errorf("%d bytes allocated for a limit of 1 MiB", allocated)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

// A proxy that is gone ends the loop with an error, so that the process ends.
func TestLoopWithoutProxy(t *testing.T) {
	for _, ack := range []bool{true, false} {
		if err := serve(strings.NewReader("a\n"), broken{}, ack, 100, echo); !errors.Is(err, errBroken) {
			t.Errorf("ack %v, output broken: %v", ack, err)
		}
	}
	if err := serve(broken{}, io.Discard, false, 100, echo); !errors.Is(err, errBroken) {
		t.Errorf("input broken: %v", err)
	}
}

var errBroken = errors.New("broken")

type broken struct{}

func (broken) Read([]byte) (int, error)  { return 0, errBroken }
func (broken) Write([]byte) (int, error) { return 0, errBroken }

// FuzzLoop protects that there is exactly one JSON object per line.
func FuzzLoop(f *testing.F) {
	f.Add([]byte("{\"value\":{}}\n"))
	f.Add([]byte("\n\nnull\n[]\n{\"value\":{\"a\":1},\"deadline\":\"x\"}"))
	f.Add([]byte("{\"value\":{\"a\":\"\xff<>&\u2028\"},\"deadline\":\"99999999999999999999\"}\r\n"))
	f.Add(bytes.Repeat([]byte("x"), 300))
	f.Fuzz(func(t *testing.T, in []byte) {
		lines := bytes.Count(in, []byte("\n"))
		if len(in) > 0 && in[len(in)-1] != '\n' {
			lines++
		}
		var out bytes.Buffer
		err := serve(bytes.NewReader(in), &out, false, 256, func(_ context.Context, line []byte) []byte {
			r, err := Decode(line)
			if err != nil {
				return Refuse(err)
			}
			return r.Value.Without(Headers)
		})
		if err != nil {
			t.Fatal(err)
		}
		answers := bytes.SplitAfter(out.Bytes(), []byte("\n"))
		answers = answers[:len(answers)-1] // what follows the last line end
		if len(answers) != lines {
			t.Fatalf("%d answers for %d lines: %q", len(answers), lines, out.Bytes())
		}
		for _, answer := range answers {
			var object map[string]json.RawMessage
			if err := json.Unmarshal(answer, &object); err != nil || object == nil {
				t.Fatalf("answer %q is not an object: %v", answer, err)
			}
		}
	})
}
