package openwhisk

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/apache/openwhisk-client-go/whisk"

	"github.com/fngen/fngen/gen/internal/deploy"
)

// mostFeed is how long a feed may take: an action's longest timeout.
const mostFeed = 5 * time.Minute

// startFeed has the feed begin to fire the trigger. Feeds refuse one that they have
// already.
func (c *client) startFeed(t wantedTrigger) error {
	if err := c.feed(t.name, full(t.feed), "CREATE", t.inputs); err != nil {
		if isStatus(err, http.StatusNotFound) {
			err = fmt.Errorf("%w; the installation has no such feed", err)
		}
		return fmt.Errorf("start feed %s: %w", full(t.feed), err)
	}
	return nil
}

// stopFeed has the feed no longer fire the trigger. One that knows nothing of it is
// as it should be, and so is one that is not there. Feeds say that, as all else, in
// words of their own: what may mean it is taken so where the same feed is made anew,
// since that fails if it was meant otherwise. Of one that was never known to be made,
// it may be that it cannot be.
func (c *client) stopFeed(name, feed string, anew, known bool) error {
	err := c.feed(name, full(feed), "DELETE", nil)
	var failed *statusError
	if err == nil {
		return nil
	}
	if errors.As(err, &failed) && failed.isJSON {
		switch {
		case failed.status == http.StatusNotFound,
			failed.status == http.StatusForbidden && !known,
			failed.status == http.StatusBadGateway && (anew || saysMissing(failed.reason)): // the answer of the feed
			return nil
		}
	}
	return fmt.Errorf("stop feed %s: %w", full(feed), err)
}

// saysMissing reports whether the reason is one of those that the catalog's feeds
// give for a trigger that they do not know: lib/Database.js of
// https://github.com/apache/openwhisk-package-alarms, -kafka and -cloudant.
func saysMissing(reason string) bool {
	reason = strings.ToLower(reason)
	known := []string{"could not find", "not found", "not_found", "missing", "does not exist", "deleted"}
	return slices.ContainsFunc(known, func(words string) bool { return strings.Contains(reason, words) })
}

// feed invokes the feed's action and waits until it has answered, after a minute
// also where the platform no longer does.
func (c *client) feed(trigger, feed, event string, inputs map[string]any) error {
	arguments := map[string]any{"lifecycleEvent": event, "triggerName": "/_/" + trigger, "authKey": c.access.Key}
	for name, value := range inputs {
		arguments[name] = value
	}
	namespace, name, _ := strings.Cut(strings.TrimPrefix(feed, "/"), "/")
	path := fmt.Sprintf("namespaces/%s/actions/%s?blocking=true&result=true", url.PathEscape(namespace), name)
	r, err := c.NewRequest(http.MethodPost, path, arguments, whisk.DoNotIncludeNamespaceInUrl)
	if err != nil {
		return plain(err)
	}
	var answer struct {
		ActivationID string `json:"activationId"`
	}
	resp, err := c.Do(r, &answer, whisk.ExitWithSuccessOnTimeout)
	if err != nil || resp.StatusCode != http.StatusAccepted {
		return plain(err)
	}
	return c.await(answer.ActivationID)
}

// await waits for the end of the activation, of which there is no record before.
func (c *client) await(id string) error {
	for deadline := time.Now().Add(mostFeed); ; {
		var record endedActivation
		err := c.get("activations/"+url.PathEscape(id), &record)
		switch {
		case err == nil && record.Response.Success:
			return nil
		case err == nil:
			return &statusError{status: http.StatusBadGateway, reason: c.guard.redact(reason(record.Response.Result)), isJSON: true}
		case !isStatus(err, http.StatusNotFound):
			return err
		case time.Now().After(deadline):
			return fmt.Errorf("activation %s has not ended within %s, so that nobody knows what has become of it", id, mostFeed)
		}
		if err := deploy.Pause(c.guard.ctx, 4*c.guard.wait); err != nil {
			return err
		}
	}
}

// An endedActivation is the record of an activation. The client takes one that has
// failed for a failed call unless its type is called so.
type endedActivation struct {
	Response struct {
		Success bool            `json:"success"`
		Result  json.RawMessage `json:"result"`
	} `json:"response"`
}
