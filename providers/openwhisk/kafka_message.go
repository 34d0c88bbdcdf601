package openwhisk

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
)

// maxEncoded is the number of bytes that the base64 of a value or a key may
// take in the request, line breaks included.
const maxEncoded = 16 << 20

// A kafkaMessage is one message as the feed writes it. The feed knows neither
// headers nor times.
type kafkaMessage struct {
	Topic     string          `json:"topic"`
	Partition *int64          `json:"partition"`
	Offset    *int64          `json:"offset"`
	Key       json.RawMessage `json:"key"`
	Value     json.RawMessage `json:"value"`
}

func decodeKafka(raw json.RawMessage) (*kafkaMessage, error) {
	var m kafkaMessage
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, err
	}
	switch {
	case m.Topic == "":
		return nil, errors.New("missing topic")
	case m.Partition == nil:
		return nil, errors.New("missing partition")
	case m.Offset == nil:
		return nil, errors.New("missing offset")
	case *m.Partition < 0 || *m.Offset < 0:
		return nil, errors.New("the partition or the offset is negative")
	case m.Value == nil:
		return nil, errors.New("missing value")
	}
	return &m, nil
}

// id names the message within its topic.
func (m *kafkaMessage) id() string { return fmt.Sprintf("%d:%d", *m.Partition, *m.Offset) }

// decodeBase64 decodes the key or the value, which the feed encodes, with line
// breaks, if the setting is on. Null, which Kafka knows too, is nil.
func decodeBase64(encoded json.RawMessage, member, setting string) ([]byte, error) {
	if len(encoded) > maxEncoded {
		return nil, fmt.Errorf("the %s has more than %d bytes of base64", member, maxEncoded)
	}
	var text *string
	if len(encoded) > 0 {
		if err := json.Unmarshal(encoded, &text); err != nil {
			return nil, notBase64(member, setting)
		}
	}
	if text == nil {
		return nil, nil
	}
	b, err := base64.StdEncoding.DecodeString(*text) // passes over line breaks
	if err != nil {
		return nil, notBase64(member, setting)
	}
	return b, nil
}

func notBase64(member, setting string) error {
	return fmt.Errorf("the %s is not base64: set %s to true on the trigger's feed", member, setting)
}
