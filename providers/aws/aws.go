// Package aws runs functions on AWS Lambda: it decodes the native payload of
// the declared source, hands the events to the handler, and writes the answer
// that the source understands.
//
// Generated entrypoints call it, and so can a main written by hand:
//
//	func main() {
//		aws.Start(fn.On(shop.Confirm), aws.SQS{Queue: "orders"})
//	}
//
// Build with the tag lambda.norpc, which leaves net/rpc out of the binary.
package aws

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/run"
	"github.com/fngen/fngen/internal/run/mark"
	"github.com/fngen/fngen/internal/sinks"
)

// provider is the name of the platform in a delivery.
const provider = "aws"

// A Source is what feeds a function: [SQS], [SNS], [S3], [EventBridge],
// [Scheduler], [DynamoDB] or [Kinesis]. The set is closed. Nothing in this package names a source but its own file, so that a
// binary holds only the one that its main names.
type Source interface {
	// decode splits the payload of an invocation into records; an error fails
	// the invocation as a whole. It is pure, and keeps nothing of payload in
	// place: the runtime uses it again, while handlers may keep an event's data
	// and an abandoned one may still run.
	decode(payload []byte) ([]run.Record, error)

	// encode returns the answer to the platform. It is pure.
	encode(records []run.Record, results []run.Result) ([]byte, error)

	policy() run.Policy
}

// Start serves the source's events until the process ends. It never returns.
//
// A process whose handlers do not return any more, since one has left a mutex
// locked for instance, ends with 1 when it has answered, and Lambda starts
// another: one has not returned while three later invocations became late too.
func Start(h fn.Handler, src Source) {
	lambda.StartWithOptions(Handler(h, src), watching())
}

// watching ends a process that is stuck when the runtime's client has sent the
// answer that is due, which ends the context of the invocation.
func watching() lambda.Option {
	return lambda.WithContext(run.Watch(context.Background(), func(ctx context.Context) {
		slog.Error("function is stuck", "error", run.ErrStuck.Error())
		context.AfterFunc(ctx, func() { os.Exit(1) })
	}))
}

// Handler returns what [Start] starts. It is safe for concurrent use, and nothing
// of a payload is kept in place when Invoke returns.
//
// Invoke runs the handler in a goroutine of its own. One that has not returned
// shortly before the deadline is answered for, and goes on.
func Handler(h fn.Handler, src Source) lambda.Handler {
	return &function{handler: h, source: src}
}

type function struct {
	handler fn.Handler
	source  Source
}

// Invoke implements lambda.Handler.
func (f *function) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	if err := checkLimits(payload); err != nil {
		return nil, err
	}
	records, err := f.source.decode(payload)
	if err != nil {
		return nil, bounded(err)
	}
	policy := f.source.policy()
	policy.PlatformDeadLetters = true // a redrive policy, or a destination of failures
	response, err := f.source.encode(records, run.Each(ctx, f.handler, policy, records))
	return response, bounded(err)
}

// answerWhole is encode of the sources that know no answer for a single
// record: any retry is an error, and then the platform delivers all again.
func answerWhole(records []run.Record, results []run.Result) ([]byte, error) {
	var failed error
	for i, r := range results {
		switch {
		case r.Outcome != run.Retry:
		case failed == nil:
			failed = fmt.Errorf("%s: %w", records[i].String(), r.Err)
		default:
			failed = fmt.Errorf("%w; %s: %w", failed, records[i].String(), r.Err)
		}
	}
	if failed != nil {
		return nil, failed
	}
	return []byte("null"), nil
}

// maxErrorText is the length in bytes at which the text of an error is cut. An
// error above Lambda's limit of 6 MB would be refused, and the runtime client
// ends the process then.
const maxErrorText = 8 << 10

// bounded returns an error whose text is at most about maxErrorText long, or
// nil for nil.
func bounded(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if len(text) <= maxErrorText {
		return err
	}
	return errors.New(strings.ToValidUTF8(text[:maxErrorText], "") + "…")
}

// setupFailed is the error type that a failed start has on Lambda.
const setupFailed = "Function.SetupFailed"

// failTime bounds the report of a failed start, whose ten seconds of
// initialisation may be used up already.
const failTime = 2 * time.Second

// Fail logs the error of a setup, reports it to Lambda as a failed
// initialisation, and exits with status 1. Outside of Lambda, where
// AWS_LAMBDA_RUNTIME_API is not set, it only logs and exits.
func Fail(err error) {
	fail(context.Background(), os.Getenv("AWS_LAMBDA_RUNTIME_API"), err)
	os.Exit(1)
}

// FailOnPanic reports a setup that panics as [Fail] does one that fails. A main
// defers it before it calls the setup.
func FailOnPanic() {
	if p := recover(); p != nil {
		Fail(mark.Panicked(p))
	}
}

// fail does what Fail does before it exits; api is a host and port, or "".
func fail(ctx context.Context, api string, cause error) {
	slog.ErrorContext(ctx, "setup failed", "error", mark.Text(cause))
	if api == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, failTime)
	defer cancel()
	if err := reportInitError(ctx, api, cause); err != nil {
		slog.ErrorContext(ctx, "setup failure not reported", "error", err.Error())
	}
}

// reportInitError posts the error to the Runtime API.
//
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-initerror
func reportInitError(ctx context.Context, api string, cause error) error {
	body, err := json.Marshal(struct {
		Message string   `json:"errorMessage"`
		Type    string   `json:"errorType"`
		Stack   []string `json:"stackTrace"`
	}{bounded(fmt.Errorf("setup: %s", mark.Text(cause))).Error(), setupFailed, []string{}})
	if err != nil {
		return fmt.Errorf("encode error: %w", err)
	}
	url := "http://" + api + "/2018-06-01/runtime/init/error"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("report error: %w", sinks.Failed(url, err))
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Lambda-Runtime-Function-Error-Type", setupFailed)
	client := http.Client{Transport: &http.Transport{}} // a proxy of the environment is not for this address
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("report error: %w", sinks.Failed(url, err))
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusAccepted {
		return fmt.Errorf("report error: the Runtime API answered %s", response.Status)
	}
	return nil
}
