package page

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/fngen/fngen/gen/internal/dev/broker"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/native"
)

// Path is where the page lies; all that it has lies below.
const Path = "/_fngen/"

// The page has nothing of others', and is in no frame of theirs.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

const maxForm = 8 << 20 // bytes

// Handler serves the page of the session at [Path]. It answers to loopback names
// and addresses and to the hosts given, without a port, and refuses what pages of
// other origins send. A stream of events ends with its request's context alone,
// before which no server shuts down: that is for the server's BaseContext.
func Handler(s Session, hosts ...string) http.Handler {
	h := &handler{session: s, id: rand.Text(), changed: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Path+"{$}", h.page)
	mux.HandleFunc("GET "+Path+"events", h.events)
	mux.HandleFunc("GET "+Path+"entry/{number}", h.entry)
	mux.HandleFunc("POST "+Path+"send", h.action(h.send))
	mux.HandleFunc("POST "+Path+"put", h.action(h.put))
	mux.HandleFunc("POST "+Path+"run", h.action(h.run))
	mux.HandleFunc("POST "+Path+"resend", h.action(numbered("sent again", s.Resend)))
	mux.HandleFunc("POST "+Path+"resend-all", h.action(h.resendAll))
	mux.HandleFunc("POST "+Path+"repeat", h.action(h.repeat))
	mux.HandleFunc("POST "+Path+"remove", h.action(numbered("removed", s.Remove)))
	for _, name := range []string{"page.css", "page.js", "icon.svg"} {
		mux.HandleFunc("GET "+Path+name, func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, files, name) })
	}
	return guard(http.NewCrossOriginProtection().Handler(mux), hosts)
}

// guard refuses requests to other hosts, which are names of others' for this
// machine, and sets the headers of all responses.
func guard(next http.Handler, hosts []string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isOwn(r.Host, hosts) {
			http.Error(w, fmt.Sprintf("%q is no host of this page; use localhost", r.Host), http.StatusForbidden)
			return
		}
		for name, value := range map[string]string{
			"Content-Security-Policy":      policy,
			"X-Content-Type-Options":       "nosniff",
			"Referrer-Policy":              "same-origin",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
			"Cache-Control":                "no-store",
		} {
			w.Header().Set(name, value)
		}
		next.ServeHTTP(w, r)
	})
}

func isOwn(host string, hosts []string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	name = strings.ToLower(strings.Trim(name, "[]"))
	ip := net.ParseIP(name)
	return name == "localhost" || ip.IsLoopback() || slices.ContainsFunc(hosts, func(own string) bool { return strings.EqualFold(own, name) })
}

type handler struct {
	session Session
	id      string // of this run: the numbers of another mean other things

	mu      sync.Mutex
	changed chan struct{} // closed and made anew with each action
	notes   []note        // the last ones, for pages without the script
	noted   int
}

// A note says what came of an action.
type note struct {
	Number   int
	Function string // of whose form it is; "" for none
	Text     string // of that form, if it is to stay
	Message  string
	Bad      bool
	Response body
}

// noNote is the note of a page to which nothing was done.
var noNote note

const maxNotes = 16

func (h *handler) page(w http.ResponseWriter, r *http.Request) {
	history := h.session.History(0)
	view := struct {
		App     App
		Session string
		Last    int64
		Note    note
		Parts   []part
		Entries []entry
	}{App: h.session.App(), Session: h.id, Note: h.note(r.FormValue("note"))}
	view.Parts = parts(h.session, view.Note)
	for _, e := range slices.Backward(history) {
		view.Last = max(view.Last, e.Number)
		if len(view.Entries) < maxEntries {
			view.Entries = append(view.Entries, entryOf(e))
		}
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(render("page", view))) // or the client is gone
}

func (h *handler) entry(w http.ResponseWriter, r *http.Request) {
	number, _ := strconv.ParseInt(r.PathValue("number"), 10, 64)
	e, err := h.kept(number)
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte(whole(e)))
}

// action does what a form asks for, and answers with a note: alone to the script,
// else on the page.
func (h *handler) action(do func(*http.Request) (note, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		var n note
		err := r.ParseForm()
		if err == nil {
			n, err = do(r)
		}
		if err != nil {
			n.Bad, n.Message = true, err.Error()
		}
		h.mu.Lock()
		h.noted++
		n.Number = h.noted
		h.notes = append(h.notes[max(len(h.notes)-maxNotes+1, 0):], n)
		close(h.changed)
		h.changed = make(chan struct{})
		h.mu.Unlock()
		if r.Header.Get("X-Fngen-Script") != "" {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write([]byte(render("note", n)))
			return
		}
		to := fmt.Sprintf("%s?note=%d", Path, n.Number)
		if n.Function != "" {
			to += "#fn-" + n.Function
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
	}
}

func (h *handler) note(number string) note {
	n, _ := strconv.Atoi(number)
	h.mu.Lock()
	defer h.mu.Unlock()
	if i := slices.IndexFunc(h.notes, func(one note) bool { return one.Number == n }); i >= 0 {
		return h.notes[i]
	}
	return noNote
}

func (h *handler) send(r *http.Request) (note, error) {
	f, err := h.function(r.PostFormValue("function"))
	n := note{Function: f.Name, Text: r.PostFormValue("text")}
	if err == nil {
		err = h.deliver(r, f, &n)
	}
	return n, err
}

func (h *handler) deliver(r *http.Request, f model.Function, n *note) error {
	o, err := occurrenceOf(f, n.Text, time.Now())
	if err != nil {
		return err
	}
	if request, ok := o.(native.Request); ok {
		return h.ask(r.Context(), f.Name, request, n)
	}
	kind, name := f.Trigger.Kind(), f.Trigger.Resource()
	if e, ok := o.(native.Event); ok {
		complete, err := e.Complete()
		if err != nil {
			return err
		}
		name = complete.Attributes["type"]
	}
	if err := h.session.Send(kind, name, o); err != nil {
		return err
	}
	n.Message = fmt.Sprintf("sent to %s %s at %s", kind, name, clock(time.Now()))
	return nil
}

// ask sends the request to the function, and has the note say what is answered.
func (h *handler) ask(ctx context.Context, function string, request native.Request, n *note) error {
	begun := time.Now()
	response, err := h.session.Request(ctx, function, request)
	if err != nil {
		return err
	}
	n.Message = fmt.Sprintf("answered %d after %s", response.Status, took(time.Since(begun)))
	n.Bad = response.Status >= 500
	n.Response = shown(responseText(response))
	return nil
}

// repeat sends the request of an entry again, or delivers its events.
func (h *handler) repeat(r *http.Request) (note, error) {
	number, _ := strconv.ParseInt(r.PostFormValue("number"), 10, 64)
	n := note{Message: "delivered again"}
	e, err := h.kept(number)
	switch {
	case err != nil:
	case e.Request == nil:
		err = h.session.Repeat(number)
	case e.Request.Left > 0:
		err = fmt.Errorf("the request's body of %d bytes is not kept", e.Request.Left)
	default:
		if err = h.ask(r.Context(), e.Function, e.Request.Request, &n); err == nil && len(e.Request.Omitted) > 0 {
			n.Message += ", sent without headers that are not kept"
		}
	}
	return n, err
}

// kept returns the entry of the number.
func (h *handler) kept(number int64) (broker.Entry, error) {
	entries := h.session.History(number - 1)
	if number < 1 || len(entries) == 0 || entries[0].Number != number {
		return broker.Entry{}, errors.New("it is not kept any more")
	}
	return entries[0], nil
}

func (h *handler) resendAll(r *http.Request) (note, error) {
	queue := r.PostFormValue("queue")
	count, err := h.session.ResendAll(queue)
	text := fmt.Sprintf("%d dead letters of %s are sent again", count, queue)
	if count == 1 {
		text = "1 dead letter of " + queue + " is sent again"
	}
	if err != nil {
		return note{}, fmt.Errorf("%s; %w", text, err)
	}
	return note{Message: text}, nil
}

func (h *handler) run(r *http.Request) (note, error) {
	f, err := h.function(r.PostFormValue("function"))
	if err == nil {
		err = h.session.Fire(f.Name)
	}
	return note{Function: f.Name, Message: "fired at " + clock(time.Now())}, err
}

// put writes a document.
func (h *handler) put(r *http.Request) (note, error) {
	name, key := r.PostFormValue("collection"), r.PostFormValue("key")
	err := h.session.Put(name, key, []byte(r.PostFormValue("text")))
	return note{Message: fmt.Sprintf("document %s/%s is written at %s", name, key, clock(time.Now()))}, err
}

// function returns the function that runs under the name.
func (h *handler) function(name string) (model.Function, error) {
	functions := h.session.App().Functions
	if i := slices.IndexFunc(functions, func(f model.Function) bool { return f.Name == name }); i >= 0 {
		return functions[i], nil
	}
	return model.Function{}, fmt.Errorf("there is no function %q", name)
}

// numbered does something to the dead letter whose number the form has.
func numbered(done string, do func(int64) error) func(*http.Request) (note, error) {
	return func(r *http.Request) (note, error) {
		number, err := strconv.ParseInt(r.PostFormValue("number"), 10, 64)
		if err != nil {
			return note{}, errors.New("the number of a dead letter is missing")
		}
		return note{Message: fmt.Sprintf("event %d is %s", number, done)}, do(number)
	}
}
