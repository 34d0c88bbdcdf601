package invoke

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"github.com/fngen/fngen/gen/internal/dev/platform"
	"github.com/fngen/fngen/gen/internal/model"
)

// A Fate is what the platform does next with what it delivered.
type Fate string

// The fates. An HTTP function has none but the first and the last two.
const (
	Answered     Fate = "answered"      // a client has its response
	Acknowledged Fate = "acknowledged"  // it is done
	Redelivered  Fate = "redelivered"   // it comes again
	DeadLettered Fate = "dead-lettered" // it is kept with the reason
	Dropped      Fate = "dropped"       // nobody has it any more but the log
	Failed       Fate = "failed"        // a client gets the platform's own error
)

// A Response is what an HTTP function answers.
type Response struct {
	Status      int
	ContentType string
	Body        []byte
}

// understand completes the result with what the answer means.
func (r *Result) understand(target string, f model.Function, a platform.Answer) error {
	if _, ok := f.Trigger.(model.HTTP); ok {
		r.Fate = Answered
		if a.Failure != "" {
			r.Fate = Failed
			return nil
		}
		var err error
		r.Response, err = decodeResponse(target, a)
		return err
	}
	letters := false
	for _, e := range r.Emissions {
		letters = letters || e.IsLetter
	}
	switch {
	case target != "openwhisk" && comesAgain(a):
		r.Fate = Redelivered
	case letters:
		r.Fate = DeadLettered
	case a.Failure != "": // on OpenWhisk, which delivers at most once
		r.Fate = Dropped
	default:
		r.Fate = Acknowledged
	}
	return nil
}

// comesAgain reports whether Lambda or Google delivers again what was answered
// like this, or a part of it.
func comesAgain(a platform.Answer) bool {
	if a.Failure != "" || a.Status >= 300 {
		return true
	}
	var partial struct {
		Failures []json.RawMessage `json:"batchItemFailures"`
	}
	_ = json.Unmarshal(a.Body, &partial) // what is no batch's answer has none
	return len(partial.Failures) > 0
}

// decodeResponse returns the response that the platform makes of the answer.
func decodeResponse(target string, a platform.Answer) (*Response, error) {
	if target == "gcp" {
		return &Response{a.Status, a.ContentType, a.Body}, nil
	}
	var answer struct {
		Status   int            `json:"statusCode"`
		Headers  map[string]any `json:"headers"`
		Many     http.Header    `json:"multiValueHeaders"`
		Body     string         `json:"body"`
		IsBase64 bool           `json:"isBase64Encoded"`
	}
	head, body, isStream := a.Body, []byte(nil), false
	if a.ContentType == "application/vnd.awslambda.http-integration-response" {
		head, body, isStream = bytes.Cut(a.Body, make([]byte, 8))
	}
	if err := json.Unmarshal(head, &answer); err != nil || answer.Status == 0 {
		return nil, fmt.Errorf("the answer is no HTTP response: %.200q", head)
	}
	r := &Response{Status: answer.Status}
	for name, value := range answer.Headers {
		if strings.EqualFold(name, "Content-Type") {
			r.ContentType = fmt.Sprint(value)
		}
	}
	for name, values := range answer.Many {
		if strings.EqualFold(name, "Content-Type") && len(values) > 0 {
			r.ContentType = values[0]
		}
	}
	r.Body = []byte(answer.Body)
	switch {
	case isStream:
		r.Body = body
	case answer.IsBase64 || target == "openwhisk" && !isText(r.ContentType):
		decoded, err := base64.StdEncoding.DecodeString(answer.Body)
		if err != nil {
			return nil, fmt.Errorf("the body of the response: %w", err)
		}
		r.Body = decoded
	}
	return r, nil
}

// isText reports whether OpenWhisk's controller takes a body of the content type
// for text, and that of any other for base64, JSON too.
//
// https://github.com/apache/openwhisk/blob/master/docs/webactions.md
func isText(contentType string) bool {
	name, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false
	}
	kind, sub, _ := strings.Cut(name, "/")
	_, hasCharset := parameters["charset"]
	return kind == "text" || kind == "application" && sub != "octet-stream" && sub != "json" && !strings.HasSuffix(sub, "+json") &&
		(hasCharset || sub == "xml" || sub == "javascript" || sub == "x-www-form-urlencoded" || strings.HasSuffix(sub, "+xml"))
}
