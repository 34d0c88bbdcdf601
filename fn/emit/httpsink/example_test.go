package httpsink_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/fn/emit/httpsink"
)

// What the handler emits is posted to the URL in the environment.
func ExampleHTTP() {
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(r.Method, r.Header.Get("Ce-Type"), r.Header.Get("Ce-Subject"))
	}))
	defer receiver.Close()
	os.Setenv("FNGEN_SINK_AUDIT", receiver.URL)
	defer os.Unsetenv("FNGEN_SINK_AUDIT")

	h := emit.Replies(fn.On(func(ctx context.Context, order string) error {
		e := event.New()
		e.SetSubject(order)
		return fn.Emit(ctx, e)
	}), "/example.com/shop/confirm", httpsink.HTTP{Name: "audit", Type: "com.example.order.confirmed"})

	placed := event.New()
	placed.SetType("com.example.order.placed")
	placed.SetSource("/web")
	placed.SetID("placed-1")
	_ = placed.SetData(event.TextPlain, []byte("A-17"))
	if _, err := h.Handle(context.Background(), placed); err != nil {
		fmt.Println(err)
	}
	// Output:
	// POST com.example.order.confirmed A-17
}
