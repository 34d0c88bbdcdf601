package aws

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"

	"github.com/fngen/fngen/internal/run"
)

// streamHandler returns a handler whose responses leave while they are written.
// The runtime's client knows it for its own when it starts it, takes the reader
// and sends what it reads, chunk by chunk.
func streamHandler(h http.Handler, src HTTP, options ...lambda.Option) lambda.Handler {
	return lambda.NewHandlerWithOptions(newServer(h, src).stream, options...)
}

// stream returns the response to a request, at once. The payload is a copy
// already.
func (s *server) stream(ctx context.Context, payload json.RawMessage) (*stream, error) {
	x := &exchange{server: s}
	if err := x.request.decode(payload); err != nil {
		return nil, bounded(err)
	}
	if x.request.gateway != functionURL {
		return whole("application/json", x.answer(ctx)), nil
	}
	r, reserved, err := x.begin(ctx)
	if err != nil {
		reserved.End()
		return whole(integrationResponse, x.plainStream(statusOf(err))), nil
	}
	out := &stream{contentType: integrationResponse, exchange: x, reserved: reserved, ended: make(chan struct{}), chunks: make(chan []byte), closed: make(chan struct{})}
	if !reserved.AnswerBy.IsZero() {
		out.timer = time.NewTimer(time.Until(reserved.AnswerBy))
	}
	go out.call(r)
	return out, nil
}

// integrationResponse is the content type of a prelude, eight zero bytes and a
// body.
//
// https://docs.aws.amazon.com/lambda/latest/dg/response-streaming-tutorial.html
const integrationResponse = "application/vnd.awslambda.http-integration-response"

// plainStream is plainResponse as a stream.
func (x *exchange) plainStream(status int) []byte {
	w := plainResponse(&x.request, status)
	b := x.prelude(w)
	if w.isHead {
		return b
	}
	return append(b, w.Body()...)
}

func (x *exchange) prelude(w *response) []byte {
	b := x.request.appendHead(nil, w.Status(), w.fields())
	return append(b, '}', 0, 0, 0, 0, 0, 0, 0, 0)
}

// stream is a response that the runtime's client reads while the handler
// writes it. An error of Read other than io.EOF breaks the response.
type stream struct {
	contentType string
	rest        []byte // of what was taken last
	end         error  // what Read returns after rest; nil while more may come

	// Nil for a response that was whole at the beginning.
	exchange *exchange
	reserved *run.Reserved
	ended    chan struct{} // closed when the handler has returned
	timer    *time.Timer   // when to answer for the handler; nil if there is no deadline
	chunks   chan []byte   // closed by the handler's side at the end
	closed   chan struct{} // closed by the reader's side, which takes nothing more
	broken   error         // set before chunks is closed
	begun    bool          // a chunk was taken
}

// whole returns a response that is there already.
func whole(contentType string, answer []byte) *stream {
	return &stream{contentType: contentType, rest: answer, end: io.EOF}
}

// ContentType is read by the runtime's client.
func (s *stream) ContentType() string { return s.contentType }

// MarshalJSON fails, by which the runtime's client knows a reader.
func (s *stream) MarshalJSON() ([]byte, error) { return nil, errors.New("a stream is no JSON") }

// Read returns what the handler has flushed. It waits for more until the time
// has come at which Lambda must have an answer.
func (s *stream) Read(p []byte) (int, error) {
	for len(s.rest) == 0 {
		if s.end != nil {
			return 0, s.end
		}
		s.await()
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// await takes the next chunk, or finds the end.
func (s *stream) await() {
	var timeout <-chan time.Time
	if s.timer != nil {
		timeout = s.timer.C
	}
	select {
	case chunk, more := <-s.chunks:
		switch {
		case more:
			s.rest, s.begun = chunk, true
		case s.broken != nil:
			s.end = s.broken
		default:
			s.end = io.EOF
		}
	case <-timeout:
		s.exchange.logLate()
		s.reserved.Overdue(func() { <-s.ended })
		if s.begun {
			s.end = brokenResponse("Function.ResponseTimeout", run.ErrNotReturned.Error())
			return
		}
		s.rest, s.end = s.exchange.plainStream(http.StatusGatewayTimeout), io.EOF
	}
}

// Close is called by the runtime's client when it has sent the response, or
// cannot. The handler's next flush fails.
func (s *stream) Close() error {
	if s.exchange == nil {
		return nil
	}
	s.reserved.End()
	if s.timer != nil {
		s.timer.Stop()
	}
	close(s.closed)
	return nil
}

// brokenResponse is an error with a type of our own; the client of the runtime
// would name the error's Go type.
func brokenResponse(kind, text string) error {
	return messages.InvokeResponse_Error{Type: kind, Message: text}
}

// call runs the handler and ends the stream, even if the handler panics or ends
// its goroutine.
func (s *stream) call(r *http.Request) {
	x := s.exchange
	w := &streamWriter{response: newResponse(&x.request), stream: s}
	returned := false
	defer func() {
		defer close(s.ended)
		defer close(s.chunks)
		if returned {
			return
		}
		p := recover() // nil for runtime.Goexit
		x.logPanic(p)
		if w.begun || p == http.ErrAbortHandler {
			s.broken = brokenResponse("Function.ResponseAborted", "the handler has broken off the response")
			return
		}
		_ = s.send(x.plainStream(http.StatusInternalServerError))
	}()
	x.server.handler.ServeHTTP(w, r)
	returned = true
	err := w.FlushError()
	if status := w.Status(); err == nil && !w.hasBody && !w.isHead && status != http.StatusNoContent && status != http.StatusNotModified {
		_ = s.send([]byte(noBody))
	}
}

// noBody stands for a body that the handler has not written. A function URL that
// streams sends the headers of a response without one and then keeps the
// connection open, so that clients wait: one byte ends it. That is not
// documented, and not tried for the statuses 204 and 304 and for HEAD, whose
// responses clients do not wait for.
//
// https://github.com/aws/aws-lambda-go/issues/596
// https://github.com/aws/aws-lambda-web-adapter/issues/499
const noBody = "\n"

// send hands a chunk over to the reader. The caller does not touch it again.
func (s *stream) send(chunk []byte) error {
	select {
	case s.chunks <- chunk:
		return nil
	case <-s.closed:
		return errClosed
	}
}

var errClosed = errors.New("the response is over")

// streamBuffer is the size in bytes at which a body begins to leave without a
// flush.
const streamBuffer = 32 << 10

// streamWriter is the ResponseWriter of a response that leaves in chunks.
type streamWriter struct {
	*response
	stream *stream
	begun  bool // the prelude has left

	hasBody bool // a part of the body has left, or would have but for HEAD
}

var _ interface {
	http.Flusher
	FlushError() error
	io.StringWriter
} = (*streamWriter)(nil)

func (w *streamWriter) Write(p []byte) (int, error) {
	n, err := w.response.Write(p)
	return n, w.overflow(err)
}

// WriteString serves io.WriteString.
func (w *streamWriter) WriteString(s string) (int, error) {
	n, err := w.response.WriteString(s)
	return n, w.overflow(err)
}

// overflow flushes a body that is large enough, unless there is an error.
func (w *streamWriter) overflow(err error) error {
	if err == nil && len(w.Body()) >= streamBuffer {
		return w.FlushError()
	}
	return err
}

// Flush implements http.Flusher.
func (w *streamWriter) Flush() { _ = w.FlushError() }

// FlushError serves http.ResponseController. It returns when the runtime's
// client has taken what was written so far.
func (w *streamWriter) FlushError() error {
	w.WriteHeader(http.StatusOK)
	var chunk []byte
	if !w.begun {
		chunk = w.stream.exchange.prelude(w.response)
	}
	body := w.TakeBody()
	w.hasBody = w.hasBody || len(body) > 0
	if !w.isHead {
		chunk = append(chunk, body...)
	}
	if len(chunk) == 0 {
		return nil
	}
	w.begun = true
	return w.stream.send(chunk)
}
