// Package sinkhttp has the HTTP client of the sinks.
package sinkhttp

import (
	"net/http"
	"sync"
)

// Client keeps connections from one invocation to the next. It follows no
// redirect: an event, and what signs for it, go to the host that was named.
var Client = sync.OnceValue(func() *http.Client {
	return &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
})
