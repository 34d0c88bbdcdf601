package loop

import (
	"errors"
	"go/token"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen/internal/dev/broker"
	"github.com/fngen/fngen/gen/internal/dev/platform"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/native"
)

func all() []Note {
	return []Note{
		{Kind: Started, Text: "127.0.0.1:8080"},
		{Kind: Stale, Err: errors.New("there is no function")},
		{Kind: Serving, Build: 1, Duration: 1234567 * time.Microsecond, Functions: []Place{
			{Function: "look", Trigger: model.HTTP{Methods: []string{"GET"}, Path: "/"}, URLs: []string{"http://127.0.0.1:8080/"}},
			{Function: "picture", Trigger: model.Object{Bucket: "pictures", Suffix: ".png"}, Folder: ".fngen/objects/pictures/"},
		}},
		{Kind: Stale, Build: 1, Err: model.Findings{
			{Code: "go-compile", Pos: token.Position{Filename: "a.go", Line: 1, Column: 2}, Message: "wrong"}, {Code: "go-compile", Pos: token.Position{Filename: "b.go", Line: 3}, Message: "wrong too"},
		}},
		{Kind: Current, Build: 1},
		{Kind: Happened, Delivery: &broker.Entry{
			Kind: broker.Delivered, Function: "pick", From: "queue orders", Duration: time.Millisecond, Failure: "errorString", Logs: []platform.Line{{Text: "one"}, {Text: "two"}}, Cut: 7,
			Events:    []broker.Event{{Number: 3, Attempt: 2, Fate: native.Acknowledged}, {Number: 4, Attempt: 1, Fate: native.Redelivered}},
			Emissions: []platform.Emission{{Kind: "topic", Name: "picked"}},
		}},
		{Kind: Happened, Delivery: &broker.Entry{Kind: broker.DeadLettered, Function: "pick", From: "queue orders", Text: "failed 5 times", Events: []broker.Event{{Number: 3, Attempt: 5}}}},
		{Kind: Happened, Delivery: &broker.Entry{Kind: broker.Unheard, From: "topic news", Text: "no function listens to it", Events: []broker.Event{{}}}},
		{Kind: Happened, Function: "look", Delivery: &broker.Entry{
			Kind: broker.Answered, Function: "look", From: "GET /?a=b", Request: &broker.Request{Status: 502}, Failure: "Runtime.ExitError", Duration: time.Millisecond,
			Logs: []platform.Line{{Text: "hi"}}, Emissions: []platform.Emission{{Kind: "queue", Name: "orders"}},
		}},
		{Kind: Logged, Function: "look", Text: "starting"},
		{Kind: Ended, Text: "nothing was waiting"},
	}
}

// Each thing that happens is a line, behind the name of its function.
func TestPrint(t *testing.T) {
	var plain, coloured strings.Builder
	p, c := Printer{W: &plain}, Printer{W: &coloured, Colours: true}
	for _, n := range all() {
		p.Print(n)
		c.Print(n)
	}
	want := `http://127.0.0.1:8080, in memory: what waits here is lost at exit; the page is http://127.0.0.1:8080/_fngen/
waits between deliveries are 60 times shorter than on the platform
nothing is served yet: there is no function
look     http GET /                   http://127.0.0.1:8080/
picture  object pictures suffix=.png  .fngen/objects/pictures/
build 1 is served, after 1.23s
still serving build 1: a.go:1:2: error: wrong [go-compile]
b.go:3:1: error: wrong too [go-compile]
build 1 is the newest again
pick     | one
pick     | … 7 lines …
pick     | two
pick     queue orders #3 and 1 more 1 acknowledged, 1 redelivered in 1ms, sent to topic picked: errorString
pick     queue orders #3 attempt 5 dead-lettered: failed 5 times
topic news unheard: no function listens to it
look     | hi
look     GET /?a=b 502 in 1ms, sent to queue orders: Runtime.ExitError
look     | starting
nothing was waiting
`
	if diff := cmp.Diff(want, plain.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if strings.Contains(plain.String(), "\x1b") || !strings.Contains(coloured.String(), "\x1b[33mstill serving build 1: a.go:1:2: error: wrong [go-compile]\x1b[0m\n") {
		t.Errorf("colours:\n%q", coloured.String())
	}
}

// With -o json it is an object.
func TestPrintJSON(t *testing.T) {
	var b strings.Builder
	for _, n := range all() {
		PrintJSON(&b, n)
	}
	lines := strings.Split(b.String(), "\n")
	const zero = `"time":"0001-01-01T00:00:00Z"`
	for i, want := range map[int]string{
		1: `{"kind":"stale",` + zero + `,"build":0,"findings":[{"message":"there is no function"}]}`,
		3: `{"kind":"stale",` + zero + `,"build":1,"findings":[{"code":"go-compile","message":"wrong","file":"a.go","line":1,"column":2},{"code":"go-compile","message":"wrong too","file":"b.go","line":3}]}`,
		6: `{"kind":"dead-lettered",` + zero + `,"build":0,"from":"queue orders","text":"failed 5 times","events":[{"number":3,"attempt":5}]}`,
		8: `{"kind":"answered",` + zero + `,"build":0,"function":"look","from":"GET /?a=b","status":502,"failure":"Runtime.ExitError","duration":1000000,"logs":["hi"],"emissions":["queue orders"]}`,
	} {
		if lines[i] != want {
			t.Errorf("line %d is\n%s\nnot\n%s", i, lines[i], want)
		}
	}
}

// What the go command says of a package is left out where others say at which
// places.
func TestPositioned(t *testing.T) {
	at := model.Diagnostic{Code: "go-syntax", Pos: token.Position{Filename: "a.go", Line: 1}}
	vague := model.Diagnostic{Code: "go-compile", Pos: token.Position{Filename: "example.com/shop"}}
	for _, c := range []struct{ given, want model.Findings }{
		{model.Findings{vague, at}, model.Findings{at}},
		{model.Findings{vague}, model.Findings{vague}},
	} {
		if diff := cmp.Diff(error(c.want), positioned(c.given)); diff != "" {
			t.Error(diff)
		}
	}
	if err := errors.New("other"); positioned(err) != err || positioned(nil) != nil {
		t.Error("another error is not kept")
	}
}
