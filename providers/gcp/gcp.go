// Package gcp runs handlers on Google Cloud Functions, which are Cloud Run
// services behind Google's functions framework. The emitted package registers
// what [Handler] and [HTTPHandler] return as an HTTP function of the framework:
//
//	func init() {
//		gcp.Init()
//		functions.HTTP("Confirm", gcp.Handler(fn.On(shop.Confirm), gcp.PubSub{Queue: "orders"}).ServeHTTP)
//	}
//
// Where the function is a binary of its own, the emitted main hands it to
// [Serve], and [Verify] stands in for Google's check of who calls.
//
// Every event arrives as one POST request, and the status of the answer is all
// that Pub/Sub, Eventarc and Cloud Scheduler look at:
//
//	done, or dropped and logged whole           204
//	written to the dead letters                 204
//	refused for good by the dead letters        204, logged whole; 500 where the subscription has a policy
//	an error, a panic, the deadline             500, deliver again
//	an error with a hint of fn.RetryAfter       503 with Retry-After, deliver again
//	a request that is no event of the source    400, deliver again
//	a method other than POST                    405
//	a body above 32 MiB                         413
//
// An event that can never succeed is written to the source's DeadLetter. Without
// one it is delivered again, so that the subscription's own dead letter policy
// catches it, unless the source says NoDeadLetter. Eventarc and Cloud Scheduler
// have no such policy and give up in the end. Bodies of answers are generic; the cause goes to the log.
package gcp

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"os"
	"strconv"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/run"
	"github.com/fngen/fngen/internal/run/mark"
)

const provider = "gcp"

// maxBody is the size in bytes above which a request is refused: the platform's
// own limit. Base64 inside of it is smaller decoded.
const maxBody = 32 << 20

// A Source says what triggers a function. [PubSub], [Scheduler], [Storage],
// [Firestore] and [Event] are the sources; the interface is sealed.
type Source interface {
	// declared names the trigger as its directive does: queue "orders".
	declared() string
	policy() run.Policy
	// decode makes the record of what arrived. An error says that the request
	// is nothing that this source could have sent; what is wrong inside of a
	// record is the record's own error. Neither names the source.
	decode(*arrival) error
}

// Handler returns what answers the requests that src sends: each is decoded to
// an event and handed to h, in a goroutine of its own. A reply of h is not sent
// anywhere: emit.Replies sends those of the handler in it. It is safe for
// concurrent use if h is.
//
// A handler that has not returned shortly before the deadline of the request is
// answered for, and goes on.
func Handler(h fn.Handler, src Source) http.Handler {
	return hostedHandler(&handler{handler: h, source: src})
}

type handler struct {
	handler fn.Handler
	source  Source
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		h.refuse(w, r, http.StatusMethodNotAllowed, fmt.Errorf("method %s, want POST", r.Method))
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		status := http.StatusBadRequest
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			status = http.StatusRequestEntityTooLarge
		}
		h.refuse(w, r, status, fmt.Errorf("read body: %w", err))
		return
	}
	a := &arrival{header: r.Header, body: body}
	if err := h.source.decode(a); err != nil {
		h.refuse(w, r, http.StatusBadRequest, err)
		return
	}
	if record := &a.record[0]; record.Err != nil {
		record.Err = h.named(record.Err)
	}
	policy := h.source.policy()
	policy.PlatformDeadLetters = a.push != nil && a.push.DeliveryAttempt > 0 // as a subscription with such a policy counts
	answer(w, run.Each(r.Context(), h.handler, policy, a.record[:])[0])
}

// refuse answers a request that has no record, and logs why.
func (h *handler) refuse(w http.ResponseWriter, r *http.Request, status int, err error) {
	slog.ErrorContext(r.Context(), "request refused", "status", status, "error", h.named(err).Error())
	http.Error(w, http.StatusText(status), status)
}

// named says which trigger the error is about.
func (h *handler) named(err error) error { return fmt.Errorf("%s: %w", h.source.declared(), err) }

// Fail ends the process because of a setup that did not succeed. The platform
// sees that the instance never listened, and the log says why.
func Fail(err error) {
	slog.Error("setup failed", "error", mark.Text(err))
	os.Exit(1)
}

// FailOnPanic reports a setup that panics as [Fail] does one that fails. An init
// or main defers it before it calls the setup.
func FailOnPanic() {
	if p := recover(); p != nil {
		Fail(mark.Panicked(p))
	}
}

// answer tells the platform the outcome; package run has logged the cause.
func answer(w http.ResponseWriter, result run.Result) {
	if result.Outcome != run.Retry {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	status := http.StatusInternalServerError
	if _, after := run.Kind(result.Err); after > 0 {
		status = http.StatusServiceUnavailable
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(after.Seconds()))))
	}
	http.Error(w, http.StatusText(status), status)
}
