package aws

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/fngen/fngen/internal/jsonscan"
)

// busEvent is the envelope of an EventBridge event.
type busEvent struct {
	ID         string          `json:"id"`
	DetailType string          `json:"detail-type"`
	Source     string          `json:"source"`
	Account    string          `json:"account"`
	Region     string          `json:"region"`
	Time       string          `json:"time"`
	Resources  []string        `json:"resources"`
	Detail     json.RawMessage `json:"detail"`
}

// read reads the member of the name. It keeps no part of what the reader reads
// but strings.
func (e *busEvent) read(j *jsonscan.Reader, name string) error {
	switch name {
	case "id":
		return last(j, &e.ID)
	case "detail-type":
		return last(j, &e.DetailType)
	case "source":
		return last(j, &e.Source)
	case "account":
		return last(j, &e.Account)
	case "region":
		return last(j, &e.Region)
	case "time":
		return last(j, &e.Time)
	case "resources":
		e.Resources = nil
		return j.Array(func() error {
			e.Resources = append(e.Resources, "")
			return j.String(&e.Resources[len(e.Resources)-1])
		})
	case "detail":
		var detail string
		err := j.Keep(&detail)
		e.Detail = json.RawMessage(detail)
		return err
	}
	return j.Skip()
}

// attributes returns what a delivery says of the event.
func (e *busEvent) attributes() map[string]string {
	out := map[string]string{}
	setAll(out, "detail-type", e.DetailType, "source", e.Source, "account", e.Account, "region", e.Region)
	return out
}

// isCloudEvent reports whether the detail has the member specversion.
func isCloudEvent(detail []byte) bool {
	if !bytes.Contains(detail, []byte(`"specversion"`)) {
		return false
	}
	var members map[string]json.RawMessage // the case of names matters
	return json.Unmarshal(detail, &members) == nil && members["specversion"] != nil
}

// setAll sets the pairs of name and value whose value is not empty.
func setAll(m map[string]string, pairs ...string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			m[pairs[i]] = pairs[i+1]
		}
	}
}

// mismatch is the error for a payload that the declared source never sends.
func mismatch(declared string, payload []byte) error {
	return fmt.Errorf("decode payload: declared %s, received %s", declared, arrived(payload))
}

// arrived names the sender of a payload as far as its shape tells, for an
// error's text. Nothing is decided by it.
func arrived(payload []byte) string {
	var p struct {
		Records []struct {
			EventSource string `json:"eventSource"` // SNS spells it EventSource
		}
		Event          string
		DetailType     string `json:"detail-type"`
		HTTPMethod     string `json:"httpMethod"`
		Schedule       string `json:"schedule"`
		RequestContext struct {
			ELB  json.RawMessage `json:"elb"`
			HTTP json.RawMessage `json:"http"`
		} `json:"requestContext"`
	}
	_ = json.Unmarshal(payload, &p) // what decodes is enough
	switch {
	case len(p.Records) > 0 && p.Records[0].EventSource != "":
		return fmt.Sprintf("records of %q", p.Records[0].EventSource)
	case p.Event == s3TestEvent:
		return "an " + s3TestEvent
	case p.DetailType != "":
		return fmt.Sprintf("an EventBridge event %q", p.DetailType)
	case p.Schedule != "":
		return "a firing of a schedule"
	case p.RequestContext.ELB != nil:
		return "a request of a load balancer"
	case p.RequestContext.HTTP != nil:
		return "a request of an HTTP API or a function URL"
	case p.HTTPMethod != "":
		return "a request of a REST API"
	}
	return "a payload of no known shape"
}

// parseTime parses the time of the member name; "" is the zero time.
func parseTime(name, value string) (time.Time, error) {
	if value == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339Nano, value)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s: %w", name, err)
	}
	return t, nil
}
