package loop

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fngen/fngen/gen/internal/dev/broker"
	"github.com/fngen/fngen/gen/internal/dev/invoke"
	"github.com/fngen/fngen/gen/internal/dev/page"
	"github.com/fngen/fngen/gen/internal/dev/platform"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/headers"
	"github.com/fngen/fngen/internal/native"
)

const (
	// BuildHeader is the header of answers that says which build they are of.
	BuildHeader = "X-Fngen-Build"
	// StaleHeader says of an answer why it is not of the newest source.
	StaleHeader = "X-Fngen-Stale"

	maxBody = 32 << 20 // of a request: what the platforms take at most
)

// routes returns a mux in which each pattern of an HTTP function has its [route],
// and the addresses of the functions. Of those that are in each other's way the
// second one has a host of its own, as each has on a platform.
func routes(functions []model.Function, address string) (*http.ServeMux, map[string][]string) {
	type entry struct {
		pattern string
		route
	}
	try := func(entries []entry) (mux *http.ServeMux) {
		defer func() {
			if recover() != nil { // of two patterns that no request tells apart
				mux = nil
			}
		}()
		mux = http.NewServeMux()
		for _, e := range entries {
			mux.Handle(e.pattern, e.route)
		}
		return mux
	}
	mux, urls := http.NewServeMux(), map[string][]string{}
	var entries []entry
	for _, f := range functions {
		t, ok := f.Trigger.(model.HTTP)
		if !ok {
			continue
		}
		for _, host := range []string{"", f.Name + ".localhost"} {
			more := slices.Clip(entries)
			for _, p := range t.Patterns() {
				more = append(more, entry{strings.Replace(p, "/", host+"/", 1), route(f.Name)}) // behind its method
			}
			if with := try(more); with != nil {
				mux, entries = with, more
				at := address
				if _, port, err := net.SplitHostPort(address); err == nil && host != "" {
					at = net.JoinHostPort(host, port)
				}
				urls[f.Name] = []string{"http://" + at + strings.TrimSuffix(t.Path, "{$}")}
				break
			}
		}
	}
	return mux, urls
}

// A route names the function that a request is for.
type route string

func (route) ServeHTTP(http.ResponseWriter, *http.Request) {}

// ServeHTTP serves the functions and the page.
func (s *session) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, page.Path) {
		s.page.ServeHTTP(w, r)
		return
	}
	build, trouble, err := s.served(r.Context())
	if err != nil {
		return // the client is gone, or this ends
	}
	number := 0
	if build != nil {
		number = build.number
	}
	w.Header().Set(BuildHeader, strconv.Itoa(number))
	if trouble != "" {
		line, _, _ := strings.Cut(trouble, "\n")
		w.Header().Set(StaleHeader, line)
	}
	if build == nil {
		http.Error(w, "nothing is served yet:\n"+trouble, http.StatusServiceUnavailable)
		return
	}
	asked := r
	if method := r.Header.Get("Access-Control-Request-Method"); r.Method == http.MethodOptions && method != "" {
		asked = r.Clone(r.Context()) // the function whose request follows
		asked.Method = method
	}
	h, _ := build.mux.Handler(asked)
	name, ok := h.(route)
	if !ok {
		h.ServeHTTP(w, r)
		return
	}
	request, err := native.FromHTTP(&http.Request{Method: r.Method, URL: r.URL, Host: r.Host, Header: r.Header, Body: http.MaxBytesReader(w, r.Body, maxBody)})
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	client, leave := context.WithCancel(s.life)
	defer leave()
	defer context.AfterFunc(r.Context(), func() {
		if s.stopping.Err() == nil { // or the server ends, and functions finish what they have
			leave()
		}
	})()
	s.serve(client, leave, w, string(name), request)
}

// A response is one of a build. What is streamed has its body beside it.
type response struct {
	native.Response
	build int
	body  *io.PipeReader // nil of what is whole
}

// serve delivers the request of the client to the function and writes its response,
// as it comes.
func (s *session) serve(client context.Context, leave func(), w http.ResponseWriter, name string, r native.Request) {
	heads, whole := make(chan response, 1), make(chan response, 1)
	var err error
	go func() {
		defer close(whole)
		var is response
		if is, err = s.request(client, name, r, heads); err == nil {
			whole <- is
		}
	}()
	select {
	case h := <-heads:
		write(w, h)
		err := pipe(w, h.body)
		h.body.CloseWithError(errGone) // what is left goes nowhere
		if err != nil {
			leave()
		}
		<-whole
		if err != nil {
			panic(http.ErrAbortHandler) // so that the client sees that something is missing
		}
	case is, ok := <-whole:
		if !ok {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		select {
		case h := <-heads: // it was over at once
			write(w, h)
			_ = pipe(w, h.body)
		default:
			write(w, is)
			_, _ = w.Write(is.Body) // the client may be gone
		}
	}
}

var errGone = errors.New("the client is gone")

// write writes the response but for its body.
func write(w http.ResponseWriter, r response) {
	maps.Copy(w.Header(), r.Header)
	w.Header().Set(BuildHeader, strconv.Itoa(r.build))
	w.WriteHeader(r.Status)
}

// pipe writes what comes when it comes.
func pipe(w http.ResponseWriter, r io.Reader) error {
	c := http.NewResponseController(w)
	buffer := make([]byte, 32<<10)
	for {
		n, err := r.Read(buffer)
		if n > 0 {
			if _, err := w.Write(buffer[:n]); err != nil {
				return err
			}
			_ = c.Flush() // as far as the connection can
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// request delivers the request of the client to the function, records that, and returns its
// response. Where it comes piece by piece, its head goes to heads, unless those are
// nil.
func (s *session) request(client context.Context, name string, r native.Request, heads chan<- response) (response, error) {
	begun := time.Now()
	w, answer, err := s.deliver(name, func(w *worker) (platform.Payload, error) {
		if w.function.Trigger.Kind() != "http" {
			return platform.Payload{}, errChanged
		}
		payloads, err := invoke.Payloads(s.target, w.function, native.Delivery{Occurrence: s.arriving(r), Number: s.requests.Add(1), Time: begun})
		if err != nil {
			return platform.Payload{}, err
		}
		payload, err := invoke.Payload(s.target, payloads[0])
		payload.Client = client
		if heads != nil {
			payload.Stream = func(a platform.Answer, body io.Reader) { s.stream(w, a, body, heads) }
		}
		return payload, err
	})
	e := broker.Entry{
		Kind: broker.Answered, Function: name, From: r.Method + " " + r.Target, Failure: answer.Failure,
		Duration: answer.Duration, Logs: answer.Logs, Emissions: answer.Emissions, Writes: broker.WritesOf(answer),
	}
	var out response
	var keep headers.Kept
	if w != nil {
		e.Build, out.build = w.build, w.build
		t, _ := w.function.Trigger.(model.HTTP)
		keep = t.Keep
	}
	switch {
	case err != nil:
		out.Status, e.Failure = http.StatusBadGateway, err.Error()
	case answer.Failure != "" && s.target != "gcp":
		out.Status = http.StatusBadGateway
		err = fmt.Errorf("%s: %s: %s", name, answer.Failure, answer.Body)
	case answer.ContentType == platform.IntegrationResponse && answer.Body == nil:
		out.Status = http.StatusOK // of what was streamed
	default:
		if out.Response, err = invoke.ResponseOf(s.target, w.function, answer); err != nil {
			e.Failure, out.Status = err.Error(), http.StatusBadGateway
		}
	}
	e.Request = kept(r, keep)
	e.Request.Status = out.Status
	s.Record(e)
	return out, err
}

// arriving returns the request as the platform hands it on: Google's begins a
// trace where there is none.
//
// https://cloud.google.com/trace/docs/trace-context
func (s *session) arriving(r native.Request) native.Request {
	if s.target != "gcp" || r.Header.Get("Traceparent") != "" || r.Header.Get("X-Cloud-Trace-Context") != "" {
		return r
	}
	var id [24]byte
	_, _ = rand.Read(id[:]) // which does not fail
	r.Header = r.Header.Clone()
	if r.Header == nil {
		r.Header = http.Header{}
	}
	r.Header.Set("Traceparent", fmt.Sprintf("00-%x-%x-00", id[:16], id[16:]))
	return r
}

// maxKept is the size in bytes of a body above which it is not kept for another
// time.
const maxKept = 64 << 10

// kept is as much of the request as may be shown, and sent again: no header that
// deliveries do not show either, and no body that is long.
func kept(r native.Request, keep headers.Kept) *broker.Request {
	out := &broker.Request{Request: native.Request{Method: r.Method, Target: r.Target, Host: r.Host, Header: http.Header{}}}
	for name, values := range r.Header {
		if keep.Has(name) {
			out.Header[name] = values
		} else {
			out.Omitted = append(out.Omitted, name)
		}
	}
	slices.Sort(out.Omitted)
	if len(r.Body) > maxKept {
		out.Left = len(r.Body)
	} else {
		out.Body = r.Body
	}
	return out
}

// stream hands on a response whose body is being written.
func (s *session) stream(w *worker, a platform.Answer, body io.Reader, heads chan<- response) {
	if a.ContentType == platform.IntegrationResponse {
		buffered := bufio.NewReader(body)
		prelude, err := readPrelude(buffered)
		if err != nil {
			return
		}
		a.Body, body = prelude, buffered
	}
	head, err := invoke.ResponseOf(s.target, w.function, platform.Answer{Body: a.Body, Status: a.Status, Header: a.Header})
	if err != nil {
		return
	}
	out, in := io.Pipe()
	heads <- response{head, w.build, out}
	_, err = io.Copy(in, body)
	in.CloseWithError(err)
}

// readPrelude reads what stands before the body of a stream, to the eight zero
// bytes after it.
func readPrelude(r *bufio.Reader) ([]byte, error) {
	var out []byte
	for zeros := 0; zeros < 8; {
		b, err := r.ReadByte()
		if err != nil {
			return nil, err
		}
		if b == 0 {
			zeros++
			continue
		}
		out = append(out, b)
	}
	return out, nil
}

// Request implements [page.Session].
func (s *session) Request(ctx context.Context, function string, r native.Request) (invoke.Response, error) {
	if _, _, err := s.served(ctx); err != nil {
		return invoke.Response{}, err
	}
	is, err := s.request(s.life, function, r, nil)
	return invoke.Response{Status: is.Status, ContentType: is.Header.Get("Content-Type"), Body: is.Body}, err
}
