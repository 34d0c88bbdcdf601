// Package front has functions behind HTTP.
package front

import (
	"context"
	"fmt"
	"net/http"

	"github.com/cloudevents/sdk-go/v2/event"
)

//fn:http GET /agents/{id} auth=public
func Agent(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "%s at %s of %s", r.PathValue("id"), r.URL.EscapedPath(), r.Host)
}

//fn:http GET /ping auth=public
func Ping(ctx context.Context, e event.Event) (string, error) { return e.Subject(), nil }
