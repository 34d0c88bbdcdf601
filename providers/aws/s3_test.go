package aws

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/testkit/logged"
)

// The ids were computed apart from this code, as 32 hex digits of SHA-256 over
// (type, bucket, key, version, sequencer), each behind its length in 8 bytes.
const (
	happyFaceID = "8db233f3210aae16022ccb0636a49ba0"
	createdID   = "b0998ae7466477581ec57837bb524bfd"
	deletedID   = "4e699bd46e4da595e39f997bc3803122"
)

// The event of the real payload, whether or not the decoded key comes along.
func TestS3RealPayload(t *testing.T) {
	for _, file := range []string{"s3-event.json", "s3-event-with-decoded.json"} {
		r := &recorder{}
		answer, err := invoke(t, S3{Bucket: "uploads", Created: true, Suffix: ".jpg"}, r, string(fixture(t, file)))
		if err != nil || answer != "null" {
			t.Errorf("%s: answer %s, error %v", file, answer, err)
		}
		wantEvents(t, r, `{"specversion":"1.0","id":"`+happyFaceID+`","source":"arn:aws:s3:::sourcebucket",`+
			`"type":"dev.fngen.object.created.v1","datacontenttype":"application/json","subject":"Happy Face.jpg","time":"1970-01-01T00:00:00.123Z",`+
			`"data":{"bucket":"uploads","key":"Happy Face.jpg","size":1024,"etag":"d41d8cd98f00b204e9800998ecf8427e","version":"version","sequencer":"Happy Sequencer"}}`)
		want := fn.Delivery{Provider: "aws", Trigger: "object", NativeID: "C3D13FE58DE4C810", Attributes: map[string]string{
			"principalId":      "EXAMPLE",
			"sourceIPAddress":  "127.0.0.1",
			"x-amz-request-id": "C3D13FE58DE4C810",
			"x-amz-id-2":       "FMyUVURIY8/IgAtTv8xRjskZQpcIZ9KG4V5Wp6S7S/JRWeUWerMUE5JgHvANOjpD",
			"eventName":        "ObjectCreated:Put",
			"awsRegion":        "us-east-1",
			"configurationId":  "testConfigRule",
		}}
		if diff := cmp.Diff(want, r.deliveries[0], cmpopts.IgnoreUnexported(fn.Delivery{})); diff != "" {
			t.Errorf("delivery (-want +got):\n%s", diff)
		}
	}
}

// notification is a record of a notification; key is form-encoded.
func notification(event, key, version, sequencer string) string {
	return fmt.Sprintf(`{"eventSource":"aws:s3","awsRegion":"eu-west-1","eventTime":"2026-01-02T03:04:05.678Z","eventName":%q,`+
		`"s3":{"bucket":{"name":"acme-uploads"},"object":{"key":%q,"size":7,"eTag":"e","versionId":%q,"sequencer":%q}}}`, event, key, version, sequencer)
}

// fromRule is the same by an EventBridge rule; key is as it is.
func fromRule(detailType, key, version, sequencer string) string {
	return fmt.Sprintf(`{"version":"0","id":"17793124-05d4-b198-2fde-7ededc63b103","detail-type":%q,"source":"aws.s3","account":"1","time":"2026-01-02T03:04:05Z",`+
		`"region":"eu-west-1","resources":["arn:aws:s3:::acme-uploads"],"detail":{"version":"0","bucket":{"name":"acme-uploads"},`+
		`"object":{"key":%q,"size":7,"etag":"e","version-id":%q,"sequencer":%q},"request-id":"N4N7GDK58NMKJ12R","reason":"PutObject"}}`, detailType, key, version, sequencer)
}

// One occurrence is one event by a notification and by a rule, id included: form
// encoding is undone where it is, and only there.
func TestS3NotificationAndRule(t *testing.T) {
	created := func(time string) string {
		return `{"specversion":"1.0","id":"` + createdID + `","source":"arn:aws:s3:::acme-uploads","type":"dev.fngen.object.created.v1",` +
			`"datacontenttype":"application/json","subject":"in/a b+c/é.png","time":"` + time + `",` +
			`"data":{"bucket":"uploads","key":"in/a b+c/é.png","size":7,"etag":"e","version":"v1","sequencer":"0055AED6DCD90281E5"}}`
	}
	deleted := func(time string) string {
		return `{"specversion":"1.0","id":"` + deletedID + `","source":"arn:aws:s3:::acme-uploads","type":"dev.fngen.object.deleted.v1",` +
			`"datacontenttype":"application/json","subject":"in/a b+c/é.png","time":"` + time + `",` +
			`"data":{"bucket":"uploads","key":"in/a b+c/é.png","etag":"e","version":"v2","sequencer":"0055AED6DCD90281E6"}}`
	}
	const encoded, plain = "in/a+b%2Bc/%C3%A9.png", "in/a b+c/é.png"
	for name, test := range map[string]struct{ payload, want string }{
		"created, notification":       {batch(notification("ObjectCreated:CompleteMultipartUpload", encoded, "v1", "0055AED6DCD90281E5")), created("2026-01-02T03:04:05.678Z")},
		"created, rule":               {fromRule("Object Created", plain, "v1", "0055AED6DCD90281E5"), created("2026-01-02T03:04:05Z")},
		"deleted, notification":       {batch(notification("ObjectRemoved:Delete", encoded, "v2", "0055AED6DCD90281E6")), deleted("2026-01-02T03:04:05.678Z")},
		"delete marker, notification": {batch(notification("s3:ObjectRemoved:DeleteMarkerCreated", encoded, "v2", "0055AED6DCD90281E6")), deleted("2026-01-02T03:04:05.678Z")},
		"expired, notification":       {batch(notification("LifecycleExpiration:Delete", encoded, "v2", "0055AED6DCD90281E6")), deleted("2026-01-02T03:04:05.678Z")},
		"expired, with the prefix":    {batch(notification("s3:LifecycleExpiration:DeleteMarkerCreated", encoded, "v2", "0055AED6DCD90281E6")), deleted("2026-01-02T03:04:05.678Z")},
		"expired, rule": {strings.Replace(fromRule("Object Deleted", plain, "v2", "0055AED6DCD90281E6"), `"reason":"PutObject"`, `"reason":"Lifecycle Expiration","deletion-type":"Delete Marker Created"`, 1),
			deleted("2026-01-02T03:04:05Z")},
		"deleted, rule": {fromRule("Object Deleted", plain, "v2", "0055AED6DCD90281E6"), deleted("2026-01-02T03:04:05Z")},
	} {
		t.Run(name, func(t *testing.T) {
			r := &recorder{}
			if _, err := invoke(t, S3{Bucket: "uploads"}, r, test.payload); err != nil {
				t.Fatal(err)
			}
			wantEvents(t, r, test.want)
		})
	}
}

// The delivery of a change that came by a rule.
func TestS3RuleDelivery(t *testing.T) {
	r := &recorder{}
	payload := fromRule("Object Created", "k", "", "")
	if _, err := invoke(t, S3{Bucket: "uploads"}, r, payload); err != nil {
		t.Fatal(err)
	}
	want := fn.Delivery{Provider: "aws", Trigger: "object", NativeID: "17793124-05d4-b198-2fde-7ededc63b103", Attributes: map[string]string{
		"detail-type": "Object Created", "source": "aws.s3", "account": "1", "region": "eu-west-1", "request-id": "N4N7GDK58NMKJ12R", "reason": "PutObject",
	}}
	if diff := cmp.Diff(want, r.deliveries[0], cmpopts.IgnoreUnexported(fn.Delivery{})); diff != "" {
		t.Errorf("delivery (-want +got):\n%s", diff)
	}
}

// What the directive does not ask for is done without a call.
func TestS3Filter(t *testing.T) {
	payload := batch(
		notification("ObjectCreated:Put", "in/a+b.png", "", "1"),
		notification("ObjectCreated:Put", "in/a.jpg", "", "2"),
		notification("ObjectCreated:Put", "out/a.png", "", "3"),
		notification("ObjectRemoved:Delete", "in/c.png", "", "4"),
	)
	for name, test := range map[string]struct {
		source S3
		want   string
	}{
		"everything":         {S3{}, "in/a b.png in/a.jpg out/a.png in/c.png"},
		"created":            {S3{Created: true}, "in/a b.png in/a.jpg out/a.png"},
		"deleted":            {S3{Deleted: true}, "in/c.png"},
		"both":               {S3{Created: true, Deleted: true}, "in/a b.png in/a.jpg out/a.png in/c.png"},
		"by the decoded key": {S3{Prefix: "in/a b", Suffix: "b.png"}, "in/a b.png"},
		"nothing":            {S3{Prefix: "nowhere/"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var keys []string
			r := &recorder{answer: func(e fn.Event) error {
				keys = append(keys, e.Subject())
				return nil
			}}
			answer, err := invoke(t, test.source, r, payload)
			if err != nil || answer != "null" {
				t.Errorf("answer %s, error %v", answer, err)
			}
			if got := strings.Join(keys, " "); got != test.want {
				t.Errorf("keys %q, want %q", got, test.want)
			}
		})
	}
}

// S3 sends a test event when a notification is set up. It is no change.
func TestS3TestEvent(t *testing.T) {
	r := &recorder{}
	answer, err := invoke(t, S3{Bucket: "uploads"}, r,
		`{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-01-02T03:04:05.678Z","Bucket":"acme-uploads","RequestId":"5582815E1AEA5ADF","HostId":"8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR"}`)
	if err != nil || answer != "null" {
		t.Errorf("answer %s, error %v", answer, err)
	}
	wantEvents(t, r)
}

// A record that is no change fails, its neighbours are handled, and the error
// names it and says why.
func TestS3UndecodableRecord(t *testing.T) {
	for name, test := range map[string]struct{ bad, why string }{
		"a bad escape":     {notification("ObjectCreated:Put", "100%.png", "", ""), "object key: invalid URL escape"},
		"no key":           {notification("ObjectCreated:Put", "", "", ""), "no key"},
		"a transition":     {notification("s3:LifecycleTransition", "k", "", ""), `received "s3:LifecycleTransition"`},
		"another event":    {notification("s3:ObjectRestore:Post", "k", "", ""), `declared ObjectCreated, ObjectRemoved and LifecycleExpiration, received "s3:ObjectRestore:Post"`},
		"no bucket":        {`{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"object":{"key":"k"}}}`, "missing bucket name"},
		"a wrong type":     {`{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":5}`, "cannot unmarshal number"},
		"a wrong time":     {strings.Replace(notification("ObjectCreated:Put", "k", "", ""), "2026-01-02T", "yesterday", 1), "eventTime: "},
		"another source":   {strings.Replace(notification("ObjectCreated:Put", "k", "", ""), "aws:s3", "aws:sqs", 1), `eventSource is "aws:sqs"`},
		"no record at all": {`null`, `eventSource is ""`},
	} {
		t.Run(name, func(t *testing.T) {
			logged.Text(t)
			r := &recorder{}
			_, err := invoke(t, S3{Bucket: "uploads"}, r, batch(notification("ObjectCreated:Put", "one", "", ""), test.bad, notification("ObjectCreated:Put", "three", "", "")))
			wantError(t, err, "S3 record 2: decode S3 record 2: ", test.why)
			if len(r.events) != 2 {
				t.Errorf("%d events, want the two good ones", len(r.events))
			}
		})
	}
	logged.Text(t)
	r := &recorder{}
	_, err := invoke(t, S3{Bucket: "uploads", Prefix: "in/"}, r, batch(notification("ObjectCreated:Put", "", "", "")))
	wantError(t, err, "no key") // and not passed over by the filter
	_, err = invoke(t, S3{Bucket: "uploads"}, r, fromRule("Object Tags Added", "k", "", ""))
	wantError(t, err, `declared Object Created and Object Deleted, received "Object Tags Added"`)
	wantEvents(t, r)
}

// Any failure makes the platform deliver the whole notification again, and the
// error names every record that failed. What is given up for good does not.
func TestS3Failures(t *testing.T) {
	logged.Text(t)
	r := &recorder{answer: func(e fn.Event) error {
		switch e.Subject() {
		case "a":
			return errors.New("passing trouble")
		case "c":
			return fn.Permanent(errors.New("never"))
		}
		return nil
	}}
	payload := batch(notification("ObjectCreated:Put", "a", "", ""), notification("ObjectCreated:Put", "b", "", ""), notification("ObjectCreated:Put", "c", "", ""))
	answer, err := invoke(t, S3{Bucket: "uploads"}, r, payload)
	wantError(t, err, "S3 record 1: passing trouble; S3 record 3: never")
	if answer != "" {
		t.Errorf("answer %s beside an error", answer)
	}
	_, err = invoke(t, S3{Bucket: "uploads", NoDeadLetter: true}, r, payload)
	if err == nil || err.Error() != "S3 record 1: passing trouble" {
		t.Errorf("with deadletter none: error %v", err)
	}
}
