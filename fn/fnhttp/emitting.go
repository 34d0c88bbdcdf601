package fnhttp

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/internal/run"
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
		held := &heldResponse{header: http.Header{}}
		handler := emit.Answers(serving{h, held, r}, source, public, sinks...)
		e, err := request(r, nil)
		if err != nil {
			fail(w, r, http.StatusBadRequest, err)
			return
		}
		_, err = handler.Handle(r.Context(), e)
		if err != nil && held.status < http.StatusInternalServerError {
			slog.ErrorContext(r.Context(), "request failed", "error", err.Error())
			status, after := statusOf(run.Result{Err: err, Late: r.Context().Err() == context.DeadlineExceeded})
			answerStatus(w, status, after)
			return
		}
		held.send(w)
	})
}

// serving is the handler of one request as one of events.
type serving struct {
	handler  http.Handler
	response *heldResponse
	request  *http.Request
}

// Handle implements fn.Handler.
func (s serving) Handle(ctx context.Context, _ event.Event) (*event.Event, error) {
	s.handler.ServeHTTP(s.response, s.request.WithContext(ctx))
	s.response.WriteHeader(http.StatusOK)
	if s.response.status >= http.StatusInternalServerError {
		return nil, fmt.Errorf("the response has the status %d", s.response.status)
	}
	return nil, nil
}

// heldResponse is a response that has not left yet.
type heldResponse struct {
	header http.Header
	status int // 0 until it is written
	sent   http.Header
	body   bytes.Buffer
}

func (h *heldResponse) Header() http.Header { return h.header }

// WriteHeader takes the first final status.
func (h *heldResponse) WriteHeader(status int) {
	if h.status == 0 && (status < 100 || status > 199) {
		h.status, h.sent = status, h.header.Clone()
	}
}

func (h *heldResponse) Write(p []byte) (int, error) {
	h.WriteHeader(http.StatusOK)
	if h.status == http.StatusNoContent || h.status == http.StatusNotModified {
		return 0, http.ErrBodyNotAllowed
	}
	return h.body.Write(p)
}

func (h *heldResponse) send(w http.ResponseWriter) {
	maps.Copy(w.Header(), h.sent)
	w.WriteHeader(h.status)
	_, _ = w.Write(h.body.Bytes()) // the client may have gone
}
