package aws

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"reflect"
	"runtime"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

// An answerer answers invocations in the goroutine that asks it.
type answerer interface {
	// Answer is Invoke of a [lambda.Handler], and reports whether the goroutine
	// goes on. It does not where a handler keeps it, since it is late, or ends
	// it; then what was passed to answerBy has been called with what Invoke
	// returns, by another goroutine where the handler was late.
	Answer(ctx context.Context, payload []byte) (response []byte, goesOn bool, err error)

	answerBy(elsewhere func(ctx context.Context, response []byte, err error))
}

// startClient serves invocations by the runtime's client until the process ends.
func startClient(h lambda.Handler) {
	a, ok := h.(answerer)
	api := os.Getenv("AWS_LAMBDA_RUNTIME_API")
	if ok && api != "" && lambdacontext.MaxConcurrency() == 1 {
		l := &loop{handler: a, invocations: "http://" + api + "/2018-06-01/runtime/invocation/"}
		a.answerBy(l.goOn)
		h = l
	}
	lambda.Start(h)
}

// A loop runs handlers in the goroutine in which the runtime's client waits for
// the answer, so that an invocation wakes no other. Where that does not go on,
// the client does not either: then the loop posts the answer by itself, and
// another client goes on.
type loop struct {
	handler     answerer
	invocations string // URL of the Runtime API
}

// Invoke implements lambda.Handler.
func (l *loop) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	response, goesOn, err := l.handler.Answer(ctx, payload)
	if !goesOn {
		runtime.Goexit()
	}
	return response, err
}

// goOn posts the answer to the invocation that ctx is of and has another client
// serve the next ones.
func (l *loop) goOn(ctx context.Context, response []byte, err error) {
	if err := l.post(ctx, response, err); err != nil {
		log.Fatal(err) // as the client does; Lambda starts the process anew
	}
	go lambda.Start(l)
}

// post posts the answer as the client does.
//
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
func (l *loop) post(ctx context.Context, response []byte, err error) error {
	lc, _ := lambdacontext.FromContext(ctx)
	url := l.invocations + lc.AwsRequestID + "/response"
	if err != nil {
		url = l.invocations + lc.AwsRequestID + "/error"
		if response, err = json.Marshal(messages.InvokeResponse_Error{Message: err.Error(), Type: typeName(err)}); err != nil {
			return fmt.Errorf("encode error: %w", err)
		}
		log.Printf("%s", response)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	defer transport.CloseIdleConnections()
	posted, err := (&http.Client{Transport: transport}).Post(url, "application/json", bytes.NewReader(response))
	if err != nil {
		return fmt.Errorf("post answer: %w", err)
	}
	defer posted.Body.Close()
	_, _ = io.Copy(io.Discard, posted.Body)
	if posted.StatusCode != http.StatusAccepted {
		return fmt.Errorf("post answer: status %s", posted.Status)
	}
	return nil
}

// typeName is how the client names the type of an error.
func typeName(err error) string {
	t := reflect.TypeOf(err)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Name()
}
