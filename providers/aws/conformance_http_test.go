package aws_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"

	"github.com/fngen/fngen/providers/internal/conformance"
)

// request returns the encoder of requests through a gateway.
func request(gateway string) encoder {
	return func(o conformance.Occurrence, i int) (string, conformance.Arrival, conformance.Reason) {
		r := o.Records[i].Request
		headers := map[string]string{"Host": "api.example"}
		maps.Copy(headers, r.Header)
		context := map[string]any{"requestId": "gateway-1", "domainName": "api.example"}
		payload := map[string]any{
			"headers": headers, "body": base64.StdEncoding.EncodeToString(r.Body), "isBase64Encoded": true, "requestContext": context,
		}
		a := conformance.Arrival{
			Source: "arn:aws:lambda" + arn + "function:orders", ID: "gateway-1", NativeID: "gateway-1",
		}
		switch gateway {
		case "function URL", "HTTP API":
			if gateway == "function URL" {
				context["domainName"] = "abc.lambda-url.eu-west-1.on.aws"
			}
			payload["version"], payload["rawPath"], payload["rawQueryString"] = "2.0", r.Path, ""
			context["http"] = map[string]string{"method": r.Method, "path": r.Path, "sourceIp": "192.0.2.1"}
		default:
			payload["httpMethod"], payload["path"] = r.Method, r.Path
		}
		if gateway == "load balancer" || gateway == "load balancer with multi-value headers" {
			context = map[string]any{"elb": map[string]string{"targetGroupArn": "arn:aws:elasticloadbalancing" + arn + "targetgroup/orders/1"}}
			payload["requestContext"] = context
			a.ID, a.NativeID = "request-1", "request-1" // a load balancer tells none
		}
		if gateway == "load balancer with multi-value headers" {
			multi := map[string][]string{}
			for name, value := range headers {
				multi[name] = []string{value}
			}
			delete(payload, "headers")
			payload["multiValueHeaders"] = multi
			a.Raw = encode(payload)
			multi["Authorization"] = []string{conformance.Secret}
		} else {
			a.Raw = encode(payload) // without the credential
			headers["Authorization"] = conformance.Secret
		}
		return string(encode(payload)), a, ""
	}
}

func encode(v any) []byte {
	b, _ := json.Marshal(v)
	return b
}
