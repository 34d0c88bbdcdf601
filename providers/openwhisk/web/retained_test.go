package web_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"testing"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/fnhttp"
	"github.com/fngen/fngen/internal/testkit/retained"
	"github.com/fngen/fngen/providers/openwhisk/web"
)

// Nothing of an activation outlives its request by accident.
func TestRetained(t *testing.T) {
	line := fmt.Sprintf(`{"value":{"__ow_method":"post","__ow_path":"/orders/1","__ow_query":"a=b","__ow_headers":{"host":"shop.example","content-type":"application/json","traceparent":"00-1-2-01"},`+
		`"__ow_body":%q},"namespace":"acme","action_name":"/acme/shop/orders","activation_id":"act-1"}`, base64.StdEncoding.EncodeToString([]byte(retained.Data)))
	open := func(h http.Handler) func() error {
		function := web.Handler(h, web.HTTP{})
		return func() error {
			function.Invoke(t.Context(), []byte(line))
			return nil
		}
	}
	t.Run("events", func(t *testing.T) {
		retained.Check(t, func(h fn.Handler) func() error { return open(fnhttp.Handler(h, "/shop/Orders")) })
	})
	t.Run("net/http", func(t *testing.T) { retained.CheckRequests(t, open) })
}
