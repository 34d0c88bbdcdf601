package aws

// published is a message as SNS delivers it, to a function and, without raw
// delivery, to a queue.
//
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
type published struct {
	ID         string `json:"MessageId"`
	TopicARN   string `json:"TopicArn"`
	Subject    string
	Body       *string `json:"Message"`
	Timestamp  string
	Attributes map[string]publishedAttribute `json:"MessageAttributes"`
}

type publishedAttribute struct {
	Type  string
	Value string
}

// text returns a message attribute of type String, or "".
func (m *published) text(name string) string {
	if a := m.Attributes[name]; isStringType(a.Type) {
		return a.Value
	}
	return ""
}
