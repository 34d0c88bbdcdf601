package page

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	together     = 50 * time.Millisecond // what happens within is told at once
	longestQuiet = time.Second           // until it is looked whether something else is new
	longestWrite = 10 * time.Second
)

// events tells an open page what is new, as server-sent events: an entry each, and
// the parts that are others now. The id is an entry's number, by which a page goes
// on where its connection broke. A page of another run is to be loaded again.
func (h *handler) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	stream := stream{w: w, control: http.NewResponseController(w)}
	if r.FormValue("session") != h.id {
		stream.send("reload", "", h.id)
		_ = stream.flush()
		return
	}
	after, _ := strconv.ParseInt(cmp.Or(r.Header.Get("Last-Event-ID"), r.FormValue("after")), 10, 64)
	news, stop := h.session.Watch()
	defer stop()
	quiet := time.NewTicker(longestQuiet)
	defer quiet.Stop()
	versions := map[string]string{}
	for {
		h.mu.Lock()
		changed := h.changed
		h.mu.Unlock()
		entries := h.session.History(after)
		entries = entries[max(len(entries)-maxEntries, 0):]
		if len(entries) > 0 {
			if left := entries[0].Number - after - 1; left > 0 {
				stream.send("entry", "", render("gap", left))
			}
			after = entries[len(entries)-1].Number
		}
		for _, e := range entries {
			stream.send("entry", strconv.FormatInt(e.Number, 10), render("entry", entryOf(e)))
		}
		for _, p := range parts(h.session, noNote) {
			if versions[p.ID] != p.Version {
				stream.send("part", "", p.ID+" "+p.Version+"\n"+string(p.HTML))
				versions[p.ID] = p.Version
			}
		}
		if stream.flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-news:
			time.Sleep(together)
		case <-changed:
		case <-quiet.C:
		}
	}
}

// A stream has events that are not sent yet.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	text    strings.Builder
}

// newlines are what ends a line of an event stream.
//
// https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
var newlines = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// send adds an event. The data's lines are lines of the stream.
func (s *stream) send(name, id, data string) {
	fmt.Fprintf(&s.text, "event: %s\n", name)
	if id != "" {
		fmt.Fprintf(&s.text, "id: %s\n", id)
	}
	for line := range slices.Values(strings.Split(newlines.Replace(data), "\n")) {
		fmt.Fprintf(&s.text, "data: %s\n", line)
	}
	s.text.WriteString("\n")
}

func (s *stream) flush() error {
	if s.text.Len() == 0 {
		return nil
	}
	_ = s.control.SetWriteDeadline(time.Now().Add(longestWrite)) // where it is supported
	_, err := s.w.Write([]byte(s.text.String()))
	s.text.Reset()
	return cmp.Or(err, s.control.Flush())
}
