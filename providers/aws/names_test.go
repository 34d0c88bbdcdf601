package aws

import (
	"strings"
	"testing"

	"github.com/fngen/fngen/internal/testkit/logged"
)

// Names of members count exactly, in every payload: one that looks like another
// changes nothing, and does not stand for it.
func TestNamesAreExact(t *testing.T) {
	for name, test := range map[string]struct {
		source  Source
		payload string
		member  string // that has to be there
	}{
		"SNS": {SNS{Topic: "news"}, string(fixture(t, "sns-event.json")), "Message"},
		"SNS in a queue": {SQS{Queue: "q", Envelope: EnvelopeSNS},
			batch(message("q", "m", `{"Type":"Notification","TopicArn":"t","Message":"hello"}`, "", "")), `Message\`},
		"Kinesis":      {Kinesis{Stream: "clicks"}, string(fixture(t, "kinesis-event.json")), "data"},
		"DynamoDB":     {DynamoDB{Collection: "carts", Keys: []string{"key", "val"}}, string(fixture(t, "dynamodb-event.json")), "eventID"},
		"EventBridge":  {EventBridge{}, string(fixture(t, "codebuild-state-change.json")), "detail"},
		"S3 by a rule": {S3{Bucket: "uploads"}, fromRule("Object Created", "k", "v", "1"), "key"},
		"Scheduler":    {Scheduler{Name: "nightly"}, fired("nightly", "1"), "scheduled"},
	} {
		logged.Text(t)
		plain := &recorder{}
		if _, err := invoke(t, test.source, plain, test.payload); err != nil || len(plain.events) == 0 {
			t.Errorf("%s: %d events, error %v", name, len(plain.events), err)
			continue
		}
		quote, escaped := `"`, strings.TrimSuffix(test.member, `\`)
		if escaped != test.member {
			quote = `\"`
		}
		own := quote + escaped + quote + ":"
		compact := strings.NewReplacer(quote+escaped+quote+" :", own).Replace(test.payload)
		look := quote + strings.ToUpper(escaped) + quote + ":"
		beside := &recorder{}
		if _, err := invoke(t, test.source, beside, strings.ReplaceAll(compact, own, look+"7,"+own)); err != nil || strings.Join(beside.events, "\n") != strings.Join(plain.events, "\n") {
			t.Errorf("%s: beside one that looks like it: %v, error %v", name, beside.events, err)
		}
		instead := &recorder{}
		answer, err := invoke(t, test.source, instead, strings.ReplaceAll(compact, own, look))
		if len(instead.events) > 0 || err == nil && !strings.Contains(answer, "itemIdentifier") {
			t.Errorf("%s: in the place of it: answer %s, error %v, %v", name, answer, err, instead.events)
		}
	}
}
