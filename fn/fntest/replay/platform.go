package replay

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/internal/native"
	nativeaws "github.com/fngen/fngen/internal/native/aws"
	nativegcp "github.com/fngen/fngen/internal/native/gcp"
	nativeopenwhisk "github.com/fngen/fngen/internal/native/openwhisk"
	"github.com/fngen/fngen/providers/aws"
	"github.com/fngen/fngen/providers/gcp"
	"github.com/fngen/fngen/providers/openwhisk"
	"github.com/fngen/fngen/providers/openwhisk/web"
)

// A platform sends payloads and runs what an entrypoint starts there.
type platform struct {
	name   string
	native native.Platform

	// final says that nothing is delivered again: what is tried again is tried
	// in the process.
	final bool

	start func(s served) func(context.Context, native.Payload) native.Answer
}

// What an entrypoint is made of.
type served struct {
	native.Trigger
	events   fn.Handler
	requests http.Handler
	retries  int
	keys     []string // of a table
	envelope aws.Envelope
	stream   bool

	letters   *emit.DeadLetter // nil for none
	noLetters bool             // as the directive wants it
}

func all() []platform {
	return []platform{
		{"aws", nativeaws.Platform{}, false, startAWS},
		{"gcp", nativegcp.Platform{}, false, startGCP},
		{"openwhisk", nativeopenwhisk.Platform{}, true, startOpenWhisk},
	}
}

// platforms returns those that the function is meant for.
func (f *Function) platforms(t testing.TB) []platform {
	t.Helper()
	if err := f.check(); err != nil {
		t.Fatalf("replay: %v", err)
	}
	known := []string{"aws", "gcp", "openwhisk"}
	for _, name := range f.Platforms {
		if !slices.Contains(known, name) {
			t.Fatalf("replay: %q is no platform; there are %q", name, known)
		}
	}
	return slices.DeleteFunc(all(), func(p platform) bool { return len(f.Platforms) > 0 && !slices.Contains(f.Platforms, p.name) })
}

func startAWS(s served) func(context.Context, native.Payload) native.Answer {
	h := lambdaHandler(s)
	return func(ctx context.Context, p native.Payload) native.Answer {
		ctx = lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{AwsRequestID: p.ID, InvokedFunctionArn: p.Function})
		answer, err := h.Invoke(ctx, bytes.Clone(p.Body))
		if err != nil {
			return native.Answer{Error: err.Error()}
		}
		return native.Answer{Body: answer}
	}
}

func lambdaHandler(s served) lambda.Handler {
	switch s.Kind {
	case "queue":
		return aws.Handler(s.events, aws.SQS{Queue: s.Name, Content: s.Content, Envelope: s.envelope, Letters: s.Letters, NoDeadLetter: s.noLetters, DeadLetter: s.letters})
	case "topic":
		return aws.Handler(s.events, aws.SNS{Topic: s.Name, Content: s.Content, NoDeadLetter: s.noLetters, DeadLetter: s.letters})
	case "stream":
		return aws.Handler(s.events, aws.Kinesis{Stream: s.Name, NoDeadLetter: s.noLetters, DeadLetter: s.letters})
	case "object":
		return aws.Handler(s.events, aws.S3{Bucket: s.Name, Created: s.Created, Deleted: s.Deleted, Prefix: s.Prefix, Suffix: s.Suffix, NoDeadLetter: s.noLetters, DeadLetter: s.letters})
	case "document":
		return aws.Handler(s.events, aws.DynamoDB{Collection: s.Name, Keys: s.keys, Created: s.Created, Updated: s.Updated, Deleted: s.Deleted, Before: true, NoDeadLetter: s.noLetters, DeadLetter: s.letters})
	case "schedule":
		return aws.Handler(s.events, aws.Scheduler{Name: s.Name, NoDeadLetter: s.noLetters, DeadLetter: s.letters})
	case "event":
		return aws.Handler(s.events, aws.EventBridge{Type: s.Name, Source: s.Source, NoDeadLetter: s.noLetters, DeadLetter: s.letters})
	}
	return aws.HTTPHandler(s.requests, aws.HTTP{Stream: s.stream})
}

func startGCP(s served) func(context.Context, native.Payload) native.Answer {
	h := cloudHandler(s)
	return func(ctx context.Context, p native.Payload) native.Answer {
		r := httptest.NewRequestWithContext(ctx, p.Method, p.Target, bytes.NewReader(p.Body))
		r.Header = p.Header.Clone()
		if host := r.Header.Get("Host"); host != "" {
			r.Host = host
			r.Header.Del("Host")
		}
		return serve(ctx, h, r)
	}
}

// serve answers the request as Cloud Run does: with 504 when the time is over,
// and with 502 if the response breaks off.
func serve(ctx context.Context, h http.Handler, r *http.Request) native.Answer {
	answered := make(chan native.Answer, 1)
	go func() {
		answer := native.Answer{Status: http.StatusBadGateway, Header: http.Header{}}
		defer func() {
			_ = recover() // of a response that is broken on purpose: the adapter has logged why
			answered <- answer
		}()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		answer = native.Answer{Status: w.Code, Header: w.Result().Header, Body: w.Body.Bytes()}
	}()
	select {
	case answer := <-answered:
		return answer
	case <-ctx.Done():
		return native.Answer{Status: http.StatusGatewayTimeout, Header: http.Header{}}
	}
}

func cloudHandler(s served) http.Handler {
	switch s.Kind {
	case "queue":
		return gcp.Handler(s.events, gcp.PubSub{Queue: s.Name, Content: s.Content, Letters: s.Letters, NoDeadLetter: s.noLetters, DeadLetter: s.letters})
	case "topic":
		return gcp.Handler(s.events, gcp.PubSub{Topic: s.Name, Content: s.Content, NoDeadLetter: s.noLetters, DeadLetter: s.letters})
	case "stream":
		return gcp.Handler(s.events, gcp.PubSub{Stream: s.Name, NoDeadLetter: s.noLetters, DeadLetter: s.letters})
	case "object":
		return gcp.Handler(s.events, gcp.Storage{Bucket: s.Name, Created: s.Created, Deleted: s.Deleted, Prefix: s.Prefix, Suffix: s.Suffix, NoDeadLetter: s.noLetters, DeadLetter: s.letters})
	case "document":
		return gcp.Handler(s.events, gcp.Firestore{Collection: s.Name, Created: s.Created, Updated: s.Updated, Deleted: s.Deleted, Before: true, NoDeadLetter: s.noLetters, DeadLetter: s.letters})
	case "schedule":
		return gcp.Handler(s.events, gcp.Scheduler{Name: s.Name, NoDeadLetter: s.noLetters, DeadLetter: s.letters})
	case "event":
		return gcp.Handler(s.events, gcp.Event{Type: s.Name, Source: s.Source, NoDeadLetter: s.noLetters, DeadLetter: s.letters})
	}
	return gcp.HTTPHandler(s.requests, gcp.HTTP{})
}

func startOpenWhisk(s served) func(context.Context, native.Payload) native.Answer {
	h := action(s)
	return func(ctx context.Context, p native.Payload) native.Answer {
		return native.Answer{Body: h.Invoke(context.WithoutCancel(ctx), p.Body)} // the line has the deadline
	}
}

func action(s served) openwhisk.Invoker {
	switch s.Kind {
	case "queue":
		if s.Letters {
			return openwhisk.Handler(s.events, openwhisk.Trigger{Letters: s.Name, Content: s.Content, Retries: s.retries, NoDeadLetter: s.noLetters, DeadLetter: s.letters})
		}
		return openwhisk.Handler(s.events, openwhisk.Kafka{Queue: s.Name, Content: s.Content, Retries: s.retries, NoDeadLetter: s.noLetters, DeadLetter: s.letters})
	case "topic":
		return openwhisk.Handler(s.events, openwhisk.Trigger{Topic: s.Name, Content: s.Content, Retries: s.retries, NoDeadLetter: s.noLetters, DeadLetter: s.letters})
	case "stream":
		return openwhisk.Handler(s.events, openwhisk.Kafka{Stream: s.Name, Retries: s.retries, NoDeadLetter: s.noLetters, DeadLetter: s.letters})
	case "document":
		return openwhisk.Handler(s.events, openwhisk.CouchDB{Collection: s.Name, Created: s.Created, Updated: s.Updated, Deleted: s.Deleted, Retries: s.retries, NoDeadLetter: s.noLetters, DeadLetter: s.letters})
	case "schedule":
		return openwhisk.Handler(s.events, openwhisk.Alarm{Name: s.Name, Retries: s.retries, NoDeadLetter: s.noLetters, DeadLetter: s.letters})
	case "event":
		return openwhisk.Handler(s.events, openwhisk.Trigger{Type: s.Name, Source: s.Source, Retries: s.retries, NoDeadLetter: s.noLetters, DeadLetter: s.letters})
	}
	return web.Handler(s.requests, web.HTTP{})
}
