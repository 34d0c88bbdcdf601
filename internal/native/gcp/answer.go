package gcp

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/fngen/fngen/internal/native"
)

// Results implements native.Platform: the status is all that Pub/Sub, Eventarc
// and Cloud Scheduler look at.
//
// https://cloud.google.com/pubsub/docs/push#receive_push
func (Platform) Results(p native.Payload, a native.Answer) ([]native.Result, error) {
	switch {
	case p.Kind == "http":
		return native.All(len(p.Entries), native.Acknowledged), nil
	case a.Status >= 400:
		out := native.All(len(p.Entries), native.Redelivered)
		if after := a.Header.Get("Retry-After"); after != "" {
			seconds, err := strconv.Atoi(after)
			if err != nil {
				return nil, fmt.Errorf("read Retry-After: %w", err)
			}
			for i := range out {
				out[i].After = time.Duration(seconds) * time.Second
			}
		}
		return out, nil
	case a.Status != http.StatusNoContent:
		return nil, fmt.Errorf("status %d is not what fngen's functions answer", a.Status)
	}
	return native.All(len(p.Entries), native.Acknowledged), nil
}

// Response implements native.Platform.
func (Platform) Response(_ native.Payload, a native.Answer) (native.Response, error) {
	return native.Response{Status: a.Status, Header: a.Header, Body: a.Body}, nil
}
