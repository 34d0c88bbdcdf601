package openwhisk

import (
	"cmp"
	"encoding/json"
	"fmt"

	"github.com/fngen/fngen/internal/native"
)

// Recorded implements native.Platform. A recorded line is taken without its
// deadline, which is over.
func (p Platform) Recorded(kind string, i native.Invocation, file []byte) (native.Payload, error) {
	var line struct {
		Value        json.RawMessage
		ActivationID string `json:"activation_id"`
	}
	if err := json.Unmarshal(file, &line); err != nil {
		return native.Payload{}, fmt.Errorf("read the recorded activation: %w", err)
	}
	if line.Value == nil || line.ActivationID == "" {
		line.Value = file
	}
	var value struct {
		Messages []struct {
			Partition int
			Offset    int64
		}
	}
	if err := json.Unmarshal(line.Value, &value); err != nil {
		return native.Payload{}, fmt.Errorf("read the recorded activation: %w", err)
	}
	i.ID = cmp.Or(i.ID, line.ActivationID, native.Digest(0, "activation", kind)[:32])
	c := call{p.complete(native.Trigger{}), native.Trigger{Kind: kind}, i}
	if value.Messages == nil {
		return c.payload(line.Value, native.Entry{ID: i.ID, Raw: line.Value}), nil
	}
	var entries []native.Entry
	for _, m := range value.Messages {
		entries = append(entries, native.Entry{ID: fmt.Sprintf("%d:%d", m.Partition, m.Offset)})
	}
	return c.payload(line.Value, entries...), nil
}
