package web_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/fnhttp"
	"github.com/fngen/fngen/providers/internal/conformance"
	"github.com/fngen/fngen/providers/openwhisk/web"
)

// Every request that OpenWhisk delivers to a raw web action.
func TestConformance(t *testing.T) {
	conformance.Run(t, conformance.Platform{
		Name:     "openwhisk",
		Requests: true,
		Encode:   encodeRequest,
	})
}

func encodeRequest(o conformance.Occurrence) ([]conformance.Payload, conformance.Reason) {
	r := o.Records[0].Request
	headers := map[string]string{"host": "openwhisk.example"}
	for name, value := range r.Header {
		headers[strings.ToLower(name)] = value
	}
	value := map[string]any{
		"__ow_method":  strings.ToLower(r.Method),
		"__ow_path":    r.Path,
		"__ow_query":   "",
		"__ow_headers": headers,
		"__ow_body":    base64.StdEncoding.EncodeToString(r.Body),
	}
	raw, _ := json.Marshal(value) // before the credential is in it; strings always encode
	headers["authorization"] = conformance.Secret
	sent, _ := json.Marshal(value)
	return []conformance.Payload{{
		Mode:     conformance.ApartFinal,
		Arrivals: []conformance.Arrival{{Source: "/namespaces/acme/actions/shop/orders", ID: "act-1", NativeID: "act-1", Raw: raw}},
		Invoke: func(ctx context.Context, _ conformance.Directive, h fn.Handler) ([]conformance.Answer, error) {
			return invoke(ctx, h, sent)
		},
	}}, ""
}

func invoke(ctx context.Context, h fn.Handler, value []byte) ([]conformance.Answer, error) {
	ctx, cancel := conformance.Invocation(ctx)
	defer cancel()
	deadline, _ := ctx.Deadline()
	line := fmt.Sprintf(`{"value":%s,"namespace":"acme","action_name":"/acme/shop/orders","activation_id":"act-1","api_key":%q,"deadline":"%d"}`,
		value, conformance.Secret, deadline.UnixMilli())
	answer := web.Handler(fnhttp.Handler(h, "/example.com/shop/Orders"), web.HTTP{}).Invoke(context.Background(), []byte(line))

	var response struct {
		StatusCode int
		Headers    map[string]string
	}
	if err := json.Unmarshal(answer, &response); err != nil || response.StatusCode == 0 {
		return nil, fmt.Errorf("%s is no response: %v", answer, err)
	}
	out := conformance.Answer{Status: response.StatusCode}
	if after := response.Headers["Retry-After"]; after != "" {
		seconds, err := strconv.Atoi(after)
		if err != nil {
			return nil, fmt.Errorf("Retry-After: %w", err)
		}
		out.After = time.Duration(seconds) * time.Second
	}
	return []conformance.Answer{out}, nil
}
