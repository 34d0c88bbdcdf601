package aws

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/fngen/fngen/internal/run"
)

// HTTP feeds a function with requests: of a function URL, an HTTP API (payload
// format 2.0), a REST API, or an Application Load Balancer, with or without
// multi-value headers. Which one it is, is told from each request.
type HTTP struct{}

// Serve answers requests until the process ends. It never returns.
func Serve(h http.Handler, src HTTP) {
	lambda.Start(HTTPHandler(h, src))
}

// HTTPHandler returns what [Serve] starts, for tests and benchmarks. It is safe
// for concurrent use.
//
// The context of a request ends early enough that a response can still be
// sent. A handler that has not returned some time after that is answered for
// with a 504, and one that panics with a 500; an answer above Lambda's limit of
// 6 MB becomes a 500 too. The ResponseWriter keeps the whole body until the
// handler returns, and knows neither Flush nor Hijack.
func HTTPHandler(h http.Handler, _ HTTP) lambda.Handler {
	return &server{h}
}

type server struct {
	handler http.Handler
}

// maxAnswer is Lambda's limit for a synchronous answer, in bytes. A larger one
// is refused, and the runtime client ends the process then.
//
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const maxAnswer = 6 << 20

// Invoke implements lambda.Handler.
func (s *server) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	q, err := decodeRequest(bytes.Clone(payload)) // the runtime uses its buffer again
	if err != nil {
		return nil, bounded(err)
	}
	answer, err := q.encode(s.serve(ctx, q))
	if err != nil {
		return nil, err
	}
	if len(answer) > maxAnswer {
		slog.ErrorContext(ctx, "response dropped", "error", "larger than Lambda allows", "size", len(answer), "limit", maxAnswer)
		return q.encode(plainResponse(q, http.StatusInternalServerError))
	}
	return answer, nil
}

// serve has the handler answer the request, or answers for it.
func (s *server) serve(ctx context.Context, q *proxyRequest) *response {
	deadline, _ := ctx.Deadline()
	var id, source string
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		id, source = lc.AwsRequestID, withoutQualifier(lc.InvokedFunctionArn)
	}
	if q.Context.RequestID != "" {
		id = q.Context.RequestID
	}
	record := &run.Record{Name: "HTTP request " + id, Describe: q.describe(id, deadline)}

	ctx, answerBy, cancel := run.Reserve(ctx)
	defer cancel()
	r, err := q.request(run.WithRequest(ctx, record, run.Request{ID: id, Source: source}))
	if err != nil {
		slog.ErrorContext(ctx, "request failed", "record", record.Name, "status", http.StatusBadRequest, "error", err.Error())
		return plainResponse(q, http.StatusBadRequest)
	}
	var timeout <-chan time.Time
	if !answerBy.IsZero() {
		timer := time.NewTimer(time.Until(answerBy))
		defer timer.Stop()
		timeout = timer.C
	}
	answered := make(chan *response, 1)
	go s.call(q, r, record.Name, answered)
	select {
	case w := <-answered:
		return w
	case <-timeout:
		slog.ErrorContext(ctx, "request failed", "record", record.Name, "status", http.StatusGatewayTimeout, "error", "the handler has not returned in time")
		return plainResponse(q, http.StatusGatewayTimeout)
	}
}

// call runs the handler and sends one response, even if the handler panics or
// ends its goroutine. What it wrote before that is dropped.
func (s *server) call(q *proxyRequest, r *http.Request, name string, answered chan<- *response) {
	w := newResponse(q)
	returned := false
	defer func() {
		if !returned {
			p := recover() // nil for runtime.Goexit
			slog.ErrorContext(r.Context(), "handler panicked", "record", name, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			w = plainResponse(q, http.StatusInternalServerError)
		}
		answered <- w
	}()
	s.handler.ServeHTTP(w, r)
	returned = true
	w.WriteHeader(http.StatusOK)
}

// withoutQualifier returns a function's ARN without its version or alias.
func withoutQualifier(arn string) string {
	parts := strings.SplitN(arn, ":", 8) // arn:aws:lambda:REGION:ACCOUNT:function:NAME:QUALIFIER
	return strings.Join(parts[:min(len(parts), 7)], ":")
}
