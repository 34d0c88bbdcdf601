package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/awslabs/aws-lambda-go-api-proxy/httpadapter"

	"github.com/fngen/fngen/providers/aws"
)

// httpOnLambda compares ways to answer a function URL's request. The two that
// take a net/http handler take the same one.
func httpOnLambda() (comparison, error) {
	payload, err := request()
	if err != nil {
		return comparison{}, err
	}
	ctx := invocation()
	h := http.HandlerFunc(greet)
	return comparison{
		what: "HTTP on Lambda: a GET with ten headers", time: 0.25, allocs: 25,
		subjects: []subject{
			startedSubject("fngen `aws.HTTPHandler`", ctx, payload, aws.HTTPHandler(h, aws.HTTP{})),
			lambdaSubject("aws-lambda-go-api-proxy `httpadapter.NewV2`", ctx, payload, lambda.NewHandler(httpadapter.NewV2(h).ProxyWithContext)),
			lambdaSubject("hand-written handler of `events`", ctx, payload, lambda.NewHandler(greetEvent)),
		},
	}, nil
}

const greeting = `{"greeting":"hello"}`

// greet answers as most handlers do: a header, a status and a small body.
func greet(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet || r.URL.Path != "/orders/42" || r.Header.Get("Accept-Language") == "" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	_, _ = io.WriteString(w, greeting)
}

// greetEvent is greet without net/http.
func greetEvent(_ context.Context, r events.LambdaFunctionURLRequest) (events.LambdaFunctionURLResponse, error) {
	if r.RequestContext.HTTP.Method != http.MethodGet || r.RawPath != "/orders/42" || r.Headers["accept-language"] == "" {
		return events.LambdaFunctionURLResponse{StatusCode: http.StatusBadRequest}, nil
	}
	return events.LambdaFunctionURLResponse{
		StatusCode: http.StatusOK,
		Headers:    map[string]string{"Content-Type": "application/json"},
		Body:       greeting,
	}, nil
}

// request returns a function URL's payload for a GET with ten headers.
func request() ([]byte, error) {
	return json.Marshal(events.LambdaFunctionURLRequest{
		Version:        "2.0",
		RawPath:        "/orders/42",
		RawQueryString: "expand=lines",
		Headers: map[string]string{
			"accept":            "application/json",
			"accept-encoding":   "gzip, deflate, br",
			"accept-language":   "en-GB,en;q=0.9",
			"cache-control":     "no-cache",
			"host":              "abcdefghijklmnop.lambda-url.eu-west-1.on.aws",
			"user-agent":        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
			"x-amzn-trace-id":   "Root=1-5759e988-bd862e3fe1be46a994272793",
			"x-forwarded-for":   "203.0.113.7",
			"x-forwarded-port":  "443",
			"x-forwarded-proto": "https",
		},
		QueryStringParameters: map[string]string{"expand": "lines"},
		RequestContext: events.LambdaFunctionURLRequestContext{
			AccountID:    "anonymous",
			RequestID:    "0f8fad5b-d9cb-469f-a165-70867728950e",
			APIID:        "abcdefghijklmnop",
			DomainName:   "abcdefghijklmnop.lambda-url.eu-west-1.on.aws",
			DomainPrefix: "abcdefghijklmnop",
			Time:         "12/Mar/2026:19:03:58 +0000",
			TimeEpoch:    1773342238000,
			HTTP: events.LambdaFunctionURLRequestContextHTTPDescription{
				Method: http.MethodGet, Path: "/orders/42", Protocol: "HTTP/1.1", SourceIP: "203.0.113.7",
				UserAgent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
			},
		},
	})
}
