package platform

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/fngen/fngen/gen/internal/dev/program"
)

// A runtimeAPI is Lambda's Runtime API for all processes, each below a path of
// its own: /f/FUNCTION/N.
//
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
type runtimeAPI struct {
	listener net.Listener

	mu        sync.Mutex
	instances map[string]*instance
	n         int
}

// An instance is the API's side of one process.
type instance struct {
	api      *runtimeAPI
	process  *Process
	path     string
	asked    chan struct{} // closed when the process asks for its first invocation
	once     sync.Once
	work     chan *invocation
	initFail chan error // why the process does not start

	mu   sync.Mutex
	open *invocation // that waits for its answer; nil for none
}

type invocation struct {
	*delivery
	answer chan Answer
}

func newRuntimeAPI() (*runtimeAPI, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	a := &runtimeAPI{listener: listener, instances: map[string]*instance{}}
	mux := http.NewServeMux()
	const prefix = "/f/{function}/{n}/2018-06-01/runtime/"
	mux.HandleFunc("GET "+prefix+"invocation/next", a.serve((*instance).next))
	mux.HandleFunc("POST "+prefix+"invocation/{id}/response", a.serve((*instance).response))
	mux.HandleFunc("POST "+prefix+"invocation/{id}/error", a.serve((*instance).error))
	mux.HandleFunc("POST "+prefix+"init/error", a.serve((*instance).initError))
	go func() { _ = http.Serve(listener, mux) }() // until the listener is closed
	return a, nil
}

func (a *runtimeAPI) close() { a.listener.Close() }

func (a *runtimeAPI) serve(do func(*instance, http.ResponseWriter, *http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		i := a.instances[r.PathValue("function")+"/"+r.PathValue("n")]
		a.mu.Unlock()
		if i == nil {
			refuse(w, http.StatusForbidden, "InvalidInstance", "there is no such process")
			return
		}
		do(i, w, r)
	}
}

// refuse answers as the API does.
func refuse(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"errorType": kind, "errorMessage": message}) // the caller may be gone
}

func (a *runtimeAPI) connect(p *Process) (protocol, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.n++
	i := &instance{
		api: a, process: p, path: p.function.Name + "/" + strconv.Itoa(a.n),
		asked: make(chan struct{}), work: make(chan *invocation), initFail: make(chan error, 1),
	}
	a.instances[i.path] = i
	p.cmd.Env = append(p.cmd.Env, "AWS_LAMBDA_RUNTIME_API="+a.listener.Addr().String()+"/f/"+i.path, program.ParentVariable+"="+program.ParentStdin)
	return i, nil
}

func (i *instance) close() {
	i.api.mu.Lock()
	defer i.api.mu.Unlock()
	delete(i.api.instances, i.path)
}

func (i *instance) started() {}

func (i *instance) ready() error {
	select {
	case <-i.asked:
		return nil
	case err := <-i.initFail:
		return err
	case <-i.process.ended:
		select {
		case err := <-i.initFail:
			return err
		default:
			return errEnded
		}
	}
}

// end kills: Lambda tells a function nothing.
func (i *instance) end() { i.process.kill() }

func (i *instance) deliver(d *delivery) (Answer, error) {
	work := &invocation{d, make(chan Answer, 1)}
	select {
	case i.work <- work:
	case <-i.process.ended:
		return Answer{}, errEnded
	case <-d.Done():
		return Answer{}, d.Err()
	}
	select {
	case a := <-work.answer:
		return a, nil
	case <-i.process.ended:
		select {
		case a := <-work.answer:
			return a, nil
		default:
			return Answer{}, errEnded
		}
	case <-d.Done():
		return Answer{}, d.Err()
	}
}

// next answers when there is work.
func (i *instance) next(w http.ResponseWriter, r *http.Request) {
	i.once.Do(func() { close(i.asked) })
	select {
	case work := <-i.work:
		i.mu.Lock()
		i.open = work
		i.mu.Unlock()
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Lambda-Runtime-Aws-Request-Id", work.id)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(work.deadline.UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:"+Region+":"+Account+":function:"+i.process.function.Name)
		h.Set("Lambda-Runtime-Trace-Id", traceID(work.id, time.Now()))
		_, _ = w.Write(work.Body) // the process may have ended, which its answer shows
	case <-r.Context().Done():
	case <-i.process.ended:
	}
}

// traceID returns a trace of X-Ray that is not sampled.
func traceID(id string, now time.Time) string {
	digits := strings.ReplaceAll(id, "-", "")
	return fmt.Sprintf("Root=1-%08x-%s;Parent=%s;Sampled=0", now.Unix(), digits[:24], digits[:16])
}

// take returns the invocation that is answered, once.
func (i *instance) take(w http.ResponseWriter, r *http.Request) *invocation {
	i.mu.Lock()
	defer i.mu.Unlock()
	work := i.open
	if work == nil || work.id != r.PathValue("id") {
		refuse(w, http.StatusBadRequest, "InvalidRequestID", "there is no such invocation, or it has its answer")
		return nil
	}
	i.open = nil
	return work
}

const (
	// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
	maxResponse = 6 << 20
	maxStream   = 200 << 20

	// IntegrationResponse is the content type of an HTTP response that is streamed:
	// a prelude, eight zero bytes and the body. The client of the runtime sends
	// nothing else by which a stream could be told.
	//
	// https://docs.aws.amazon.com/lambda/latest/dg/response-streaming-tutorial.html
	IntegrationResponse = "application/vnd.awslambda.http-integration-response"

	errorTypeHeader = "Lambda-Runtime-Function-Error-Type"
)

func (i *instance) response(w http.ResponseWriter, r *http.Request) {
	work := i.take(w, r)
	if work == nil {
		return
	}
	a := Answer{ContentType: r.Header.Get("Content-Type")}
	limit := maxResponse
	if a.ContentType == IntegrationResponse {
		limit = maxStream
	}
	body := &io.LimitedReader{R: r.Body, N: int64(limit) + 1}
	var err error
	if a.ContentType == IntegrationResponse && work.Stream != nil {
		err = work.stream(a, body)
	} else {
		a.Body, err = io.ReadAll(body)
	}
	switch {
	case body.N == 0:
		a = Answer{Failure: "Function.ResponseSizeTooLarge", Body: fmt.Appendf(nil, "the response is larger than %d bytes, the limit of the platform", limit)}
		refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", string(a.Body))
	case err != nil:
		a.Failure = cmp.Or(r.Trailer.Get(errorTypeHeader), "Runtime.TruncatedResponse")
		refuse(w, http.StatusBadRequest, "InvalidRequest", err.Error())
	default:
		a.Failure = r.Trailer.Get(errorTypeHeader) // of a stream that breaks off
		w.WriteHeader(http.StatusAccepted)
	}
	work.answer <- a
}

func (i *instance) error(w http.ResponseWriter, r *http.Request) {
	work := i.take(w, r)
	if work == nil {
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxResponse))
	kind, _ := readError(body)
	a := Answer{Failure: cmp.Or(r.Header.Get(errorTypeHeader), kind, "Unhandled"), Body: body, ContentType: "application/json"}
	if err != nil {
		a.Body = []byte(err.Error())
		refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", err.Error())
	} else {
		w.WriteHeader(http.StatusAccepted)
	}
	work.answer <- a
}

// readError returns what the body says of an error; "" for what it does not.
func readError(body []byte) (kind, message string) {
	var said struct{ ErrorType, ErrorMessage string }
	_ = json.Unmarshal(body, &said)
	return said.ErrorType, said.ErrorMessage
}

func (i *instance) initError(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, maxResponse)) // as far as it comes
	_, message := readError(body)                              // else it is told as it is
	select {
	case i.initFail <- errors.New(cmp.Or(message, string(body), "it reports an error without a message")):
	default:
	}
	w.WriteHeader(http.StatusAccepted)
}
