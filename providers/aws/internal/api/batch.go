package api

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/internal/portable"
	"github.com/fngen/fngen/internal/sinks"
)

// An Entry is an event on its way.
type Entry struct {
	Event event.Event
	Body  []byte // the event in structured mode
	Group string // entries of one group keep their order; "" is in none

	index int
}

// Limits are those of a service for one call.
type Limits struct {
	Count int // entries
	Bytes int // of an entry, and of all together
	Size  func(Entry) int
	Check func(body []byte) error // says why a body is never taken; nil for none
}

// Send encodes the events and gives them to call in batches within the limits.
// call returns an error for each entry, or nil. Of a group no batch holds two,
// and what follows one that failed is not sent, so that its order is kept.
func Send(ctx context.Context, events []event.Event, limits Limits, group func(event.Event) string, call func([]Entry) []error) []error {
	errs := make([]error, len(events))
	var waiting []Entry
	for i, e := range events {
		entry := Entry{Event: e, Group: group(e), index: i}
		entry.Body, errs[i] = ce.Encode(e)
		if size := limits.Size(entry); errs[i] == nil && size > limits.Bytes {
			errs[i] = fmt.Errorf("the event %s has %d bytes, more than %d, the limit of the service", e.ID(), size, limits.Bytes)
		}
		if errs[i] == nil && limits.Check != nil {
			errs[i] = limits.Check(entry.Body)
		}
		if errs[i] != nil {
			errs[i] = fn.Permanent(errs[i])
			continue
		}
		waiting = append(waiting, entry)
	}
	failed := map[string]error{}
	for len(waiting) > 0 {
		var batch []Entry
		batch, waiting = next(waiting, limits, failed, errs)
		if len(batch) == 0 {
			break
		}
		for i, err := range call(batch) {
			errs[batch[i].index] = err
			if err != nil && batch[i].Group != "" {
				failed[batch[i].Group] = err
			}
		}
	}
	return errs
}

// next splits the first batch off what is waiting.
func next(waiting []Entry, limits Limits, failed map[string]error, errs []error) (batch, rest []Entry) {
	size, full := 0, false
	held := map[string]bool{}
	for _, e := range waiting {
		if err := failed[e.Group]; err != nil {
			errs[e.index] = fmt.Errorf("not sent, since an event before it in its group was not: %w", err)
			continue
		}
		n := limits.Size(e)
		full = full || len(batch) == limits.Count || size+n > limits.Bytes
		if full || held[e.Group] {
			rest = append(rest, e)
			held[e.Group] = e.Group != ""
			continue
		}
		held[e.Group] = e.Group != ""
		batch, size = append(batch, e), size+n
	}
	return batch, rest
}

// All returns the error for each of n entries.
func All(n int, err error) []error {
	errs := make([]error, n)
	for i := range errs {
		errs[i] = err
	}
	return errs
}

// A Failed is an entry that a service names as not taken.
type Failed struct{ ID, Code, Message string }

// Results returns an error for each of n entries that is not among the taken,
// whose ids are their indexes.
func Results(service string, n int, taken []string, failed []Failed, refused ...string) []error {
	errs := All(n, fmt.Errorf("%s: the response does not name the entry", service))
	for _, id := range taken {
		if i, err := strconv.Atoi(id); err == nil && i >= 0 && i < n {
			errs[i] = nil
		}
	}
	for _, f := range failed {
		if i, err := strconv.Atoi(f.ID); err == nil && i >= 0 && i < n {
			errs[i] = Failure(service, f.Code, f.Message, refused...)
		}
	}
	return errs
}

// Failure is the error for a service's answer to a call or an entry: permanent
// if code is one of refused, by which the service refuses what was sent, and
// passing if it is anything else, such as a limit, a missing permission or a
// missing queue, which somebody may put right.
func Failure(service, code, message string, refused ...string) error {
	if strings.Contains(code, "Signature") {
		message = "the request's signature is not that of its credentials" // the service quotes the request, whose headers hold a token
	}
	err := fmt.Errorf("%s: %s: %s", service, code, sinks.Words(message))
	if slices.Contains(refused, code) {
		return fn.Permanent(err)
	}
	return err
}

// JSONFailure is the [Failure] that a response of the JSON protocols tells.
func JSONFailure(service string, status int, body []byte, refused ...string) error {
	code, message := JSONCode(body)
	if code == "" { // the status stands for it
		code = fmt.Sprintf("status %d", status)
		if status == http.StatusRequestEntityTooLarge {
			return fn.Permanent(fmt.Errorf("%s: %s", service, code))
		}
	}
	return Failure(service, code, message, refused...)
}

// JSONCode returns the code and the text of a failure in the JSON protocols, or ""
// where the body holds none.
func JSONCode(body []byte) (code, message string) {
	var answer struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
		Capital string `json:"Message"`
	}
	_ = json.Unmarshal(body, &answer)
	return answer.Type[strings.LastIndexByte(answer.Type, '#')+1:], cmp.Or(answer.Message, answer.Capital)
}

// Passing reports whether the failure of a call may pass by itself: throttling, and
// an error of the service.
func Passing(status int, code string) bool {
	return status >= http.StatusInternalServerError || status == http.StatusTooManyRequests ||
		slices.Contains([]string{"ProvisionedThroughputExceededException", "ThrottlingException", "Throttling", "RequestLimitExceeded", "TransactionConflictException", "ReplicatedWriteConflictException"}, code)
}

// Deduplication is the id by which a FIFO queue or topic knows a copy. A dead
// letter, and one that is sent back, goes the same way again if its event fails
// again, and is no copy then: the delivery that it is sent for tells the two
// apart, and is the same when that comes again.
func Deduplication(ctx context.Context, e event.Event) string {
	if _, letter := e.Extensions()["deadletterfunction"]; letter {
		d, _ := fn.DeliveryFrom(ctx)
		return portable.Hash(e.Source(), e.ID(), d.NativeID)
	}
	return portable.Hash(e.Source(), e.ID())
}
