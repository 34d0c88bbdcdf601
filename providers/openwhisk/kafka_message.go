package openwhisk

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/fngen/fngen/internal/jsonscan"
	"github.com/fngen/fngen/providers/openwhisk/internal/actionloop"
)

// maxEncoded is the number of bytes that the base64 of a value or a key may
// take in the request, line breaks included.
const maxEncoded = 16 << 20

// A kafkaMessage is one message as the feed writes it. The feed knows neither
// headers nor times.
type kafkaMessage struct {
	Topic     string `json:"topic"`
	Partition *int64 `json:"partition"`
	Offset    *int64 `json:"offset"`
	Key       string `json:"-"` // as JSON, and so is the value; "" if there is none
	Value     string `json:"-"`
}

func decodeKafka(text string) (*kafkaMessage, error) {
	var m kafkaMessage
	if err := m.read(text); err != nil {
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
	case m.Value == "":
		return nil, errors.New("missing value")
	}
	return &m, nil
}

// read reads a message, which is JSON. Names are taken in their exact spelling,
// and of members with one name the last counts.
func (m *kafkaMessage) read(text string) error {
	j := jsonscan.NewReader(text, actionloop.MaxNesting)
	err := j.Object(func(name string) error { return m.member(j, name) })
	if err != nil {
		return cmp.Or(json.Unmarshal([]byte(text), new(kafkaMessage)), err) // the first names the member
	}
	return nil
}

func (m *kafkaMessage) member(j *jsonscan.Reader, name string) (err error) {
	switch name {
	case "topic":
		m.Topic = ""
		err = j.String(&m.Topic)
		m.Topic = jsonscan.Valid(m.Topic)
	case "partition":
		m.Partition, err = number(j)
	case "offset":
		m.Offset, err = number(j)
	case "key":
		err = j.Keep(&m.Key)
	case "value":
		err = j.Keep(&m.Value)
	default:
		err = j.Skip()
	}
	return err
}

// number reads a whole number. Null is nil.
func number(j *jsonscan.Reader) (*int64, error) {
	if j.IsNull() {
		return nil, j.Skip()
	}
	n := new(int64)
	return n, j.Int(n)
}

// id names the message within its topic.
func (m *kafkaMessage) id() string {
	return strconv.FormatInt(*m.Partition, 10) + ":" + strconv.FormatInt(*m.Offset, 10)
}

// decodeBase64 decodes the key or the value, which the feed encodes, with line
// breaks, if the setting is on. Null, which Kafka knows too, is nil.
func decodeBase64(encoded, member, setting string) ([]byte, error) {
	if len(encoded) > maxEncoded {
		return nil, fmt.Errorf("the %s has more than %d bytes of base64", member, maxEncoded)
	}
	j := jsonscan.NewReader(encoded, actionloop.MaxNesting)
	if encoded == "" || j.IsNull() {
		return nil, nil
	}
	text, err := j.Quoted()
	if err != nil {
		return nil, notBase64(member, setting)
	}
	b, err := base64.StdEncoding.DecodeString(text) // passes over line breaks
	if err != nil {
		return nil, notBase64(member, setting)
	}
	return b, nil
}

func notBase64(member, setting string) error {
	return fmt.Errorf("the %s is not base64: set %s to true on the trigger's feed", member, setting)
}
