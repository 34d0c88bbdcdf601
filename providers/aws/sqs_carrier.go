package aws

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// undeclared is the error for a message that another service has put into its
// own envelope. The envelope is not the message, so it never reaches a
// handler.
func (s SQS) undeclared(carrier string) error {
	if carrier == s3TestEvent {
		return fmt.Errorf("the body is an %s: it is no message; set resources.%s.aws.envelope to s3 to have the queue carry S3 notifications", carrier, s.Queue)
	}
	return fmt.Errorf("the body is an undeclared %s envelope; set resources.%s.aws.envelope to %s to unwrap it", carrier, s.Queue, carrier)
}

// carrierOf names the service whose envelope the body is, as the setting
// spells it, or s3TestEvent; "" for a message.
func carrierOf(body []byte) string {
	if !mayBeCarried(body) {
		return ""
	}
	var members map[string]json.RawMessage // the case of names matters
	if json.Unmarshal(body, &members) != nil {
		return ""
	}
	has := func(names ...string) bool {
		for _, name := range names {
			if members[name] == nil {
				return false
			}
		}
		return true
	}
	is := func(name, want string) bool {
		var got string
		return json.Unmarshal(members[name], &got) == nil && got == want
	}
	switch {
	case is("Type", "Notification") && has("TopicArn", "Message"):
		return "sns"
	case has("detail-type", "detail", "source"):
		return "eventbridge"
	case is("Event", s3TestEvent):
		return s3TestEvent
	}
	var records []struct {
		EventSource string `json:"eventSource"`
	}
	_ = json.Unmarshal(members["Records"], &records) // what decodes is enough
	if len(records) > 0 && records[0].EventSource == s3EventSource {
		return "s3"
	}
	return ""
}

// mayBeCarried spares ordinary messages a second decoding.
func mayBeCarried(body []byte) bool {
	if trimmed := bytes.TrimLeft(body, " \t\r\n"); len(trimmed) == 0 || trimmed[0] != '{' {
		return false
	}
	for _, mark := range []string{`"TopicArn"`, `"detail-type"`, s3TestEvent, s3EventSource} {
		if bytes.Contains(body, []byte(mark)) {
			return true
		}
	}
	return false
}
