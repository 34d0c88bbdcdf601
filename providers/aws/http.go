package aws

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/headers"
	"github.com/fngen/fngen/internal/logging"
	"github.com/fngen/fngen/internal/portable"
	"github.com/fngen/fngen/internal/run"
	"github.com/fngen/fngen/internal/run/mark"
)

// HTTP feeds a function with requests: of a function URL, an HTTP API (payload
// format 2.0), a REST API, or an Application Load Balancer, with or without
// multi-value headers. Which one it is, is told from each request. What an
// authorizer is asked, the events of a WebSocket and of a Bedrock agent, requests
// of VPC Lattice and those in payload format 1.0 of an HTTP API, whose path is
// decoded already, are refused.
//
// All is as under net/http's server, but for what the gateways do not carry.
// Through each of them
//
//   - the length is known, since a request has arrived whole
//   - a payload has a limit, 6 MB and through a load balancer 1 MB: what is
//     larger is the gateway's 413
//   - an answer has a limit, the same, unless it is streamed: what is larger is
//     a 500, or the load balancer's 502
//
// Through a function URL and an HTTP API
//
//   - values of a request's header are folded with commas
//   - cookies are in one header
//   - a question mark without a query is not there
//   - values of a response's header are folded, but for Set-Cookie
//
// through a function URL that streams
//
//   - an empty body is a line feed, without which clients are left waiting; not
//     after HEAD, and not with the statuses 204 and 304
//
// and through an HTTP API, unlike a function URL,
//
//   - the path is decoded, and cut off at a question mark that was encoded
//
// The path is the application's own: the stage of an HTTP API is not in it, and
// neither is that of a REST API, nor BasePath. Where there may be a stage, a
// mapping of a custom domain or a BasePath, the Location of a redirect that is a
// path from the root becomes relative, so that the client keeps what it has in
// front of the path. [fn.Delivery] has the path as the gateway sends it.
//
// Through a REST API
//
//   - the query is decoded, and its names are sorted
//
// Through a load balancer
//
//   - a header has one value, the last, of a request, and
//     values of a response's header are folded
//   - a query's name has one value, the last, and names are sorted
//
// or, with multi-value headers,
//
//   - names of the query are sorted
type HTTP struct {
	// Stream is for a function URL with the invoke mode RESPONSE_STREAM, and
	// for that mode alone: what the handler flushes leaves at once, and a
	// response may have 200 MB instead of 6. Through any other gateway the
	// response is buffered all the same.
	//
	// https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
	Stream bool

	// Keep names headers, besides those that [fn.Delivery] always has, that are
	// among its attributes and in its Raw: a webhook's signature for instance.
	Keep []string

	// BasePath is taken off the path, where that is it or goes on with a slash:
	// the key of a base path mapping of a REST API, or what a CDN or a rule of a
	// load balancer leaves in front of the path. It begins with a slash and does
	// not end with one, as /v1 does. A path without it stays as it is.
	BasePath string
}

// Serve answers requests until the process ends. It never returns, and ends a
// process whose handlers do not return any more as [Start] does.
func Serve(h http.Handler, src HTTP) {
	start(h, src, src.constructor())
}

//go:noinline
func start(h http.Handler, src HTTP, handler func(http.Handler, HTTP, ...lambda.Option) lambda.Handler) {
	watched := watching()
	lambda.StartWithOptions(handler(h, src, watched), watched)
}

// constructor returns what makes the handler. It and Serve are small enough to
// become part of main, where src is a constant, so that a binary holds only the
// one of the two that it needs; start, as a part of Serve, would make that too
// large.
func (src HTTP) constructor() func(http.Handler, HTTP, ...lambda.Option) lambda.Handler {
	if src.Stream {
		return streamHandler
	}
	return wholeHandler
}

// HTTPHandler returns what [Serve] starts. It is safe for concurrent use.
//
// A request is what a net/http server would have made of it, except that a
// gateway keeps the port of the client (it is 0), the trailers, and the
// connection: TLS is nil, and X-Forwarded-Proto tells the scheme. In its
// context is an [http.ServerContextKey], so that [httputil.ReverseProxy] gives
// up a broken response instead of passing it on as a whole one, and no
// [http.LocalAddrContextKey]. More than 1 MB or 1,000 values of headers are
// answered with 431, a body of more than 6 MB with 413, and a path or a base64
// that cannot be decoded with 400.
//
// The context ends early enough that a response can still be sent. A handler
// that has not returned some time after that is answered for with a 504, and
// one that panics with a 500; an answer above Lambda's limit of 6 MB becomes a
// 500 too. The ResponseWriter keeps the whole body until the handler returns,
// and knows neither Flush nor Hijack.
//
// With Stream it is an [http.Flusher], and a body may begin to leave without a
// flush. A panic or the deadline after the beginning breaks the response: the
// Runtime API is told of an error, and no client takes half a response for a
// whole one. Invoke returns the stream as a whole.
func HTTPHandler(h http.Handler, src HTTP) lambda.Handler {
	return src.constructor()(h, src)
}

// wholeHandler returns a handler that answers when the response is complete.
func wholeHandler(h http.Handler, src HTTP, _ ...lambda.Option) lambda.Handler {
	return newServer(h, src)
}

func newServer(h http.Handler, src HTTP) *server {
	return &server{handler: h, keep: src.Keep, basePath: src.BasePath}
}

type server struct {
	handler  http.Handler
	keep     headers.Kept // of the headers, in deliveries
	basePath string
	instance http.Server // never started: the value of http.ServerContextKey
}

// maxAnswer is Lambda's limit for a synchronous answer, in bytes. A larger one
// is refused, and the runtime client ends the process then.
//
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const maxAnswer = 6 << 20

// Invoke implements lambda.Handler.
func (s *server) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	x := &exchange{server: s}
	if err := x.request.decode(payload); err != nil {
		return nil, bounded(err)
	}
	return x.answer(ctx), nil
}

// An exchange is a request and its response.
type exchange struct {
	context.Context // of the request

	server   *server
	request  proxyRequest
	id       string
	deadline time.Time // of the invocation
	response *response // of the handler, or another in its place
}

// Value implements context.Context.
func (x *exchange) Value(key any) any {
	if key == http.ServerContextKey {
		return &x.server.instance
	}
	return x.Context.Value(key)
}

// answer returns the response as a whole, in the form of the gateway.
func (x *exchange) answer(ctx context.Context) []byte {
	r, reserved, err := x.begin(ctx)
	defer reserved.End()
	if err != nil {
		return x.encode(plainResponse(&x.request, statusOf(err)))
	}
	w := newResponse(&x.request)
	x.response = w
	if !reserved.Run(func() { x.call(r) }) {
		w.Close()
		x.logLate()
		return x.encode(plainResponse(&x.request, http.StatusGatewayTimeout))
	}
	return x.encode(x.response)
}

func (x *exchange) logLate() {
	x.log("request failed", "status", http.StatusGatewayTimeout, "error", run.ErrNotReturned.Error())
}

// encode returns the response in the form of the gateway.
func (x *exchange) encode(w *response) []byte {
	q := &x.request
	answer := q.encode(w)
	if len(answer) > maxAnswer {
		x.log("response dropped", "error", "larger than Lambda allows", "size", len(answer), "limit", maxAnswer)
		return q.encode(plainResponse(q, http.StatusInternalServerError))
	}
	return answer
}

// begin returns the request for the handler, and the context that it lies in. An
// error is a refusal, and is logged.
func (x *exchange) begin(ctx context.Context) (r *http.Request, reserved *run.Reserved, err error) {
	q := &x.request
	x.deadline, _ = ctx.Deadline()
	var source string
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		x.id, source = lc.AwsRequestID, withoutQualifier(lc.InvokedFunctionArn)
	}
	if q.id != "" {
		x.id = q.id
	}
	reserved = run.Reserve(ctx)
	x.Context = run.WithRequest(reserved, x, run.Request{ID: x.id, Source: source})
	q.takePrefix(x.server.basePath)
	r, err = q.request(x, new(url.URL))
	if err != nil {
		slog.ErrorContext(ctx, "request failed", "record", x.String(), "status", statusOf(err), "error", err.Error())
	}
	return r, reserved, err
}

// call runs the handler. There is a response then, even if the handler panics or
// ends its goroutine; what it wrote before that is dropped.
func (x *exchange) call(r *http.Request) {
	w := x.response
	returned := false
	defer func() {
		if !returned {
			x.logPanic(recover())
			x.response = plainResponse(&x.request, http.StatusInternalServerError)
		}
	}()
	x.server.handler.ServeHTTP(w, r)
	returned = true
	w.WriteHeader(http.StatusOK)
}

// logPanic logs what a handler has panicked with; nil if it has ended its
// goroutine.
func (x *exchange) logPanic(p any) {
	if p == http.ErrAbortHandler { // the word of net/http for a broken response, not a failure
		x.log("response aborted by the handler")
		return
	}
	x.log("handler panicked", "panic", mark.Text(p), "stack", string(debug.Stack()))
}

func (x *exchange) log(what string, more ...any) {
	mark.Log(x, what, append([]any{"record", x.String()}, more...)...)
}

// String implements run.Native.
func (x *exchange) String() string { return "HTTP request " + x.id }

// LogEvent implements logging.Subject.
func (x *exchange) LogEvent() logging.Event {
	for _, f := range x.request.headers {
		if strings.EqualFold(f.name, "traceparent") {
			return logging.Event{Traceparent: f.value}
		}
	}
	return logging.Event{}
}

// Delivery implements run.Native: the attributes are what the request context
// says of the request, and the headers that are shown.
func (x *exchange) Delivery() fn.Delivery {
	attributes := map[string]string{}
	for name, value := range object(object([]byte(x.request.text))["requestContext"]) {
		var s string
		if slices.Contains(shownContext, name) && json.Unmarshal(value, &s) == nil {
			setAll(attributes, name, s)
		}
	}
	x.server.keep.Add(attributes, func(yield func(name, value string) bool) {
		for _, f := range x.request.headers {
			if !yield(f.name, f.value) {
				return
			}
		}
	})
	return fn.Delivery{
		Provider:   provider,
		Trigger:    portable.HTTP,
		NativeID:   x.id,
		Attributes: attributes,
		Deadline:   x.deadline,
	}
}

// What Raw shows of a payload and of its parts: what the client asks for, and
// what the gateway says of the request itself. What they say of who the client
// is, and what the operator has set, is not among it: cookies, what an
// authorizer returned, identity, certificates, stageVariables.
var (
	shownMembers = []string{"version", "resource", "routeKey", "httpMethod", "path", "rawPath", "pathParameters", "rawQueryString", "queryStringParameters",
		"multiValueQueryStringParameters", "headers", "multiValueHeaders", "requestContext", "body", "isBase64Encoded"}
	shownContext = []string{"accountId", "apiId", "deploymentId", "domainName", "domainPrefix", "extendedRequestId", "httpMethod", "operationName", "path", "protocol",
		"requestId", "requestTime", "requestTimeEpoch", "resourceId", "resourcePath", "routeKey", "stage", "time", "timeEpoch", "elb", "http", "identity"}
	shownPart = []string{"targetGroupArn", "method", "path", "protocol", "sourceIp", "userAgent"} // of elb, http and identity there
)

// Raw implements run.Native: the payload with what is shown of it.
func (x *exchange) Raw() []byte {
	members := only(object([]byte(x.request.text)), shownMembers)
	for _, name := range []string{"headers", "multiValueHeaders"} {
		header := object(members[name])
		maps.DeleteFunc(header, func(name string, _ json.RawMessage) bool { return !x.server.keep.Has(name) })
		replace(members, name, header)
	}
	context := only(object(members["requestContext"]), shownContext)
	for _, part := range []string{"elb", "http", "identity"} {
		replace(context, part, only(object(context[part]), shownPart))
	}
	replace(members, "requestContext", context)
	raw, _ := json.Marshal(members) // decoded JSON always encodes
	return raw
}

// only takes all members but those that are shown.
func only(members map[string]json.RawMessage, shown []string) map[string]json.RawMessage {
	maps.DeleteFunc(members, func(name string, _ json.RawMessage) bool { return !slices.Contains(shown, name) })
	return members
}

// object returns the members of a JSON object; nil if it is none.
func object(b []byte) map[string]json.RawMessage {
	var members map[string]json.RawMessage
	if json.Unmarshal(b, &members) != nil {
		return nil
	}
	return members
}

// replace puts value in the place of the member name, which goes if it is no
// object.
func replace(members map[string]json.RawMessage, name string, value map[string]json.RawMessage) {
	if value == nil {
		delete(members, name)
		return
	}
	members[name], _ = json.Marshal(value) // decoded JSON always encodes
}

// withoutQualifier returns a function's ARN without its version or alias.
func withoutQualifier(arn string) string {
	end := -1
	for range 7 { // arn:aws:lambda:REGION:ACCOUNT:function:NAME:QUALIFIER
		next := strings.IndexByte(arn[end+1:], ':')
		if next < 0 {
			return arn
		}
		end += next + 1
	}
	return arn[:end]
}
