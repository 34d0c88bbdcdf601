package fnhttp

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/internal/jsonscan"
	"github.com/fngen/fngen/internal/portable"
	"github.com/fngen/fngen/internal/run"
)

// MaxBatch is the number of events in a batch above which a request is answered
// with 413, before any of them is handled.
const MaxBatch = 1000

// Batch is [Handler] for requests that may also be a batch of CloudEvents in
// JSON, content type application/cloudevents-batch+json: each element reaches h
// as an event of its own, one after another. An element that is no event is its
// own failure alone, and the others are handled.
//
// A request has one status for all of its events. It is 204 if all are done,
// also for an empty batch, or else that of the event that most needs to be sent
// again, in the order
//
//	503 with the longest Retry-After, 504, 500, 400
//
// A sender that sends again sends the whole batch, so h gets what it has done
// already a second time, with the same source and id. Replies to the events of
// a batch go nowhere. A request that is no batch is handled as by Handler.
func Batch(h fn.Handler, source string) http.Handler {
	return &batch{single: handler{handler: h, source: source}}
}

type batch struct{ single handler }

func (b *batch) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	contentType := r.Header.Get("Content-Type")
	if !ce.IsBatch(contentType) || isValidation(r) {
		b.single.ServeHTTP(w, r)
		return
	}
	body, ok := readBody(w, r)
	if !ok {
		return
	}
	if !ce.IsJSON(contentType) {
		fail(w, r, http.StatusUnsupportedMediaType, fmt.Errorf("content type %q is not supported", contentType))
		return
	}
	id := cmp.Or(run.RequestFrom(r.Context()).ID, rand.Text())
	records, err := split(body, "HTTP request "+id)
	if err != nil {
		status := http.StatusBadRequest
		if errors.Is(err, errManyEvents) {
			status = http.StatusRequestEntityTooLarge
		}
		fail(w, r, status, fmt.Errorf("decode batch: %w", err))
		return
	}
	status, after := worst(run.Each(r.Context(), b.single.handler, run.Policy{}, records))
	if status != http.StatusNoContent {
		answerStatus(w, status, after)
		return
	}
	w.WriteHeader(status)
}

var errManyEvents = fmt.Errorf("more than %d events", MaxBatch)

// split returns the elements of a JSON array, each as an event or with the reason
// why it is none. Everybody may send a batch, so that it is read once, whatever
// is in it.
func split(body []byte, name string) (records []run.Record, err error) {
	const maxNesting = 10_000 // as in encoding/json
	j := jsonscan.NewReader(string(body), maxNesting)
	if len(body) > 0 && j.Next() != '[' {
		return nil, errors.New("not a JSON array")
	}
	err = j.Array(func() error {
		if len(records) == MaxBatch {
			return errManyEvents
		}
		r := run.Record{Native: run.Name(fmt.Sprintf("%s, event %d", name, len(records)+1))}
		if r.Err = j.Try(func() (err error) { r.Event, err = ce.ReadPublic(j); return err }); r.Err != nil {
			if err := j.Skip(); err != nil { // it is no JSON either
				return err
			}
		} else {
			r.Event, r.Err = portable.Received(r.Event, portable.HTTP)
		}
		records = append(records, r)
		return nil
	})
	switch {
	case errors.Is(err, errManyEvents):
		return nil, err
	case err == nil:
		err = j.End()
	}
	if err != nil {
		return nil, jsonscan.Explain(body, err)
	}
	return records, nil
}

// urgency has the statuses of failed events, the most urgent to send again
// first.
var urgency = [...]int{http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusInternalServerError, http.StatusBadRequest}

// worst returns the status for all results, which is 204 if none has failed, and
// the longest hint.
func worst(results []run.Result) (status int, after time.Duration) {
	first := len(urgency)
	for _, result := range results {
		if result.Err != nil {
			s, hint := statusOf(result)
			first, after = min(first, slices.Index(urgency[:], s)), max(after, hint)
		}
	}
	if first == len(urgency) {
		return http.StatusNoContent, 0
	}
	return urgency[first], after
}
