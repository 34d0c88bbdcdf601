package aws_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/fngen/fngen/providers/aws"
	"github.com/fngen/fngen/providers/internal/conformance"
)

// A proxy is a gateway.
type proxy struct {
	name    string
	format  format
	decodes bool   // the path
	streams bool   // the response, which has no limit then
	stage   string // of an HTTP API; "" for $default
	base    string // the key of a base path mapping of a REST API; "" for none
	limit   int    // in bytes, of payload and answer
	losses  []conformance.Loss
}

type format uint8

const (
	version2       format = iota // payload format 2.0
	version1                     // payload format 1.0
	balancer                     // one value for each name
	balancerValues               // all values
)

// do answers the request as the gateway does. Its own limits of fewer than 6 MB
// are those of an Application Load Balancer, for either direction.
//
// https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
func (p proxy) do(t testing.TB, h http.Handler, w conformance.Wire) conformance.Reply {
	t.Helper()
	if p.size(w) > p.limit {
		return conformance.Reply{Status: http.StatusRequestEntityTooLarge}
	}
	payload, err := json.Marshal(p.payload(w))
	if err != nil {
		t.Fatal(err)
	}
	p.checkNative(t, w, payload)
	answer, err := aws.HTTPHandler(h, aws.HTTP{Stream: p.streams, BasePath: p.base}).Invoke(t.Context(), payload)
	if err != nil {
		t.Fatal(err)
	}
	if len(answer) > p.limit && !p.streams {
		return conformance.Reply{Status: http.StatusBadGateway}
	}
	return p.reply(t, w, answer)
}

func (p proxy) payload(w conformance.Wire) map[string]any {
	path, query, _ := w.URL()
	payload := map[string]any{"isBase64Encoded": !w.Text(), "body": base64.StdEncoding.EncodeToString(w.Body)}
	if w.Text() {
		payload["body"] = string(w.Body)
	}
	header := map[string][]string{} // gateways send names in lower case
	for _, f := range append([]conformance.Field{{Name: "Host", Value: w.HostName()}}, w.Header...) {
		header[strings.ToLower(f.Name)] = append(header[strings.ToLower(f.Name)], f.Value)
	}
	context := map[string]any{}
	payload["requestContext"] = context
	switch p.format {
	case version2:
		context["domainName"] = "abc.lambda-url.eu-west-1.on.aws"
		if p.decodes {
			context["domainName"] = "abc.execute-api.eu-west-1.amazonaws.com"
			path, _ = url.PathUnescape(path)
			path, _, _ = strings.Cut(path, "?")
		}
		if p.stage != "" {
			context["stage"], path = p.stage, "/"+p.stage+path
		}
		context["http"] = map[string]string{"method": w.Method, "path": path, "sourceIp": "192.0.2.1"}
		payload["version"], payload["rawPath"], payload["rawQueryString"] = "2.0", path, query
		var cookies []string
		for _, v := range header["cookie"] {
			cookies = append(cookies, strings.Split(v, "; ")...)
		}
		delete(header, "cookie")
		payload["cookies"], payload["headers"] = cookies, single(header, ",")
	case version1:
		context["requestId"], path = "gateway-1", p.base+path
		values, _ := url.ParseQuery(query)
		payload["httpMethod"], payload["path"] = w.Method, path
		payload["headers"], payload["multiValueHeaders"] = single(header, ""), header
		payload["queryStringParameters"], payload["multiValueQueryStringParameters"] = single(http.Header(values), ""), values
	default:
		context["elb"] = map[string]string{"targetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/shop/1"}
		values := http.Header{}
		for _, pair := range pairs(query) {
			values[pair[0]] = append(values[pair[0]], pair[1])
		}
		payload["httpMethod"], payload["path"] = w.Method, path
		if p.format == balancer {
			payload["headers"], payload["queryStringParameters"] = single(header, ""), single(values, "")
		} else {
			payload["multiValueHeaders"], payload["multiValueQueryStringParameters"] = header, values
		}
	}
	return payload
}

// single returns one value for each name: all of them, or without a separator
// the last.
func single(values map[string][]string, separator string) map[string]string {
	out := map[string]string{}
	for name, v := range values {
		out[name] = v[len(v)-1]
		if separator != "" {
			out[name] = strings.Join(v, separator)
		}
	}
	return out
}

// reply returns what the gateway makes of the function's answer.
func (p proxy) reply(t testing.TB, w conformance.Wire, answer []byte) conformance.Reply {
	t.Helper()
	var a struct {
		StatusCode        int
		Headers           map[string]string
		MultiValueHeaders map[string][]string
		Cookies           []string
		Body              string
		IsBase64Encoded   bool
	}
	var streamed []byte
	if p.streams {
		var found bool
		if answer, streamed, found = bytes.Cut(answer, make([]byte, 8)); !found {
			t.Fatalf("%.1000s has no end of the prelude", answer)
		}
	}
	if err := json.Unmarshal(answer, &a); err != nil {
		t.Fatal(err)
	}
	reply := conformance.Reply{Status: a.StatusCode, Header: http.Header{}, Body: []byte(a.Body)}
	for _, name := range slices.Sorted(maps.Keys(a.Headers)) { // spellings of set-cookie
		reply.Header.Add(name, a.Headers[name])
	}
	for name, values := range a.MultiValueHeaders {
		for _, v := range values {
			reply.Header.Add(name, v)
		}
	}
	for _, c := range a.Cookies {
		reply.Header.Add("Set-Cookie", c)
	}
	if a.IsBase64Encoded {
		var err error
		if reply.Body, err = base64.StdEncoding.DecodeString(a.Body); err != nil {
			t.Fatal(err)
		}
	}
	if p.streams {
		reply.Body = streamed
	}
	if p.format == balancer { // which does not keep the order of spellings
		slices.Sort(reply.Header["Set-Cookie"])
	}
	if w.Method == http.MethodHead && len(reply.Body) > 0 {
		t.Error("the answer to HEAD has a body")
	}
	return reply
}

// size is that of the body in the payload, in bytes.
func (p proxy) size(w conformance.Wire) int {
	if w.Text() {
		return len(w.Body)
	}
	return base64.StdEncoding.EncodedLen(len(w.Body))
}

// pairs returns the names and values of a query as they are encoded.
func pairs(query string) [][2]string {
	var out [][2]string
	for pair := range strings.SplitSeq(query, "&") {
		if name, value, _ := strings.Cut(pair, "="); pair != "" {
			out = append(out, [2]string{name, value})
		}
	}
	return out
}
