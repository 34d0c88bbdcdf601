package aws_test

import (
	"cmp"
	"encoding/json"
	"net/http"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/internal/native"
	sender "github.com/fngen/fngen/internal/native/aws"
	"github.com/fngen/fngen/providers/internal/conformance"
)

// checkNative checks that the library of native payloads sends the request as
// the gateway of the table does, so that replays and local runs meet what the
// table is compared with. The library's has headers of the gateway's own besides.
func (p proxy) checkNative(t testing.TB, w conformance.Wire, payload []byte) {
	t.Helper()
	const short = 10 << 10                                    // bytes of a body
	if len(w.Body) > short || p.stage != "" || p.base != "" { // the library's requests have no prefix
		return
	}
	envelope := [...]string{version2: sender.FunctionURL, version1: sender.RESTAPI, balancer: sender.LoadBalancer, balancerValues: sender.LoadBalancerValues}[p.format]
	if p.format == version2 && p.decodes {
		envelope = sender.HTTPAPI
	}
	if p.format == version1 && p.decodes {
		return // an HTTP API of format 1.0, which fngen never sets up
	}
	header := http.Header{}
	for _, f := range w.Header {
		name := http.CanonicalHeaderKey(f.Name)
		header[name] = append(header[name], f.Value)
	}
	encoded, err := sender.Platform{}.Encode(native.Trigger{Kind: "http"}, native.Invocation{Envelope: envelope},
		native.Delivery{Occurrence: native.Request{Method: w.Method, Target: w.Target, Host: cmp.Or(w.Host, conformance.Host), Header: header, Body: w.Body}})
	if err != nil {
		t.Fatal(err)
	}
	want, got := compared(t, payload), compared(t, encoded[0].Body)
	for name, value := range want {
		inner, isHeaders := value.(map[string]any)
		if !isHeaders || name != "headers" && name != "multiValueHeaders" {
			if diff := gocmp.Diff(value, got[name]); diff != "" {
				t.Errorf("%s by %s: %s (-table +native):\n%s", w.Target, envelope, name, diff)
			}
			continue
		}
		sent, _ := got[name].(map[string]any)
		for header, value := range inner {
			if diff := gocmp.Diff(value, sent[header]); diff != "" {
				t.Errorf("%s by %s: header %s (-table +native):\n%s", w.Target, envelope, header, diff)
			}
		}
	}
}

// compared returns the payload's members without those that are empty, which
// gateways may leave out, and without the context; names of headers are canonical.
func compared(t testing.TB, payload []byte) map[string]any {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal(payload, &members); err != nil {
		t.Fatal(err)
	}
	delete(members, "requestContext")
	for name, value := range members {
		m, isObject := value.(map[string]any)
		if value == nil || value == "" || isObject && len(m) == 0 {
			delete(members, name)
		}
		if isObject && (name == "headers" || name == "multiValueHeaders") {
			canonical := map[string]any{}
			for header, v := range m {
				canonical[http.CanonicalHeaderKey(header)] = v
			}
			members[name] = canonical
		}
	}
	return members
}
