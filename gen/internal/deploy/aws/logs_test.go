package aws_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen/internal/deploy"
	"github.com/fngen/fngen/gen/internal/model"
)

// A line is one of a log, as CloudWatch Logs has it.
type line struct {
	ID      string `json:"eventId"`
	At      int64  `json:"timestamp"` // milliseconds
	Message string `json:"message"`
	Stream  string `json:"logStreamName"`
}

// A logGroup plays CloudWatch Logs: it answers with one line a page.
type logGroup struct {
	stub
	lines func() []line
	asked []int64 // from when lines are asked for, of each first page
	group string
	fails string // CODE MESSAGE
}

func (l *logGroup) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".FilterLogEvents") {
		l.stub.ServeHTTP(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if code, message, ok := strings.Cut(l.fails, " "); ok {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"__type": %q, "message": %q}`, code, message)
		return
	}
	var in struct {
		LogGroupName, NextToken string
		StartTime               int64
	}
	_ = json.NewDecoder(r.Body).Decode(&in)
	l.group = in.LogGroupName
	at := 0
	if in.NextToken == "" {
		l.asked = append(l.asked, in.StartTime)
	} else {
		_, _ = fmt.Sscan(in.NextToken, &at)
	}
	var since []line
	for _, e := range l.lines() {
		if e.At >= in.StartTime {
			since = append(since, e)
		}
	}
	out := map[string]any{"events": []line{}}
	if at < len(since) {
		out["events"] = since[at : at+1]
	}
	if at+1 < len(since) {
		out["nextToken"] = fmt.Sprint(at + 1)
	}
	_ = json.NewEncoder(w).Encode(out)
}

// follow has lines come with each poll, and returns what is told of the first ones.
func (l *logGroup) follow(t *testing.T, since time.Time, most int) []string {
	t.Helper()
	server := httptest.NewServer(l)
	defer server.Close()
	credentials(t, server.URL)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var told []string
	o := deploy.LogOptions{Since: since, Follow: most > 0, Every: time.Millisecond}
	if err := application(shop, "one").Logs(ctx, model.Function{Name: "confirm"}, o, func(l deploy.Line) {
		if told = append(told, l.Text); len(told) == most {
			cancel()
		}
	}); err != nil {
		told = append(told, err.Error())
	}
	return told
}

// Lines are told once, of however many pages they are, also those that come later
// than others which were logged after them; what is asked for again is the last
// minute, and never what is before the time that is asked for.
func TestFollow(t *testing.T) {
	now := time.Now()
	at := func(id string, ago time.Duration) line {
		return line{ID: id, At: now.Add(-ago).UnixMilli(), Message: id + "\n"}
	}
	first := []line{at("old", 2*time.Hour), at("a", 30*time.Minute), at("b", time.Minute/2), at("c", 10*time.Second)}
	l := &logGroup{lines: func() []line { return first }}
	if diff := cmp.Diff([]string{"a", "b", "c"}, l.follow(t, now.Add(-time.Hour), 0)); diff != "" || l.group != "physical-ConfirmLogs" {
		t.Errorf("of %s it tells (-want +got):\n%s", l.group, diff)
	}

	l = &logGroup{}
	l.lines = func() []line {
		switch polls := len(l.asked); {
		case polls <= 1:
			return first
		case polls <= 3:
			return append(first[:2:2], at("late", 20*time.Second), first[2], first[3])
		default:
			return append(first[:2:2], at("late", 20*time.Second), first[2], first[3], at("new", 0))
		}
	}
	if diff := cmp.Diff([]string{"a", "b", "c", "late", "new"}, l.follow(t, now.Add(-time.Hour), 5)); diff != "" {
		t.Errorf("it tells (-want +got):\n%s", diff)
	}
	if first, second := time.UnixMilli(l.asked[0]), time.UnixMilli(l.asked[1]); now.Sub(first).Round(time.Second) != time.Hour || second.Before(now.Add(-time.Minute-time.Second)) {
		t.Errorf("it asks for lines since %s and then since %s, at %s", first, second, now)
	}
	l = &logGroup{}
	since := now.Add(-time.Second)
	l.lines = func() []line {
		if len(l.asked) < 3 {
			return nil
		}
		return []line{at("new", 0)}
	}
	l.follow(t, since, 1)
	for _, asked := range l.asked {
		if asked != since.UnixMilli() {
			t.Errorf("since %d it asks for lines since %d", since.UnixMilli(), asked)
		}
	}

	l = &logGroup{fails: "ThrottlingException Rate exceeded"}
	if got := l.follow(t, now, 1); len(got) != 1 || got[0] != "log physical-ConfirmLogs: ThrottlingException: Rate exceeded" {
		t.Errorf("it tells %q", got)
	}
}

// Without a stack the group is that of the name which main.tf gives it.
func TestPhysicalLog(t *testing.T) {
	l := &logGroup{lines: func() []line { return []line{{ID: "a", At: time.Now().UnixMilli(), Message: "a\n"}} }}
	server := httptest.NewServer(l)
	defer server.Close()
	credentials(t, server.URL)
	a := application(shop, "one")
	a.Stack, a.Physical = "", func(id string) string { return "/aws/lambda/shop-" + id }
	var told []string
	err := a.Logs(t.Context(), model.Function{Name: "confirm"}, deploy.LogOptions{}, func(l deploy.Line) { told = append(told, l.Text) })
	if err != nil || len(told) != 1 || l.group != "/aws/lambda/shop-ConfirmLogs" {
		t.Errorf("of %s it tells %q (%v)", l.group, told, err)
	}
}

// Of a group that exists already, in which other functions log too, the lines are
// told that are in streams of the function, as Lambda names them.
func TestSharedLog(t *testing.T) {
	now := time.Now().UnixMilli()
	l := &logGroup{lines: func() []line {
		return []line{
			{"a", now, "own", "2026/12/01/physical-ConfirmFunction[$LATEST]0123456789abcdef0123456789abcdef"},
			{"b", now, "other", "2026/12/01/physical-ConfirmFunction2[$LATEST]0123456789abcdef0123456789abcdef"},
			{"c", now, "other", "2026/12/01/not-physical-ConfirmFunction[$LATEST]0123456789abcdef0123456789abcdef"},
			{"d", now, "version", "2026/12/01/physical-ConfirmFunction[3]0123456789abcdef0123456789abcdef"},
		}
	}}
	server := httptest.NewServer(l)
	defer server.Close()
	credentials(t, server.URL)
	a := application(shop, "one")
	a.LogGroup = func(model.Function) (string, string) { return "ConfirmFunction", "/teams/shop" }
	var told []string
	err := a.Logs(t.Context(), model.Function{Name: "confirm"}, deploy.LogOptions{Since: time.UnixMilli(now)}, func(l deploy.Line) { told = append(told, l.Text) })
	if diff := cmp.Diff([]string{"own", "version"}, told); err != nil || diff != "" || l.group != "/teams/shop" {
		t.Errorf("of %s it tells (-want +got, %v):\n%s", l.group, err, diff)
	}
}
