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

// An answerer answers an invocation by one call of answer, with what Invoke of
// a [lambda.Handler] returns. If Lambda has to have its answer before Answer
// returns, another goroutine makes the call, and late is true.
type answerer interface {
	Answer(ctx context.Context, payload []byte, answer func(response []byte, err error, late bool))
}

// startClient serves invocations by the runtime's client until the process ends.
func startClient(h lambda.Handler) {
	a, ok := h.(answerer)
	api := os.Getenv("AWS_LAMBDA_RUNTIME_API")
	if ok && api != "" && lambdacontext.MaxConcurrency() == 1 {
		h = &loop{handler: a, invocations: "http://" + api + "/2018-06-01/runtime/invocation/"}
	}
	lambda.Start(h)
}

// A loop runs handlers in the goroutine in which the runtime's client waits for
// the answer, so that an invocation wakes no other. One that is late keeps the
// goroutine, and with it the client: then the loop posts the answer by itself,
// and another client goes on.
type loop struct {
	handler     answerer
	invocations string // URL of the Runtime API
}

// Invoke implements lambda.Handler.
func (l *loop) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	var t turn
	defer func() {
		if t.mine { // the handler is ending this goroutine
			go l.goOn(ctx, t.response, t.err)
		}
	}()
	l.handler.Answer(ctx, payload, func(response []byte, err error, late bool) {
		if late {
			l.goOn(ctx, response, err)
			return
		}
		t = turn{true, response, err}
	})
	if !t.mine {
		runtime.Goexit() // the answer has been posted, and another client goes on
	}
	t.mine = false
	return t.response, t.err
}

// A turn is what a client gets for an invocation.
type turn struct {
	mine     bool // the client is to post it
	response []byte
	err      error
}

// goOn posts the answer to the invocation that ctx is of and serves the next
// ones.
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
