package aws

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/fngen/fngen/internal/jsonscan"
	"github.com/fngen/fngen/internal/retain"
)

// A gateway is what turned an HTTP request into the payload.
type gateway uint8

const (
	functionURL    gateway = iota // payload format 2.0, path as the client sent it
	httpAPI                       // payload format 2.0, path decoded
	restAPI                       // query decoded
	balancer                      // one value per header; query as the client sent it
	balancerValues                // multi-value headers; query as the client sent it
)

// A pair is a name and one value: of a header, or of a query.
type pair struct{ name, value string }

// proxyRequest is the payload of any gateway.
type proxyRequest struct {
	text    string
	gateway gateway

	method, path string
	headers      []pair
	cookies      []string
	query        []pair
	rawQuery     string // payload format 2.0
	body         string
	isBase64     bool

	id, domain, stage, protocol, clientIP string // of the request context

	prefix prefix

	space [14]pair // of headers, without an allocation
}

// envelope is what tells a request from another payload, and its gateway.
type envelope struct {
	has                       has
	version                   string // of the payload's format
	httpMethod, path, rawPath string
	query, multiQuery         string // as JSON
	multiHeaders              []pair // nil if not there
	isFormat2, isBalancer     bool
	authorizer, socket        string // members that a request has not
}

// has are the members that a payload has, whatever is in them. It takes all
// that make a shape to tell it: others have a method too.
type has uint8

const (
	hasPath has = 1 << iota
	hasRawPath
	hasHeaders
	hasContext

	madeOfFormat2 = hasRawPath | hasContext           // and a version, and a method in the context
	madeOfFormat1 = hasPath | hasHeaders | hasContext // and a method
)

// decode decodes a payload and tells its gateway.
func (q *proxyRequest) decode(payload []byte) error {
	if len(payload) > maxPayload {
		return fmt.Errorf("decode HTTP request: the payload has %d bytes, more than %d", len(payload), maxPayload)
	}
	q.text = string(payload) // the runtime uses its buffer again
	if !utf8.ValidString(q.text) {
		return fmt.Errorf("decode HTTP request: the payload is not UTF-8")
	}
	q.headers = q.space[:0]
	var e envelope
	j := jsonscan.NewReader(q.text, maxNesting)
	err := j.Object(func(name string) error { return q.member(j, &e, name) })
	switch {
	case jsonscan.IsTypeError(err):
		return fmt.Errorf("decode HTTP request: %w, in %s", err, arrived(payload))
	case err != nil:
		return fmt.Errorf("decode HTTP request: %w", err)
	}
	if err := j.End(); err != nil {
		return fmt.Errorf("decode HTTP request: %w", err)
	}
	if err := q.classify(&e, payload); err != nil {
		return err
	}
	q.retain()
	return nil
}

// retain gives what a handler may keep of a request memory of its own: all but
// the body.
func (q *proxyRequest) retain() {
	var copies retain.Strings
	for _, s := range [...]*string{&q.method, &q.path, &q.rawQuery, &q.id, &q.domain, &q.protocol, &q.clientIP} {
		*s = copies.Copy(*s)
	}
	for i, c := range q.cookies {
		q.cookies[i] = copies.Copy(c)
	}
	for _, list := range [...][]pair{q.headers, q.query} {
		for i, f := range list {
			list[i] = pair{copies.Copy(f.name), copies.Copy(f.value)}
		}
	}
}

// classify tells the gateway and takes what this gateway sends.
func (q *proxyRequest) classify(e *envelope, payload []byte) error {
	switch {
	case e.authorizer != "":
		return fmt.Errorf("decode payload: declared HTTP, received a question to an authorizer (%s)", e.authorizer)
	case e.socket != "":
		return fmt.Errorf("decode payload: declared HTTP, received an event of a WebSocket")
	case e.isFormat2:
		if e.has&madeOfFormat2 != madeOfFormat2 || e.version != "2.0" || q.method == "" {
			return incomplete(payload)
		}
		q.path, q.gateway = e.rawPath, httpAPI
		if strings.Contains(q.domain, ".lambda-url.") {
			q.gateway = functionURL
		}
		return nil
	case e.has&madeOfFormat1 != madeOfFormat1 || e.httpMethod == "":
		return incomplete(payload)
	case e.isBalancer && e.multiHeaders != nil:
		q.gateway = balancerValues
	case e.isBalancer:
		q.gateway = balancer
	case e.version != "": // an HTTP API's, which has lost what was escaped in the path
		return fmt.Errorf("%w, whose path is decoded already; let the integration send payload format 2.0", mismatch("HTTP", payload))
	default:
		q.gateway = restAPI
	}
	q.method, q.path = e.httpMethod, e.path
	if e.multiHeaders != nil {
		q.headers = e.multiHeaders
	}
	if err := q.values(e); err != nil {
		return fmt.Errorf("decode HTTP request: query: %w", err)
	}
	return nil
}

// incomplete is the error for a payload that is no request, or one without all
// that a gateway sends.
func incomplete(payload []byte) error {
	err := mismatch("HTTP", payload)
	if name := arrived(payload); strings.HasPrefix(name, "a request of") && name != lattice {
		return fmt.Errorf("%w with members missing", err)
	}
	return err
}

// values takes the query of the gateways that have decoded it into its parts.
func (q *proxyRequest) values(e *envelope) error {
	multi := jsonscan.NewReader(e.multiQuery, maxNesting)
	if e.multiQuery != "" && !multi.IsNull() {
		return readLists(multi, &q.query)
	}
	if e.query == "" {
		return nil
	}
	return readFields(jsonscan.NewReader(e.query, maxNesting), &q.query)
}

func (q *proxyRequest) member(j *jsonscan.Reader, e *envelope, name string) error {
	switch name {
	case "version":
		return j.String(&e.version)
	case "rawPath":
		e.has |= hasRawPath
		return j.String(&e.rawPath)
	case "path":
		e.has |= hasPath
		return j.String(&e.path)
	case "httpMethod":
		return j.String(&e.httpMethod)
	case "methodArn", "routeArn":
		return j.String(&e.authorizer)
	case "rawQueryString":
		return j.String(&q.rawQuery)
	case "cookies":
		return j.Array(func() error {
			q.cookies = append(q.cookies, "")
			return j.String(&q.cookies[len(q.cookies)-1])
		})
	case "headers":
		e.has |= hasHeaders
		return readFields(j, &q.headers)
	case "multiValueHeaders":
		e.has |= hasHeaders
		return readLists(j, &e.multiHeaders)
	case "queryStringParameters":
		return j.Keep(&e.query)
	case "multiValueQueryStringParameters":
		return j.Keep(&e.multiQuery)
	case "body":
		return j.String(&q.body)
	case "isBase64Encoded":
		return j.Bool(&q.isBase64)
	case "requestContext":
		e.has |= hasContext
		return j.Object(func(name string) error { return q.contextMember(j, e, name) })
	}
	return j.Skip()
}

func (q *proxyRequest) contextMember(j *jsonscan.Reader, e *envelope, name string) error {
	switch name {
	case "requestId":
		return j.String(&q.id)
	case "domainName":
		return j.String(&q.domain)
	case "stage":
		return j.String(&q.stage)
	case "protocol":
		return j.String(&q.protocol)
	case "connectionId":
		return j.String(&e.socket)
	case "elb":
		e.isBalancer = !j.IsNull()
	case "http":
		e.isFormat2 = !j.IsNull()
		return j.Object(func(name string) error {
			switch name {
			case "method":
				return j.String(&q.method)
			case "sourceIp":
				return j.String(&q.clientIP)
			case "protocol":
				return j.String(&q.protocol)
			}
			return j.Skip()
		})
	case "identity":
		return j.Object(func(name string) error {
			if name == "sourceIp" {
				return j.String(&q.clientIP)
			}
			return j.Skip()
		})
	}
	return j.Skip()
}

// readFields reads an object of strings.
func readFields(j *jsonscan.Reader, out *[]pair) error {
	return j.Object(func(name string) error {
		f := pair{name: name}
		err := j.String(&f.value)
		*out = append(*out, f)
		return err
	})
}

// readLists reads an object of lists of strings. Only null leaves nil.
func readLists(j *jsonscan.Reader, out *[]pair) error {
	if j.IsNull() {
		return j.Skip()
	}
	*out = []pair{}
	return j.Object(func(name string) error {
		return j.Array(func() error {
			f := pair{name: name}
			err := j.String(&f.value)
			*out = append(*out, f)
			return err
		})
	})
}
