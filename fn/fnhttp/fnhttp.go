// Package fnhttp lets a handler of events answer HTTP requests, in the same
// way on every cloud and under plain net/http.
//
// A request that is a CloudEvent, in binary or structured mode, reaches the
// handler as that event; any other request as one of type
// [fn.TypeHTTPRequest] whose subject is the path and whose data is the body.
//
// An event has 64 extensions at most, since anybody may send it. In binary mode two
// ce- headers of one name are refused where the platform tells them apart: a
// function URL and an HTTP API fold them with a comma, and a load balancer with
// single values and a web action keep the last. In structured mode data that is a
// JSON string stays one under a content type that is JSON, quotes and all, as the
// specification has it. The official Go SDK sends data of a type like
// application/vnd.order+json so; send it in binary mode to have it as it is.
//
// A reply that is an event goes back in binary mode. A bare value is the body
// of a 200, and no reply is a 204. Errors become a status alone; their text
// goes to the log:
//
//	BadInput, data that does not decode    400
//	any other error, a panic, Permanent    500
//	RetryAfter                             503 with Retry-After
//	the deadline                           504
//	a body above MaxBody                   413
//	a format of events that is not JSON    415
//
// A webhook's validation request ([Handshake]) is granted and reaches no
// handler. The number and size of headers, and how slowly a body may arrive,
// are limited by the server in front, as each provider documents.
package fnhttp

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/internal/ce/cehttp"
	"github.com/fngen/fngen/internal/run"
	"github.com/fngen/fngen/internal/run/mark"
)

// MaxBody is the size in bytes above which a request is answered with 413. It
// is what Google Cloud accepts; AWS Lambda and OpenWhisk accept less.
const MaxBody = 32 << 20

// Handler answers requests by handing them to h as events. Replies without a
// source of their own get source, which is /MODULE/FUNCTION. A batch of events
// is a 415; [Batch] takes it.
func Handler(h fn.Handler, source string) http.Handler {
	return &handler{handler: h, source: source}
}

type handler struct {
	handler fn.Handler
	source  string
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if isValidation(r) {
		w.Header().Set("Allow", "OPTIONS, POST")
		grant(w, r)
		return
	}
	body, ok := readBody(w, r)
	if !ok {
		return
	}
	contentType := r.Header.Get("Content-Type")
	if ce.IsBatch(contentType) || ce.IsStructured(contentType) && !ce.IsJSON(contentType) {
		fail(w, r, http.StatusUnsupportedMediaType, fmt.Errorf("content type %q is not supported", contentType))
		return
	}
	e, err := decode(r, body)
	if err != nil {
		fail(w, r, http.StatusBadRequest, err)
		return
	}
	record := run.Record{Event: e, Native: run.Name("HTTP request " + e.ID())} // the delivery is the request's own
	result := run.Each(r.Context(), h.handler, run.Policy{}, []run.Record{record})[0]
	if result.Err != nil {
		status, after := statusOf(result)
		answerStatus(w, status, after)
		return
	}
	if err := h.answer(w, result.Reply); err != nil {
		fail(w, r, http.StatusInternalServerError, fmt.Errorf("reply: %w", err))
	}
}

// readBody returns the body, or answers that it cannot be had.
func readBody(w http.ResponseWriter, r *http.Request) (body []byte, ok bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if err != nil {
		status := http.StatusBadRequest
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			status = http.StatusRequestEntityTooLarge
		}
		fail(w, r, status, fmt.Errorf("read body: %w", err))
		return nil, false
	}
	return body, true
}

// fail answers a request that has no result, and logs why.
func fail(w http.ResponseWriter, r *http.Request, status int, err error) {
	slog.ErrorContext(r.Context(), "request failed", "status", status, "error", err.Error())
	http.Error(w, http.StatusText(status), status)
}

// statusOf returns the status of a handler's error, and the hint with a 503.
func statusOf(result run.Result) (status int, after time.Duration) {
	switch kind, after := run.Kind(result.Err); {
	case kind == mark.BadInput:
		return http.StatusBadRequest, 0
	case kind == mark.Permanent:
		return http.StatusInternalServerError, 0
	case after > 0:
		return http.StatusServiceUnavailable, after
	case result.Late:
		return http.StatusGatewayTimeout, 0
	}
	return http.StatusInternalServerError, 0
}

// answerStatus answers for a handler's error, which is logged already.
func answerStatus(w http.ResponseWriter, status int, after time.Duration) {
	if after > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(after.Seconds()))))
	}
	http.Error(w, http.StatusText(status), status)
}

// answer writes the reply; nil is a 204.
func (h *handler) answer(w http.ResponseWriter, reply *event.Event) error {
	if reply == nil || reply.Context == nil {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	if reply.Type() != "" {
		if err := cehttp.SetHeaders(w.Header(), *reply, cmp.Or(reply.ID(), rand.Text()), cmp.Or(reply.Source(), h.source)); err != nil {
			return err
		}
	}
	if t := reply.DataContentType(); t != "" {
		w.Header().Set("Content-Type", t)
	} else if len(reply.Data()) > 0 {
		w.Header().Set("Content-Type", event.ApplicationJSON) // what none means; net/http would guess
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(reply.Data())))
	w.WriteHeader(http.StatusOK)
	_, err := w.Write(reply.Data())
	if err != nil {
		slog.Warn("write response", "error", err.Error())
	}
	return nil
}
