package aws

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/testkit/logged"
)

// What lets a client in, or says who it is, is in no delivery, in no raw request
// and in no log, wherever a gateway puts it; the handler itself reads it all, and
// what the directive keeps is there.
func TestShown(t *testing.T) {
	const header = `"authorization":"Bearer s3cret","cookie":"s3cret","x-api-key":"s3cret","x-amzn-oidc-data":"s3cret","x-amzn-oidc-accesstoken":"s3cret",` +
		`"x-forwarded-access-token":"s3cret","x-anything":"s3cret","user-agent":"curl","x-amzn-trace-id":"Root=1","x-hub-signature-256":"sha256=1"`
	multi := strings.ReplaceAll(strings.ReplaceAll(header, `":"`, `":["`), `","`, `"],"`) + "]"
	const identity = `"identity":{"sourceIp":"192.0.2.1","apiKey":"s3cret","apiKeyId":"s3cret","accessKey":"s3cret","cognitoIdentityId":"s3cret","user":"s3cret",` +
		`"clientCert":{"clientCertPem":"s3cret"}}`
	const authorizer = `"authorizer":{"principalId":"s3cret","token":"s3cret","jwt":{"claims":{"sub":"s3cret"}},"lambda":{"token":"s3cret"},"iam":{"accessKey":"s3cret"}}`
	format2 := func(domain string) string {
		return `{"version":"2.0","routeKey":"$default","rawPath":"/hook","rawQueryString":"q=1","headers":{` + header + `},"cookies":["session=s3cret"],` +
			`"stageVariables":{"password":"s3cret"},"requestContext":{"requestId":"id","domainName":"` + domain + `",` + authorizer +
			`,"authentication":{"clientCert":{"clientCertPem":"s3cret"}},"http":{"method":"POST","path":"/hook","sourceIp":"192.0.2.1","userAgent":"curl","other":"s3cret"},"other":"s3cret"},"other":"s3cret"}`
	}
	for name, payload := range map[string]string{
		"function URL": format2("u.lambda-url.eu-west-1.on.aws"),
		"HTTP API":     format2("api.example"),
		"REST API": `{"resource":"/hook","path":"/hook","httpMethod":"POST","headers":{` + header + `},"multiValueHeaders":{` + multi + `},"stageVariables":{"password":"s3cret"},` +
			`"requestContext":{"requestId":"id","stage":"prod","principalId":"s3cret",` + identity + `,` + authorizer + `}}`,
		"load balancer":                          `{"requestContext":{"elb":{"targetGroupArn":"arn"}},"httpMethod":"POST","path":"/hook","queryStringParameters":{},"headers":{` + header + `}}`,
		"load balancer with multi-value headers": `{"requestContext":{"elb":{"targetGroupArn":"arn"}},"httpMethod":"POST","path":"/hook","multiValueQueryStringParameters":{},"multiValueHeaders":{` + multi + `}}`,
	} {
		for _, src := range []HTTP{{Keep: []string{"X-Hub-Signature-256"}}, {}, {Stream: true, Keep: []string{"X-Hub-Signature-256"}}} {
			log := logged.Text(t)
			called := false
			h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				called = true
				d, _ := fn.DeliveryFrom(r.Context())
				raw := string(d.Raw())
				if shown := fmt.Sprintf("%+v %s", d, raw); strings.Contains(shown, "s3cret") {
					t.Errorf("%s: shown: %s", name, shown)
				}
				want := ""
				if len(src.Keep) > 0 {
					want = "sha256=1"
				}
				if d.Attributes["user-agent"] != "curl" || d.Attributes["x-amzn-trace-id"] != "Root=1" || d.Attributes["x-hub-signature-256"] != want {
					t.Errorf("%s, keep %q: attributes %v", name, src.Keep, d.Attributes)
				}
				if strings.Contains(raw, "sha256=1") != (want != "") || !strings.Contains(raw, `"Root=1"`) || !strings.Contains(raw, "/hook") {
					t.Errorf("%s, keep %q: raw %s", name, src.Keep, raw)
				}
				if r.Header.Get("Authorization") != "Bearer s3cret" || r.Header.Get("X-Amzn-Oidc-Data") != "s3cret" || !strings.Contains(r.Header.Get("Cookie"), "s3cret") {
					t.Errorf("%s: the handler cannot authenticate: %v", name, r.Header)
				}
				panic("boom")
			})
			_, _ = HTTPHandler(h, src).Invoke(t.Context(), []byte(payload))
			if !called || !strings.Contains(log.String(), "boom") || strings.Contains(log.String(), "s3cret") {
				t.Errorf("%s: called %v, log %s", name, called, log.String())
			}
		}
	}
}
