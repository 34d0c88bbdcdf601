package aws

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/portable"
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

// proxyRequest is a payload of any gateway.
type proxyRequest struct {
	gateway gateway
	payload []byte

	// Payload format 2.0.
	RawPath        string   `json:"rawPath"`
	RawQueryString string   `json:"rawQueryString"`
	Cookies        []string `json:"cookies"`

	// REST API and load balancer.
	Method      string              `json:"httpMethod"`
	Path        string              `json:"path"`
	MultiHeader map[string][]string `json:"multiValueHeaders"`
	Query       map[string]string   `json:"queryStringParameters"`
	MultiQuery  map[string][]string `json:"multiValueQueryStringParameters"`

	Header   map[string]string `json:"headers"`
	Body     string            `json:"body"`
	IsBase64 bool              `json:"isBase64Encoded"`
	Context  struct {
		RequestID  string `json:"requestId"`
		DomainName string `json:"domainName"`
		HTTP       *struct {
			Method   string `json:"method"`
			SourceIP string `json:"sourceIp"`
		} `json:"http"`
		Identity struct {
			SourceIP string `json:"sourceIp"`
		} `json:"identity"`
		ELB *struct{} `json:"elb"`
	} `json:"requestContext"`
}

// decodeRequest decodes a payload and tells its gateway.
func decodeRequest(payload []byte) (*proxyRequest, error) {
	q := &proxyRequest{payload: payload}
	if err := json.Unmarshal(payload, q); err != nil {
		return nil, fmt.Errorf("decode HTTP request: %w", err)
	}
	switch {
	case q.Context.ELB != nil && q.MultiHeader != nil:
		q.gateway = balancerValues
	case q.Context.ELB != nil:
		q.gateway = balancer
	case q.Context.HTTP != nil:
		q.gateway = httpAPI
		if strings.Contains(q.Context.DomainName, ".lambda-url.") {
			q.gateway = functionURL
		}
		q.Method = q.Context.HTTP.Method
	case q.Method != "":
		q.gateway = restAPI
	}
	if q.Method == "" {
		return nil, mismatch("HTTP", payload)
	}
	return q, nil
}

// request returns the request as a net/http server would. An error is the
// client's fault.
func (q *proxyRequest) request(ctx context.Context) (*http.Request, error) {
	body := []byte(q.Body)
	if q.IsBase64 {
		var err error
		if body, err = base64.StdEncoding.DecodeString(q.Body); err != nil {
			return nil, fmt.Errorf("decode HTTP request: body: %w", err)
		}
	}
	u, err := q.url()
	if err != nil {
		return nil, fmt.Errorf("decode HTTP request: path: %w", err)
	}
	header := q.header()
	host := cmp.Or(header.Get("Host"), q.Context.DomainName)
	header.Del("Host") // as net/http does
	r := &http.Request{
		Method:        q.Method,
		URL:           u,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        header,
		Body:          http.NoBody,
		ContentLength: int64(len(body)),
		Host:          host,
		RequestURI:    u.RequestURI(),
		RemoteAddr:    q.remoteAddr(header),
	}
	if len(body) > 0 {
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	return r.WithContext(ctx), nil
}

func (q *proxyRequest) header() http.Header {
	header := http.Header{}
	if q.MultiHeader != nil {
		for name, values := range q.MultiHeader {
			for _, v := range values {
				header.Add(name, v)
			}
		}
	} else {
		for name, v := range q.Header {
			header.Add(name, v)
		}
	}
	if len(q.Cookies) > 0 {
		header.Set("Cookie", strings.Join(q.Cookies, "; "))
	}
	return header
}

// url returns path and query, the path with its escapes where the gateway
// keeps them.
func (q *proxyRequest) url() (*url.URL, error) {
	u := &url.URL{RawQuery: q.query()}
	path := q.Path
	if q.Context.HTTP != nil {
		path = q.RawPath
	}
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	if q.gateway == httpAPI {
		u.Path = path
		return u, nil
	}
	var err error
	if u.Path, err = url.PathUnescape(path); err != nil {
		return nil, err
	}
	if path != u.EscapedPath() {
		u.RawPath = path
	}
	return u, nil
}

// query returns the query: as it was sent in payload format 2.0, and elsewhere
// with its names sorted, since the payload does not tell their order.
func (q *proxyRequest) query() string {
	if q.Context.HTTP != nil {
		return q.RawQueryString
	}
	values := url.Values(q.MultiQuery)
	if values == nil {
		values = url.Values{}
		for name, v := range q.Query {
			values.Set(name, v)
		}
	}
	if q.gateway == restAPI {
		return values.Encode()
	}
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		for _, v := range values[name] {
			pairs = append(pairs, name+"="+v)
		}
	}
	return strings.Join(pairs, "&")
}

// remoteAddr returns the client's address as host:port, the form of net/http.
// Gateways do not tell the port, so it is 0. A load balancer tells the address
// only as the last of X-Forwarded-For.
func (q *proxyRequest) remoteAddr(header http.Header) string {
	ip := q.Context.Identity.SourceIP
	if q.Context.HTTP != nil {
		ip = q.Context.HTTP.SourceIP
	}
	if q.Context.ELB != nil {
		forwarded := strings.Join(header.Values("X-Forwarded-For"), ",")
		last := strings.TrimSpace(forwarded[strings.LastIndexByte(forwarded, ',')+1:])
		if _, err := netip.ParseAddrPort(last); err == nil { // client port preservation
			return last
		}
		ip = last
	}
	if ip == "" {
		return ""
	}
	return net.JoinHostPort(ip, "0")
}

// describe returns the delivery of the request: its attributes are the plain
// members of the request context, and its raw bytes are without secrets.
func (q *proxyRequest) describe(id string, deadline time.Time) func() (fn.Delivery, []byte) {
	return func() (fn.Delivery, []byte) {
		members := object(q.payload)
		context := object(members["requestContext"])
		attributes := map[string]string{}
		for name, value := range context {
			var s string
			if json.Unmarshal(value, &s) == nil {
				setAll(attributes, name, s)
			}
		}
		return fn.Delivery{
			Provider:   provider,
			Trigger:    portable.HTTP,
			NativeID:   id,
			Attributes: attributes,
			Deadline:   deadline,
		}, withoutSecrets(members, context)
	}
}

// withoutSecrets returns the payload without what authenticates the caller.
// What is said about the caller, by an authorizer for instance, stays.
func withoutSecrets(members, context map[string]json.RawMessage) []byte {
	delete(members, "cookies")
	for _, name := range []string{"headers", "multiValueHeaders"} {
		headers := object(members[name])
		maps.DeleteFunc(headers, func(header string, _ json.RawMessage) bool {
			return isSecretHeader(header)
		})
		replace(members, name, headers)
	}
	identity := object(context["identity"])
	delete(identity, "apiKey")
	replace(context, "identity", identity)
	replace(members, "requestContext", context)
	raw, _ := json.Marshal(members) // decoded JSON always encodes
	return raw
}

func isSecretHeader(name string) bool {
	switch strings.ToLower(name) {
	case "authorization", "proxy-authorization", "cookie", "x-api-key", "x-amz-security-token":
		return true
	}
	return false
}

// object returns the members of a JSON object; nil if it is none.
func object(b []byte) map[string]json.RawMessage {
	var members map[string]json.RawMessage
	if json.Unmarshal(b, &members) != nil {
		return nil
	}
	return members
}

// replace sets the member name, unless value is nil.
func replace(members map[string]json.RawMessage, name string, value map[string]json.RawMessage) {
	if value == nil {
		return
	}
	members[name], _ = json.Marshal(value) // decoded JSON always encodes
}
