package openwhisk

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/fngen/fngen/gen/internal/deploy"
	"github.com/fngen/fngen/gen/internal/model"
)

// An activation is one run of an action. The records of those that run are not there
// yet; they come with the time at which they began.
type activation struct {
	ActivationID string `json:"activationId"`
	Start        int64  `json:"start"`      // milliseconds
	StatusCode   int    `json:"statusCode"` // an index of outcomes
}

// outcomes are those of ActivationResponse.scala.
var outcomes = []string{"success", "application error", "developer error", "internal error"}

// longest is how long an activation may take until its record is there.
const longest = 10 * time.Minute

// Logs tells what the function's activations since the time have logged, the oldest
// first, and how those ended that have failed. With Follow it goes on until the
// context ends, which is no error then.
func (a Application) Logs(ctx context.Context, f model.Function, o deploy.LogOptions, tell func(deploy.Line)) error {
	c, _, err := a.connect(ctx)
	if err != nil {
		return err
	}
	name := a.Deployment.Package + "/" + f.Identity()
	told := map[string]bool{}
	return o.Ask(ctx, longest, func(since time.Time) error { return c.logs(name, since, told, tell) })
}

// logs tells the logs of activations that are not told yet.
func (c *client) logs(name string, since time.Time, told map[string]bool, tell func(deploy.Line)) error {
	all, err := list[activation](c, "activations", fmt.Sprintf("name=%s&since=%d&", url.QueryEscape(name), since.UnixMilli()))
	if err != nil {
		return fmt.Errorf("activations of %s: %w", name, err)
	}
	slices.Reverse(all) // the newest comes first
	for _, a := range all {
		if told[a.ActivationID] {
			continue
		}
		var record struct {
			Logs []string `json:"logs"`
		}
		err := c.get("activations/"+url.PathEscape(a.ActivationID)+"/logs", &record)
		if err != nil && !isStatus(err, http.StatusNotFound) { // which keeps no logs
			return fmt.Errorf("activation %s: %w", a.ActivationID, err)
		}
		told[a.ActivationID] = true
		start := time.UnixMilli(a.Start).UTC()
		for _, text := range record.Logs {
			tell(line(text, start))
		}
		if a.StatusCode > 0 && a.StatusCode < len(outcomes) {
			tell(deploy.Line{Time: start, Text: fmt.Sprintf("activation %s: %s", a.ActivationID, outcomes[a.StatusCode])})
		}
	}
	return nil
}

// line takes a record apart, TIME STREAM: TEXT. One that is in another form is told
// as it is.
func line(record string, start time.Time) deploy.Line {
	stamp, rest, _ := strings.Cut(record, " ")
	at, err := time.Parse(time.RFC3339Nano, stamp)
	stream, text, ok := strings.Cut(strings.TrimLeft(rest, " "), ": ")
	if err != nil || !ok || stream != "stdout" && stream != "stderr" {
		return deploy.Line{Time: start, Text: record}
	}
	return deploy.Line{Time: at.UTC(), Text: text}
}
