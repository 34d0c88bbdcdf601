package fnhttp

import (
	"context"
	"fmt"
	"maps"
	"net/http"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/internal/httpbuffer"
	"github.com/fngen/fngen/internal/run"
	"github.com/fngen/fngen/internal/run/mark"
)

// Emitting lets a handler of requests emit to the sinks, by [fn.Emit] with the
// request's context. source is /MODULE/FUNCTION; public is [emit.Answers]'s.
//
// The response is held back until the handler has returned. If its status is
// below 500 what was emitted is sent then, and the client gets the response
// when all is taken; it gets a 500 or 503 if that fails. A response of 500 or
// more discards what was emitted. The ResponseWriter is no http.Flusher.
func Emitting(h http.Handler, source string, public bool, sinks ...emit.Sink) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		held := &httpbuffer.Response{}
		handler := emit.Answers(serving{h, held, r}, source, public, sinks...)
		e, err := request(r, nil)
		if err != nil {
			fail(w, r, http.StatusBadRequest, err)
			return
		}
		_, err = handler.Handle(r.Context(), e)
		err = mark.Settled(err) // of a sink
		if err != nil && held.Status() < http.StatusInternalServerError {
			mark.Log(r.Context(), "request failed", "error", err.Error())
			status, after := statusOf(run.Result{Err: err, Late: r.Context().Err() == context.DeadlineExceeded})
			answerStatus(w, status, after)
			return
		}
		maps.Copy(w.Header(), held.Sent())
		w.WriteHeader(held.Status())
		_, _ = w.Write(held.Body()) // the client may have gone
	})
}

// serving is the handler of one request as one of events.
type serving struct {
	handler  http.Handler
	response *httpbuffer.Response
	request  *http.Request
}

// Handle implements fn.Handler.
func (s serving) Handle(ctx context.Context, _ event.Event) (*event.Event, error) {
	s.handler.ServeHTTP(s.response, s.request.WithContext(ctx))
	s.response.WriteHeader(http.StatusOK)
	if status := s.response.Status(); status >= http.StatusInternalServerError {
		return nil, fmt.Errorf("the response has the status %d", status)
	}
	return nil, nil
}
