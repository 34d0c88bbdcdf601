package aws

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/fngen/fngen/internal/native"
)

// Results implements native.Platform.
func (Platform) Results(p native.Payload, a native.Answer) ([]native.Result, error) {
	n := len(p.Entries)
	switch {
	case p.Kind == "http": // whatever the answer is, nobody sends the request again
		return native.All(n, native.Acknowledged), nil
	case a.Error != "":
		return native.All(n, native.Redelivered), nil
	case p.Kind == "queue" || p.Kind == "stream" || p.Kind == "document":
		return batch(p, a.Body)
	case string(a.Body) != "null":
		return nil, fmt.Errorf("%s is not null", a.Body)
	}
	return native.All(n, native.Acknowledged), nil
}

// batch reads the answer of a mapping with ReportBatchItemFailures. Lambda takes
// an answer of another form, and an id that is not in the batch, for the failure
// of all.
//
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
// https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
func batch(p native.Payload, answer []byte) ([]native.Result, error) {
	var response struct {
		Failures *[]struct {
			ID string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	if err := json.Unmarshal(answer, &response); err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	if response.Failures == nil {
		return nil, fmt.Errorf("%s has no list of failures", answer)
	}
	out := native.All(len(p.Entries), native.Acknowledged)
	for n, failure := range *response.Failures {
		i := slices.IndexFunc(p.Entries, func(e native.Entry) bool { return e.ID == failure.ID })
		if i < 0 || out[i].Fate == native.Redelivered {
			return nil, fmt.Errorf("%s: %q is not in the batch, or is there twice", answer, failure.ID)
		}
		if p.Kind == "queue" {
			out[i].Fate = native.Redelivered
			continue
		}
		if n > 0 {
			return nil, fmt.Errorf("%s names more than the lowest sequence number", answer)
		}
		for ; i < len(out); i++ {
			out[i].Fate = native.Redelivered
		}
	}
	return out, nil
}

// Response implements native.Platform.
func (Platform) Response(p native.Payload, a native.Answer) (native.Response, error) {
	if a.Error != "" {
		return native.Response{Status: http.StatusBadGateway, Header: http.Header{}}, nil
	}
	head, stream, isStream := bytes.Cut(a.Body, make([]byte, 8)) // JSON has no zero bytes
	var response struct {
		StatusCode        int
		Headers           map[string]string
		MultiValueHeaders map[string][]string
		Cookies           []string
		Body              string
		IsBase64Encoded   bool
	}
	if err := json.Unmarshal(head, &response); err != nil {
		return native.Response{}, fmt.Errorf("read the response: %w", err)
	}
	if response.StatusCode == 0 {
		return native.Response{}, errors.New("read the response: it has no status")
	}
	out := native.Response{Status: response.StatusCode, Header: http.Header{}, Body: []byte(response.Body)}
	for name, values := range response.MultiValueHeaders {
		for _, v := range values {
			out.Header.Add(name, v)
		}
	}
	for _, name := range native.Names(response.Headers) { // spellings of set-cookie
		if response.MultiValueHeaders[name] == nil {
			out.Header.Add(name, response.Headers[name])
		}
	}
	for _, cookie := range response.Cookies {
		out.Header.Add("Set-Cookie", cookie)
	}
	if response.IsBase64Encoded {
		var err error
		if out.Body, err = base64.StdEncoding.DecodeString(response.Body); err != nil {
			return native.Response{}, fmt.Errorf("read the response's body: %w", err)
		}
	}
	if isStream {
		out.Body = stream
	}
	return out, nil
}
