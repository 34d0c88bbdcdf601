package aws

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/testkit/logged"
)

// A native event: its detail-type, first resource and detail, verbatim.
func TestEventBridgeRealPayloads(t *testing.T) {
	for file, head := range map[string]string{
		"codebuild-state-change.json": `{"specversion":"1.0","id":"c030038d-8c4d-6141-9545-00ff7b7153EX","source":"aws.codebuild",` +
			`"type":"CodeBuild Build State Change","datacontenttype":"application/json",` +
			`"subject":"arn:aws:codebuild:us-west-2:123456789012:build/my-sample-project:8745a7a9-c340-456a-9166-edf953571bEX","time":"2017-09-01T16:14:28Z","data":`,
		"autoscaling-event-launch-successful.json": `{"specversion":"1.0","id":"12345678-1234-1234-1234-123456789012","source":"aws.autoscaling",` +
			`"type":"EC2 Instance Launch Successful","datacontenttype":"application/json","subject":"auto-scaling-group-arn","time":"1970-01-01T00:00:00Z","data":`,
		"ecr-image-scan-event.json": `{"specversion":"1.0","id":"01234567-0123-0123-0123-012345678901","source":"aws.ecr",` +
			`"type":"ECR Image Scan","datacontenttype":"application/json","subject":"arn:aws:ecr:eu-north-1:123456789012:repository/tribble-image-scan-test","time":"2019-10-30T21:32:27Z","data":`,
	} {
		payload := fixture(t, file)
		var envelope struct{ Detail json.RawMessage }
		if err := json.Unmarshal(payload, &envelope); err != nil {
			t.Fatal(err)
		}
		r := &recorder{}
		answer, err := invoke(t, EventBridge{}, r, string(payload))
		if err != nil || answer != "null" {
			t.Errorf("%s: answer %s, error %v", file, answer, err)
		}
		wantEvents(t, r, head+string(envelope.Detail)+"}")
		if raw := r.deliveries[0].Raw(); string(raw) != string(payload) {
			t.Errorf("%s: raw record %s", file, raw)
		}
	}
}

func TestEventBridgeDelivery(t *testing.T) {
	r := &recorder{}
	if _, err := invoke(t, EventBridge{}, r, string(fixture(t, "codebuild-state-change.json"))); err != nil {
		t.Fatal(err)
	}
	want := fn.Delivery{Provider: "aws", Trigger: "event", NativeID: "c030038d-8c4d-6141-9545-00ff7b7153EX", Attributes: map[string]string{
		"detail-type": "CodeBuild Build State Change", "source": "aws.codebuild", "account": "123456789012", "region": "us-west-2",
	}}
	if diff := cmp.Diff(want, r.deliveries[0], cmpopts.IgnoreUnexported(fn.Delivery{})); diff != "" {
		t.Errorf("delivery (-want +got):\n%s", diff)
	}
}

func TestEventBridgeEvents(t *testing.T) {
	const published = `{"specversion":"1.0","id":"o-1","source":"/shop/Confirm","type":"com.example.order.placed","subject":"o","data":{"n":9007199254740993}}`
	for name, test := range map[string]struct{ payload, want string }{
		"a CloudEvent in the detail passes through": {
			`{"id":"i","detail-type":"com.example.order.placed","source":"/shop/Confirm","time":"2026-01-02T03:04:05Z","resources":["r"],"detail":` + published + `}`, published,
		},
		"a member of another case is no specversion; numbers above 2^53 survive": {
			`{"id":"i","detail-type":"t","source":"s","detail":{"SpecVersion":"1.0","note":"\"specversion\"","n":9007199254740993}}`,
			`{"specversion":"1.0","id":"i","source":"s","type":"t","datacontenttype":"application/json","data":{"SpecVersion":"1.0","note":"\"specversion\"","n":9007199254740993}}`,
		},
		"a source that is no URI-reference is escaped": {
			`{"id":"i","detail-type":"t","source":"1st shop: east","detail":{"n":null}}`,
			`{"specversion":"1.0","id":"i","source":"1st%20shop%3A%20east","type":"t","datacontenttype":"application/json","data":{"n":null}}`,
		},
		"of members that look alike the exact name counts": {
			`{"id":"i","ID":"x","detail-type":"t","Detail-Type":"x","source":"s","SOURCE":"x","detail":{"n":1},"Detail":{"n":2},"resources":[""]}`,
			`{"specversion":"1.0","id":"i","source":"s","type":"t","datacontenttype":"application/json","data":{"n":1}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := &recorder{}
			if _, err := invoke(t, EventBridge{}, r, test.payload); err != nil {
				t.Fatal(err)
			}
			wantEvents(t, r, test.want)
		})
	}
}

// Another type than the declared one is an error that names both; another
// source is what the directive does not ask for.
func TestEventBridgeTypeAndSource(t *testing.T) {
	const native = `{"id":"i","detail-type":"order.placed","source":"shop","detail":{}}`
	const passed = `{"id":"i","detail-type":"x","source":"x","detail":{"specversion":"1.0","id":"1","source":"shop","type":"order.placed"}}`
	for _, payload := range []string{native, passed} {
		for name, test := range map[string]struct {
			source EventBridge
			events int
			err    string
		}{
			"both fit":       {EventBridge{Type: "order.placed", Source: "shop"}, 1, ""},
			"any":            {EventBridge{}, 1, ""},
			"another type":   {EventBridge{Type: "order.paid", Source: "shop"}, 0, `declared type "order.paid", received type "order.placed"`},
			"another source": {EventBridge{Type: "order.placed", Source: "market"}, 0, ""},
		} {
			t.Run(name, func(t *testing.T) {
				logged.Text(t)
				r := &recorder{}
				_, err := invoke(t, test.source, r, payload)
				if test.err != "" {
					wantError(t, err, "EventBridge event i", test.err)
				} else if err != nil {
					t.Error(err)
				}
				if len(r.events) != test.events {
					t.Errorf("%d events, want %d", len(r.events), test.events)
				}
			})
		}
	}
}

// Events that cannot be, and types that only adapters make, never reach a
// handler; with deadletter none they are logged whole and done.
func TestEventBridgeRefused(t *testing.T) {
	for name, test := range map[string]struct{ payload, why string }{
		"a forged CloudEvent":   {`{"id":"i","detail-type":"t","source":"s","detail":{"specversion":"1.0","id":"1","source":"/s","type":"dev.fngen.message.received.v1"}}`, "made by adapters only"},
		"a forged native event": {`{"id":"i","detail-type":"dev.fngen.object.created.v1","source":"s","detail":{}}`, "made by adapters only"},
		"a broken CloudEvent":   {`{"id":"i","detail-type":"t","source":"s","detail":{"specversion":"1.0"}}`, "required attribute missing"},
		"no id":                 {`{"detail-type":"t","source":"s","detail":{}}`, "missing id"},
		"no source":             {`{"id":"i","detail-type":"t","detail":{}}`, "missing source"},
		"no detail":             {`{"id":"i","detail-type":"t","source":"s"}`, "missing detail"},
		"a detail of null":      {`{"id":"i","detail-type":"t","source":"s","detail": null}`, "missing detail"},
		"a detail of a case":    {`{"id":"i","detail-type":"t","source":"s","Detail":{}}`, "missing detail"},
		"a wrong time":          {`{"id":"i","detail-type":"t","source":"s","time":"soon","detail":{}}`, "time: "},
	} {
		t.Run(name, func(t *testing.T) {
			log := logged.Text(t)
			r := &recorder{}
			_, err := invoke(t, EventBridge{}, r, test.payload)
			wantError(t, err, "decode EventBridge event ", test.why)
			if _, err := invoke(t, EventBridge{NoDeadLetter: true}, r, test.payload); err != nil {
				t.Errorf("with deadletter none: %v", err)
			}
			if !strings.Contains(log.String(), "event dropped") || !strings.Contains(log.String(), "detail-type") {
				t.Errorf("the dropped event is not in the log:\n%s", log)
			}
			wantEvents(t, r)
		})
	}
}

// A failing handler is an error, so that Lambda tries again.
func TestEventBridgeFailure(t *testing.T) {
	logged.Text(t)
	trouble := errors.New("passing trouble")
	r := &recorder{answer: func(fn.Event) error { return trouble }}
	_, err := invoke(t, EventBridge{}, r, `{"id":"i","detail-type":"t","source":"s","detail":{}}`)
	if err == nil || err.Error() != "EventBridge event i: passing trouble" {
		t.Errorf("error %v", err)
	}
}
