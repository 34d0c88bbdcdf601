// Package sinks is what the sinks of all platforms share.
package sinks

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/cloudevents/sdk-go/v2/event"
)

// Client keeps connections from one invocation to the next. It follows no
// redirect: an event, and what signs for it, go to the host that was named.
var Client = sync.OnceValue(func() *http.Client {
	return &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
})

// Address returns the physical address of the sink with the name, which the
// infrastructure puts into the environment as [Variable]: a queue's URL or a
// topic's ARN for instance.
func Address(name string) (string, error) {
	variable := Variable(name)
	if address := os.Getenv(variable); address != "" {
		return address, nil
	}
	return "", fmt.Errorf("%s is not set; it holds the address of the sink %s", variable, name)
}

// Variable is the environment variable that holds the address, FNGEN_SINK_NEWS
// of the sink news for instance.
func Variable(name string) string {
	return "FNGEN_SINK_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// InOrder sends one event after another, for a sink whose service takes one at a
// time. What follows one that failed is not sent, so that the order is kept.
func InOrder(events []event.Event, one func(event.Event) error) []error {
	errs := make([]error, len(events))
	for i, e := range events {
		if errs[i] = one(e); errs[i] == nil {
			continue
		}
		for rest := i + 1; rest < len(events); rest++ {
			errs[rest] = fmt.Errorf("not sent, since an event before it was not: %s", errs[i])
		}
		break
	}
	return errs
}
