package loop

import (
	"bufio"
	"context"
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

	"github.com/fngen/fngen/gen/internal/dev/invoke"
	"github.com/fngen/fngen/gen/internal/dev/page"
	"github.com/fngen/fngen/gen/internal/dev/platform"
	"github.com/fngen/fngen/gen/internal/model"
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
				method, path, found := strings.Cut(p, " ")
				if !found {
					method, path = "", p
				}
				more = append(more, entry{strings.TrimSpace(method + " " + host + path), route(f.Name)})
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
	w.Header().Set(BuildHeader, "0")
	if build != nil {
		w.Header().Set(BuildHeader, strconv.Itoa(build.number))
	}
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
	s.serve(w, string(name), request)
}

// A head is the beginning of a response that is streamed, with the rest.
type head struct {
	native.Response
	body *io.PipeReader
}

// serve delivers the request to the function and writes its response, as it comes.
func (s *session) serve(w http.ResponseWriter, name string, r native.Request) {
	heads, whole := make(chan head, 1), make(chan native.Response, 1)
	var err error
	go func() {
		defer close(whole)
		var response native.Response
		if response, err = s.request(name, r, heads); err == nil {
			whole <- response
		}
	}()
	select {
	case h := <-heads:
		write(w, h.Response)
		err := pipe(w, h.body)
		h.body.CloseWithError(errGone) // what is left goes nowhere
		<-whole
		if err != nil {
			panic(http.ErrAbortHandler) // so that the client sees that something is missing
		}
	case response, ok := <-whole:
		if !ok {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		select {
		case h := <-heads: // it was over at once
			write(w, h.Response)
			_ = pipe(w, h.body)
		default:
			write(w, response)
			_, _ = w.Write(response.Body) // the client may be gone
		}
	}
}

var errGone = errors.New("the client is gone")

// write writes the response but for its body.
func write(w http.ResponseWriter, r native.Response) {
	maps.Copy(w.Header(), r.Header)
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

// request delivers the request to the function and returns its response. Where it
// comes piece by piece, its head goes to heads, unless those are nil.
func (s *session) request(name string, r native.Request, heads chan<- head) (native.Response, error) {
	begun := time.Now()
	var f model.Function
	f, answer, err := s.deliver(name, func(f model.Function) (platform.Payload, error) {
		if f.Trigger.Kind() != "http" {
			return platform.Payload{}, errChanged
		}
		payloads, err := invoke.Payloads(s.target, f, native.Delivery{Occurrence: r, Number: s.requests.Add(1), Time: begun})
		if err != nil {
			return platform.Payload{}, err
		}
		payload, err := invoke.Payload(s.target, payloads[0])
		if heads != nil {
			payload.Stream = func(a platform.Answer, body io.Reader) { s.stream(f, a, body, heads) }
		}
		return payload, err
	})
	note := Request{Method: r.Method, Target: r.Target, Failure: answer.Failure, Duration: answer.Duration}
	var response native.Response
	switch {
	case err != nil:
		note.Status, note.Failure = http.StatusBadGateway, err.Error()
	case answer.Failure != "" && s.target != "gcp":
		note.Status = http.StatusBadGateway
		err = fmt.Errorf("%s: %s: %s", name, answer.Failure, answer.Body)
	case answer.ContentType == platform.IntegrationResponse && answer.Body == nil:
		note.Status = http.StatusOK // of what was streamed
	default:
		if response, err = invoke.ResponseOf(s.target, f, answer); err != nil {
			note.Failure, response.Status = err.Error(), http.StatusBadGateway
		}
		note.Status = response.Status
	}
	for _, l := range answer.Logs {
		note.Logs = append(note.Logs, l.Text)
	}
	for _, e := range answer.Emissions {
		note.Emissions = append(note.Emissions, e.Kind+" "+e.Name)
	}
	s.tell(Note{Kind: Answered, Function: name, Request: &note})
	return response, err
}

// stream hands on a response whose body is being written.
func (s *session) stream(f model.Function, a platform.Answer, body io.Reader, heads chan<- head) {
	if a.ContentType == platform.IntegrationResponse {
		buffered := bufio.NewReader(body)
		prelude, err := readPrelude(buffered)
		if err != nil {
			return
		}
		a.Body, body = prelude, buffered
	}
	response, err := invoke.ResponseOf(s.target, f, platform.Answer{Body: a.Body, Status: a.Status, Header: a.Header})
	if err != nil {
		return
	}
	r, w := io.Pipe()
	heads <- head{response, r}
	_, err = io.Copy(w, body)
	w.CloseWithError(err)
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
	response, err := s.request(function, r, nil)
	return invoke.Response{Status: response.Status, ContentType: response.Header.Get("Content-Type"), Body: response.Body}, err
}
