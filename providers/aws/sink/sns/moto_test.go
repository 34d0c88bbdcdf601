package sns_test

import (
	"encoding/json"
	"encoding/xml"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/internal/testkit/moto"
	"github.com/fngen/fngen/providers/aws/internal/api"
	"github.com/fngen/fngen/providers/aws/sink/eventbridge"
	"github.com/fngen/fngen/providers/aws/sink/sns"
	"github.com/fngen/fngen/providers/aws/sink/sqs"
)

// What the three sinks send, a server that stands for AWS takes and delivers:
// a queue, a topic with a queue behind it, and a bus with a rule that has a queue
// as its target.
func TestSinksAgainstMoto(t *testing.T) {
	endpoint := moto.Start(t)
	for name, value := range map[string]string{
		"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "SECRET", "AWS_ENDPOINT_URL": endpoint,
		"AWS_ENDPOINT_URL_SQS": "", "AWS_ENDPOINT_URL_SNS": "", "AWS_ENDPOINT_URL_EVENTBRIDGE": "",
	} {
		t.Setenv(name, value)
	}
	plain, fifo := queue(t, "plain", nil), queue(t, "ordered.fifo", map[string]string{"FifoQueue": "true"})
	behindTopic, behindBus := queue(t, "behind-topic", nil), queue(t, "behind-bus", nil)
	topic := query(t, "CreateTopic", "Name", "news")["TopicArn"]
	query(t, "Subscribe", "TopicArn", topic, "Protocol", "sqs", "Endpoint", arn("behind-topic"), "Attributes.entry.1.key", "RawMessageDelivery", "Attributes.entry.1.value", "true")
	call(t, api.Service{Name: "events"}, "AWSEvents.CreateEventBus", map[string]any{"Name": "shop"})
	call(t, api.Service{Name: "events"}, "AWSEvents.PutRule", map[string]any{"Name": "orders", "EventBusName": "shop", "EventPattern": `{"detail-type":["com.example.order.confirmed"]}`})
	call(t, api.Service{Name: "events"}, "AWSEvents.PutTargets", map[string]any{"Rule": "orders", "EventBusName": "shop", "Targets": []map[string]string{{"Id": "q", "Arn": arn("behind-bus")}}})
	for name, value := range map[string]string{"FNGEN_SINK_PLAIN": plain, "FNGEN_SINK_ORDERED": fifo, "FNGEN_SINK_NEWS": topic, "FNGEN_SINK_SHOP": "shop"} {
		t.Setenv(name, value)
	}

	e := event.New()
	e.SetID("17")
	e.SetSource("/example.com/shop/confirm")
	e.SetType("com.example.order.confirmed")
	e.SetExtension("partitionkey", "customer 4")
	e.SetExtension("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	if err := e.SetData("application/json", []byte(`{"total": 9007199254740993}`)); err != nil {
		t.Fatal(err)
	}
	other := e.Clone()
	other.SetID("18")
	for _, sink := range []emit.Sink{sqs.Queue{Name: "plain"}, sqs.Queue{Name: "ordered"}, sns.Topic{Name: "news"}, eventbridge.Bus{Name: "shop"}} {
		for i, err := range sink.Send(t.Context(), []event.Event{e, other}) {
			if err != nil {
				t.Errorf("%T: event %d: %v", sink, i, err)
			}
		}
	}
	if errs := (sqs.Queue{Name: "ordered"}).Send(t.Context(), []event.Event{e}); errs[0] != nil { // a copy, which the queue drops
		t.Error(errs)
	}
	want, err := ce.Encode(e)
	if err != nil {
		t.Fatal(err)
	}
	for name, url := range map[string]string{"queue": plain, "FIFO queue": fifo, "topic": behindTopic, "bus": behindBus} {
		messages := receive(t, url)
		if len(messages) != 2 {
			t.Errorf("%s: %d messages, want 2", name, len(messages))
			continue
		}
		i := slices.IndexFunc(messages, func(m message) bool { return strings.Contains(m.Body, `"17"`) })
		m := messages[max(i, 0)]
		if name == "bus" {
			var wrapped struct {
				Source     string
				DetailType string `json:"detail-type"`
				Detail     json.RawMessage
			}
			if err := json.Unmarshal([]byte(m.Body), &wrapped); err != nil || wrapped.Source != e.Source() || wrapped.DetailType != e.Type() {
				t.Errorf("%s: %v: %s", name, err, m.Body)
			}
			m.Body = string(wrapped.Detail)
		} else if m.MessageAttributes["content-type"].StringValue != ce.MediaType {
			t.Errorf("%s: attributes %v", name, m.MessageAttributes)
		}
		got, err := ce.Decode([]byte(m.Body))
		if err != nil {
			t.Errorf("%s: %v: %s", name, err, m.Body)
			continue
		}
		if again, _ := ce.Encode(got); string(again) != string(want) && name != "bus" { // which writes JSON its own way
			t.Errorf("%s: got %s, want %s", name, again, want)
		}
		if got.ID() != "17" || got.Extensions()["traceparent"] != e.Extensions()["traceparent"] || !strings.Contains(string(got.Data()), "9007199254740993") {
			t.Errorf("%s: got %s", name, m.Body)
		}
		if group := m.Attributes["MessageGroupId"]; name == "FIFO queue" && len(group) != 64 { // a space is not allowed there
			t.Errorf("%s: group %q", name, group)
		}
	}
}

type message struct {
	Body              string
	Attributes        map[string]string
	MessageAttributes map[string]struct{ StringValue string }
}

func arn(queue string) string { return "arn:aws:sqs:eu-west-1:123456789012:" + queue }

// queue creates a queue and returns its URL.
func queue(t *testing.T, name string, attributes map[string]string) string {
	t.Helper()
	var answer struct{ QueueURL string }
	decode(t, call(t, api.Service{Name: "sqs"}, "AmazonSQS.CreateQueue", map[string]any{"QueueName": name, "Attributes": attributes}), &answer)
	return answer.QueueURL
}

// receive returns all messages of a queue.
func receive(t *testing.T, url string) []message {
	t.Helper()
	var all []message
	for range 3 {
		var answer struct{ Messages []message }
		decode(t, call(t, api.Service{Name: "sqs"}, "AmazonSQS.ReceiveMessage", map[string]any{
			"QueueUrl": url, "MaxNumberOfMessages": 10, "AttributeNames": []string{"All"}, "MessageAttributeNames": []string{"All"},
		}), &answer)
		all = append(all, answer.Messages...)
	}
	return all
}

func decode(t *testing.T, body []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(body, into); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
}

// call calls an operation of the JSON protocol.
func call(t *testing.T, s api.Service, target string, request any) []byte {
	t.Helper()
	body, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	status, response, err := s.Call(t.Context(), body, "Content-Type", "application/x-amz-json-1.0", "X-Amz-Target", target)
	if err != nil || status != 200 {
		t.Fatalf("%s: status %d, error %v: %s", target, status, err, response)
	}
	return response
}

// query calls an operation of SNS.
func query(t *testing.T, action string, pairs ...string) map[string]string {
	t.Helper()
	form := url.Values{"Action": {action}, "Version": {"2010-03-31"}}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	status, response, err := api.Service{Name: "sns"}.Call(t.Context(), []byte(form.Encode()), "Content-Type", "application/x-www-form-urlencoded")
	if err != nil || status != 200 {
		t.Fatalf("%s: status %d, error %v: %s", action, status, err, response)
	}
	var answer struct {
		TopicArn string `xml:"CreateTopicResult>TopicArn"`
	}
	if err := xml.Unmarshal(response, &answer); err != nil {
		t.Fatal(err)
	}
	return map[string]string{"TopicArn": answer.TopicArn}
}
