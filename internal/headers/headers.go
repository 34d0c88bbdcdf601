// Package headers says which headers of a request are shown outside of it: in a
// Delivery of package fn, its Raw, and in what is logged and goes to dead letters.
package headers

import (
	"iter"
	"strings"
)

// A Kept is the headers that a directive names with keep=, beside [List].
type Kept []string

// List names the headers that are always kept, in lower case, by what they are
// for. A name that ends in * stands for all that begin so.
//
// X-Forwarded-* is not among them as a whole: proxies that sign people in send
// their tokens and certificates as such headers too.
var List = [...]struct {
	For   string
	Names []string
}{
	{"tracing", []string{"traceparent", "tracestate", "baggage", "b3", "x-b3-*", "x-amzn-trace-id", "x-cloud-trace-context", "x-correlation-id", "x-request-id"}},
	{"content", []string{"accept", "accept-*", "content-*"}},
	{"CloudEvents", []string{"ce-*"}},
	{"user agent", []string{"user-agent"}},
	{"schedules", []string{"x-cloudscheduler", "x-cloudscheduler-*"}},
	{"forwarding", []string{"forwarded", "host", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-prefix", "x-forwarded-proto", "x-forwarded-server"}},
}

// Has reports whether the header is shown, under its name in any case.
func (k Kept) Has(name string) bool {
	for _, further := range k {
		if strings.EqualFold(name, further) {
			return !Secret(name)
		}
	}
	name = strings.ToLower(name)
	for _, kind := range List {
		if matches(name, kind.Names) {
			return true
		}
	}
	return false
}

// Add adds a header to the attributes of a delivery if it is shown, its name in
// lower case. The values of a name are joined with a comma. An attribute that is
// there already stays as it is.
func (k Kept) Add(attributes map[string]string, header iter.Seq2[string, string]) {
	shown := map[string]string{}
	for name, value := range header {
		if !k.Has(name) {
			continue
		}
		name = strings.ToLower(name)
		if before, ok := shown[name]; ok {
			value = before + "," + value
		}
		shown[name] = value
	}
	for name, value := range shown {
		if _, ok := attributes[name]; !ok {
			attributes[name] = value
		}
	}
}

// secrets are the headers that are never kept, since they let a caller in or say
// who is in, in the form of List.
var secrets = []string{
	"authorization", "proxy-authorization", "x-serverless-authorization", "x-forwarded-authorization",
	"cookie", "set-cookie", "x-api-key", "x-goog-api-key", "x-amz-security-token", "x-require-whisk-auth",
	"x-amzn-oidc-*", "x-amzn-mtls-*", "x-goog-iap-*", "x-goog-authenticated-*",
	"x-forwarded-access-token", "x-forwarded-id-token", "x-forwarded-client-cert",
}

// Secret reports whether the header, under its name in any case, is never shown,
// whatever a directive says.
func Secret(name string) bool { return matches(strings.ToLower(name), secrets) }

func matches(name string, list []string) bool {
	for _, of := range list {
		if prefix, all := strings.CutSuffix(of, "*"); name == of || all && strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
