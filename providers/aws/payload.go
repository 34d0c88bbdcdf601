package aws

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/fngen/fngen/internal/ce"
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

	raw []byte // the payload
}

// readBusEvent reads an event of a bus. The event keeps no part of the text.
func readBusEvent(text []byte) (busEvent, error) {
	var e busEvent
	j := jsonscan.NewReader(jsonscan.Valid(string(text)), maxNesting)
	err := j.Object(func(name string) error { return e.read(j, name) })
	if err == nil {
		err = j.End()
	}
	if err != nil {
		err = jsonscan.Explain(text, err)
	}
	return e, err
}

// hasDetail reports whether there is a detail, without which no event is put on
// a bus.
func (e *busEvent) hasDetail() bool { return len(e.Detail) > 0 && string(e.Detail) != "null" }

var errNoDetail = errors.New("missing detail")

// read reads the member of the name. It keeps no part of what the reader reads
// but strings.
func (e *busEvent) read(j *jsonscan.Reader, name string) error {
	switch name {
	case "id":
		return readString(j, &e.ID)
	case "detail-type":
		return readString(j, &e.DetailType)
	case "source":
		return readString(j, &e.Source)
	case "account":
		return readString(j, &e.Account)
	case "region":
		return readString(j, &e.Region)
	case "time":
		return readString(j, &e.Time)
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
		Version        string `json:"version"`
		HTTPMethod     string `json:"httpMethod"`
		RawPath        string `json:"raw_path"`
		MessageVersion string `json:"messageVersion"`
		ActionGroup    string `json:"actionGroup"`
		Schedule       string `json:"schedule"`
		RequestContext *struct {
			ELB     json.RawMessage `json:"elb"`
			HTTP    json.RawMessage `json:"http"`
			Network string          `json:"serviceNetworkArn"`
			Service string          `json:"serviceArn"`
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
	case p.MessageVersion != "" && p.ActionGroup != "":
		return "an event of a Bedrock agent"
	case p.RawPath != "":
		return lattice
	case p.RequestContext == nil:
		return unknownShape
	case p.RequestContext.ELB != nil:
		return "a request of a load balancer"
	case p.RequestContext.HTTP != nil:
		return "a request of an HTTP API or a function URL"
	case p.RequestContext.Network != "", p.RequestContext.Service != "":
		return lattice
	case p.HTTPMethod != "" && p.Version == "1.0":
		return "a request of an HTTP API in payload format 1.0"
	case p.HTTPMethod != "":
		return "a request of a REST API"
	}
	return unknownShape
}

const (
	lattice      = "a request of VPC Lattice"
	unknownShape = "a payload of no known shape"
)

// parseTime parses the time of the member name; "" is the zero time.
func parseTime(name, value string) (time.Time, error) {
	if value == "" {
		return time.Time{}, nil
	}
	t, err := ce.ParseTime(value)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s: %w", name, err)
	}
	return t, nil
}

// published is a message as SNS delivers it, to a function and, without raw
// delivery, to a queue.
//
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
type published struct {
	ID, TopicARN, Subject, Timestamp string

	Body       *string
	Attributes map[string]publishedAttribute
}

type publishedAttribute struct{ Type, Value string }

func (m *published) fields() jsonscan.Fields {
	return jsonscan.Fields{
		"MessageId": &m.ID, "TopicArn": &m.TopicARN, "Subject": &m.Subject, "Timestamp": &m.Timestamp, "Message": &m.Body,
		"MessageAttributes": m.readAttributes,
	}
}

func (m *published) readAttributes(j *jsonscan.Reader) error {
	m.Attributes = nil
	if !j.IsNull() {
		m.Attributes = map[string]publishedAttribute{}
	}
	return j.Object(func(name string) error {
		var a publishedAttribute
		err := jsonscan.Fields{"Type": &a.Type, "Value": &a.Value}.From(j)
		m.Attributes[name] = a
		return err
	})
}

// text returns a message attribute of type String, or "".
func (m *published) text(name string) string {
	if a := m.Attributes[name]; isStringType(a.Type) {
		return a.Value
	}
	return ""
}

// lastSecond is the end of the year 9999, the last that a timestamp can
// express.
const lastSecond = 253402300799

// parseEpoch parses the member's seconds since 1970, which may have a fraction
// and an exponent: 1480641523.477 and 1.480641523477E9. Nothing is rounded, as
// a float would; what is below a nanosecond is cut off. "" is the zero time.
func parseEpoch(name string, value json.Number) (time.Time, error) {
	if value == "" {
		return time.Time{}, nil
	}
	mantissa, exponent, _ := strings.Cut(strings.ToLower(value.String()), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	shift := 0
	var err error
	if exponent != "" {
		shift, err = strconv.Atoi(exponent)
	}
	point := len(whole) + shift
	digits := whole + fraction
	if err != nil || !isNumber(digits) || point < 0 || point > 20 {
		return time.Time{}, fmt.Errorf("%s: %q is no time", name, value)
	}
	if missing := point + 9 - len(digits); missing > 0 {
		digits += strings.Repeat("0", missing)
	}
	seconds, err := strconv.ParseInt("0"+digits[:point], 10, 64)
	if err != nil || seconds > lastSecond {
		return time.Time{}, fmt.Errorf("%s: %q is no time", name, value)
	}
	nanoseconds, _ := strconv.ParseInt(digits[point:point+9], 10, 64) // nine digits
	return time.Unix(seconds, nanoseconds).UTC(), nil
}

// The limits above which a payload is refused before anything decodes it.
const (
	// maxPayload is its size in bytes. Lambda's own limit is 6 MB:
	// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
	maxPayload = 8 << 20

	// maxRecords is the number of its records, the largest batch of any event
	// source mapping:
	// https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
	maxRecords = 10_000

	// maxNesting is the number of objects and arrays inside of each other.
	maxNesting = 1000
)

var errManyRecords = fmt.Errorf("it has more than %d records", maxRecords)

// checkLimits reports which limit the payload exceeds. It tells no JSON from
// what is none.
func checkLimits(payload []byte) error {
	if len(payload) > maxPayload {
		return fmt.Errorf("decode payload: it has %d bytes, more than %d", len(payload), maxPayload)
	}
	if !mayExceed(payload) {
		return nil
	}
	j := jsonscan.NewReader(string(payload), maxNesting)
	err := j.Object(func(string) error {
		if j.Next() != '[' {
			return j.Skip()
		}
		records := 0
		return j.Array(func() error {
			if records++; records > maxRecords {
				return errManyRecords
			}
			return j.Skip()
		})
	})
	switch {
	case errors.Is(err, errManyRecords):
		return fmt.Errorf("decode payload: %w", err)
	case errors.Is(err, jsonscan.ErrNesting):
		return fmt.Errorf("decode payload: %w more than %d levels deep", jsonscan.ErrNesting, maxNesting)
	}
	return nil
}

// mayExceed reports whether the payload has so many brackets or commas that a
// limit may be exceeded, whatever they mean.
func mayExceed(payload []byte) bool {
	nested := len(payload) > maxNesting && bytes.Count(payload, []byte("{"))+bytes.Count(payload, []byte("[")) > maxNesting
	return nested || len(payload) > maxRecords && bytes.Count(payload, []byte(",")) >= maxRecords
}
