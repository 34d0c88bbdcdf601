package aws

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/fngen/fngen/internal/native"
)

// request is an HTTP request through a gateway.
//
// https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
func request(c call) ([]byte, native.Entry, error) {
	r := c.Occurrence.(native.Request)
	g := gateway{call: c, Request: r}
	g.path, g.query, _ = strings.Cut(r.Target, "?")
	g.headers = r.Lower()
	for name, value := range map[string]string{
		"x-forwarded-for": address, "x-forwarded-port": "443", "x-forwarded-proto": "https",
		"x-amzn-trace-id": "Root=1-" + native.Digest(c.Number, "trace")[:8] + "-" + native.Digest(c.Number, "trace")[8:32],
	} {
		if g.headers[name] == nil {
			g.headers[name] = []string{value}
		}
	}
	g.body = base64.StdEncoding.EncodeToString(r.Body)
	if r.Text() {
		g.body = string(r.Body)
	}
	entry := native.Entry{ID: native.UUID(c.Number, "request", c.envelope)}
	switch c.envelope {
	case FunctionURL, HTTPAPI:
		return g.version2(entry.ID), entry, nil
	case RESTAPI:
		return g.version1(entry.ID), entry, nil
	}
	entry.ID = c.id // a load balancer tells none
	return g.balancer(c.envelope == LoadBalancerValues), entry, nil
}

// address is the client's.
const address = "192.0.2.1"

// A gateway is a request on its way.
type gateway struct {
	call
	native.Request
	path, query string
	headers     map[string][]string
	body        string
}

// bodyOr returns the body, or what stands for one that is empty.
func (g gateway) bodyOr(none any) any {
	if len(g.Body) == 0 {
		return none
	}
	return g.body
}

// version2 is payload format 2.0. An HTTP API decodes the path, and cuts it off
// at a question mark.
func (g gateway) version2(id string) json.RawMessage {
	domain, route, stage := "abcdefghij.lambda-url."+g.Region+".on.aws", "$default", "$default"
	if g.envelope == HTTPAPI {
		domain = "abcdefghij.execute-api." + g.Region + ".amazonaws.com"
		g.path, _ = url.PathUnescape(g.path)
		g.path, _, _ = strings.Cut(g.path, "?")
	}
	cookies, parameters := native.Omit, native.Omit
	if values := g.headers["cookie"]; values != nil {
		var all []string
		for _, v := range values {
			all = append(all, strings.Split(v, "; ")...)
		}
		cookies = all
		delete(g.headers, "cookie")
	}
	if values, _ := url.ParseQuery(g.query); len(values) > 0 {
		parameters = single(values, ",")
	}
	return native.JSON(
		"body", g.bodyOr(native.Omit),
		"cookies", cookies,
		"headers", single(g.headers, ","),
		"isBase64Encoded", !g.Text(),
		"queryStringParameters", parameters,
		"rawPath", g.path,
		"rawQueryString", g.query,
		"requestContext", native.JSON(
			"accountId", g.Account,
			"apiId", "abcdefghij",
			"domainName", domain,
			"domainPrefix", "abcdefghij",
			"http", native.JSON(
				"method", g.Method,
				"path", g.path,
				"protocol", "HTTP/1.1",
				"sourceIp", address,
				"userAgent", g.Header.Get("User-Agent"),
			),
			"requestId", id,
			"routeKey", route,
			"stage", stage,
			"time", g.Time.UTC().Format("02/Jan/2006:15:04:05 -0700"),
			"timeEpoch", g.Time.UnixMilli(),
		),
		"routeKey", route,
		"version", "2.0",
	)
}

// version1 is payload format 1.0, in which names are as the client wrote them.
func (g gateway) version1(id string) json.RawMessage {
	headers := http.Header{}
	for name, values := range g.headers {
		headers[http.CanonicalHeaderKey(name)] = values
	}
	var parameters, multi any // null without a query
	if values, _ := url.ParseQuery(g.query); len(values) > 0 {
		parameters, multi = single(values, ""), values
	}
	return native.JSON(
		"body", g.bodyOr(nil),
		"headers", single(headers, ""),
		"httpMethod", g.Method,
		"isBase64Encoded", !g.Text(),
		"multiValueHeaders", headers,
		"multiValueQueryStringParameters", multi,
		"path", g.path,
		"pathParameters", native.JSON("proxy", strings.TrimPrefix(g.path, "/")),
		"queryStringParameters", parameters,
		"requestContext", native.JSON(
			"accountId", g.Account,
			"apiId", "abcdefghij",
			"domainName", "abcdefghij.execute-api."+g.Region+".amazonaws.com",
			"domainPrefix", "abcdefghij",
			"extendedRequestId", native.Digest(g.Number, "extended")[:16],
			"httpMethod", g.Method,
			"identity", native.JSON(
				"accessKey", nil, "accountId", nil, "apiKey", nil, "apiKeyId", nil, "caller", nil, "clientCert", nil,
				"cognitoAuthenticationProvider", nil, "cognitoAuthenticationType", nil, "cognitoIdentityId", nil, "cognitoIdentityPoolId", nil,
				"sourceIp", address, "user", nil, "userAgent", g.Header.Get("User-Agent"), "userArn", nil,
			),
			"path", g.path,
			"protocol", "HTTP/1.1",
			"requestId", id,
			"requestTime", g.Time.UTC().Format("02/Jan/2006:15:04:05 -0700"),
			"requestTimeEpoch", g.Time.UnixMilli(),
			"resourceId", "abc123",
			"resourcePath", "/{proxy+}",
			"stage", "$default",
		),
		"resource", "/{proxy+}",
		"stageVariables", nil,
	)
}

// balancer is the request through an Application Load Balancer, which leaves
// the query's names and values encoded.
func (g gateway) balancer(multi bool) json.RawMessage {
	values := map[string][]string{}
	for pair := range strings.SplitSeq(g.query, "&") {
		if name, value, _ := strings.Cut(pair, "="); pair != "" {
			values[name] = append(values[name], value)
		}
	}
	headers, parameters := "headers", "queryStringParameters"
	var sent, asked any = single(g.headers, ""), single(values, "")
	if multi {
		headers, parameters = "multiValueHeaders", "multiValueQueryStringParameters"
		sent, asked = g.headers, values
	}
	return native.JSON(
		"body", g.body,
		headers, sent,
		"httpMethod", g.Method,
		"isBase64Encoded", !g.Text(),
		"path", g.path,
		parameters, asked,
		"requestContext", native.JSON("elb", native.JSON("targetGroupArn", g.arn("elasticloadbalancing", "targetgroup/"+g.Function+"/6d0ecf831eec9f09"))),
	)
}

// single returns one value for each name: all of them, or without a separator
// the last.
func single(values map[string][]string, separator string) map[string]string {
	out := map[string]string{}
	for name, v := range values {
		if len(v) == 0 {
			continue
		}
		out[name] = v[len(v)-1]
		if separator != "" {
			out[name] = strings.Join(v, separator)
		}
	}
	return out
}
