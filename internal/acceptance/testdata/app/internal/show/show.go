// Package show tells tests what a handler sees.
package show

import (
	"encoding/json"
	"os"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
)

// Event prints the event to standard output, as one line of JSON.
func Event(e event.Event) error {
	at := ""
	if !e.Time().IsZero() {
		at = e.Time().Format(time.RFC3339Nano)
	}
	return json.NewEncoder(os.Stdout).Encode(struct {
		Type            string         `json:"type"`
		Source          string         `json:"source"`
		Subject         string         `json:"subject"`
		ID              string         `json:"id"`
		Time            string         `json:"time"`
		DataContentType string         `json:"datacontenttype"`
		Data            []byte         `json:"data"`
		Extensions      map[string]any `json:"extensions"`
	}{e.Type(), e.Source(), e.Subject(), e.ID(), at, e.DataContentType(), e.Data(), e.Extensions()})
}
