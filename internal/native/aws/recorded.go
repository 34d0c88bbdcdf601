package aws

import (
	"cmp"
	"encoding/json"
	"fmt"

	"github.com/fngen/fngen/internal/native"
)

// Recorded implements native.Platform.
func (p Platform) Recorded(kind string, i native.Invocation, file []byte) (native.Payload, error) {
	p = p.complete(native.Trigger{})
	out := native.Payload{Kind: kind, ID: cmp.Or(i.ID, native.UUID(0, "request", kind)), Body: file, Function: p.arn("lambda", "function:"+p.Function)}
	var payload struct{ Records []json.RawMessage }
	if err := json.Unmarshal(file, &payload); err != nil {
		return out, fmt.Errorf("read the recorded payload: %w", err)
	}
	if payload.Records == nil {
		out.Entries = []native.Entry{{Raw: file}}
	}
	for _, raw := range payload.Records {
		var r struct {
			MessageID  string                          `json:"messageId"`
			Kinesis    struct{ SequenceNumber string } `json:"kinesis"`
			DynamoDB   struct{ SequenceNumber string } `json:"dynamodb"`
			SNS        struct{ MessageID string }      `json:"Sns"`
			Response   map[string]string               `json:"responseElements"`
			Attributes struct{ MessageGroupId string } `json:"attributes"`
		}
		if err := json.Unmarshal(raw, &r); err != nil {
			return out, fmt.Errorf("read the recorded payload: %w", err)
		}
		id := cmp.Or(r.MessageID, r.Kinesis.SequenceNumber, r.DynamoDB.SequenceNumber, r.SNS.MessageID, r.Response["x-amz-request-id"])
		out.Entries = append(out.Entries, native.Entry{ID: id, Raw: raw, Group: r.Attributes.MessageGroupId})
	}
	return out, nil
}
