package web_test

import (
	"context"
	"testing"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/fnhttp"
	"github.com/fngen/fngen/internal/native"
	sender "github.com/fngen/fngen/internal/native/openwhisk"
	"github.com/fngen/fngen/providers/internal/conformance"
	"github.com/fngen/fngen/providers/openwhisk/web"
)

// Every request that OpenWhisk delivers to a raw web action.
func TestConformance(t *testing.T) {
	conformance.Run(t, conformance.Platform{
		Name:     "openwhisk",
		Requests: true,
		Native: func(conformance.Occurrence) native.Platform {
			return sender.Platform{Package: "shop", Action: "orders", APIKey: conformance.Secret}
		},
		Mode: func(conformance.Directive, string) conformance.Mode { return conformance.ApartFinal },
		Arrival: func(_ conformance.Occurrence, _ int, _ string, e native.Entry) conformance.Arrival {
			return conformance.Arrival{Source: "/namespaces/acme/actions/shop/orders", ID: e.ID, NativeID: e.ID, Raw: e.Raw}
		},
		Invoke: func(_ context.Context, _ conformance.Occurrence, _ conformance.Directive, h fn.Handler, p native.Payload) native.Answer {
			return native.Answer{Body: web.Handler(fnhttp.Handler(h, "/example.com/shop/Orders"), web.HTTP{}).Invoke(context.Background(), p.Body)}
		},
	})
}
