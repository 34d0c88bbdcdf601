package acceptance

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

// What an artifact gave up comes to the artifact that handles its dead letters
// with the reason, and is sent back through a real queue as the event that it was:
// the first function takes it then, without a trace of the failure.
func TestAWSLetters(t *testing.T) {
	requireLinux(t)
	c := newCloud(t)
	confirm, again := c.start("confirm"), c.start("again")
	refused := c.order(c.start("place"), "20", "refuse")
	if answer := confirm.invoke(c.deliver(refused), patience); answer != `{"batchItemFailures":[]}` {
		t.Fatalf("answer %s", answer)
	}
	letters := c.receive("letters.fifo")
	if len(letters) != 1 || letters[0].DeadLetterReason != "no such article" {
		t.Fatalf("dead letters %+v", letters)
	}
	if answer := again.invoke(c.deliver(letters...), patience); answer != `{"batchItemFailures":[]}` {
		t.Fatalf("answer %s", answer)
	}
	if want := "letter com.example.order.placed no such article of /example.com/speaking/confirm\n"; !again.logs(want) {
		t.Errorf("the handler's log has no %q: %s", want, again.log.String())
	}
	back := c.receive("orders.fifo")
	if len(back) != 1 || back[0].ID != refused.ID || back[0].Source != refused.Source || back[0].CausationID != refused.CausationID {
		t.Fatalf("sent back %+v, want %+v", back, refused)
	}
	if answer := confirm.invoke(c.deliver(back...), patience); answer != `{"batchItemFailures":[]}` {
		t.Fatalf("answer %s", answer)
	}
	if confirmed := c.receive("topic"); len(confirmed) != 1 || confirmed[0].CausationID != refused.ID || confirmed[0].DeadLetterReason != "" {
		t.Errorf("confirmed %+v", confirmed)
	}
}

// A message that the queue itself moves to the dead letters is no event and says
// no reason. It comes to the handler as it is, and back to the first function.
func TestAWSLettersOfTheQueue(t *testing.T) {
	requireLinux(t)
	c := newCloud(t)
	redrive := `{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:123456789012:letters.fifo","maxReceiveCount":"1"}`
	c.aws("sqs", "set-queue-attributes", "--queue-url", c.urls["orders.fifo"], "--attributes", encode(t, map[string]string{"RedrivePolicy": redrive, "VisibilityTimeout": "0"}))
	c.aws("sqs", "send-message", "--queue-url", c.urls["orders.fifo"], "--message-body", `{"id":"21","do":"fail"}`, "--message-group-id", "g", "--message-deduplication-id", "d")

	var moved struct{ Messages []map[string]any }
	for deadline := time.Now().Add(patience); len(moved.Messages) == 0; {
		if time.Now().After(deadline) {
			t.Fatal("the queue moves nothing")
		}
		c.aws("sqs", "receive-message", "--queue-url", c.urls["orders.fifo"])
		if text := c.aws("sqs", "receive-message", "--queue-url", c.urls["letters.fifo"], "--attribute-names", "All"); text != "" {
			if err := json.Unmarshal([]byte(text), &moved); err != nil {
				t.Fatal(err)
			}
		}
	}
	record := sqsMessage(t)
	record["messageId"], record["body"], record["attributes"] = moved.Messages[0]["MessageId"], moved.Messages[0]["Body"], moved.Messages[0]["Attributes"]
	record["eventSourceARN"], record["messageAttributes"] = "arn:aws:sqs:eu-west-1:123456789012:letters.fifo", map[string]any{}
	again := c.start("again")
	if answer := again.invoke(encode(t, map[string]any{"Records": []any{record}}), patience); answer != `{"batchItemFailures":[]}` {
		t.Fatalf("answer %s", answer)
	}
	if want := "letter dev.fngen.message.received.v1 <nil> of <nil>\n"; !again.logs(want) {
		t.Errorf("the handler's log has no %q: %s", want, again.log.String())
	}
	back := c.receive("orders.fifo")
	if len(back) != 1 || back[0].ID != fmt.Sprint(record["messageId"]) || back[0].Type != "dev.fngen.message.received.v1" {
		t.Fatalf("sent back %+v", back)
	}
	if answer := c.start("confirm").invoke(c.deliver(back...), patience); answer != `{"batchItemFailures":[]}` {
		t.Fatalf("answer %s", answer)
	}
	if confirmed := c.receive("topic"); len(confirmed) != 1 || string(confirmed[0].Data) != `{"id":"21","do":""}` {
		t.Errorf("confirmed %+v", confirmed)
	}
}
