package acceptance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/internal/testkit/moto"
	"github.com/fngen/fngen/internal/testkit/tool"
)

// speaking is testdata/emit_aws, built for AWS.
var speaking = sync.OnceValues(func() (*application, error) {
	return builtFor("aws", "emit_aws", fmt.Sprintf("targets:\n  aws: {arch: %s}\n", runtime.GOARCH))
})

// A cloud is what stands for AWS, its queues read by AWS's own client.
type cloud struct {
	t    *testing.T
	moto string
	env  []string
	urls map[string]string // of the queues

	mu     sync.Mutex
	down   int                      // the calls that fail before others are passed on
	passed func(service, op string) // after each that was
}

// newCloud returns the queues orders.fifo and letters.fifo, the topic confirmed
// and the default bus, each of the latter with a queue behind it.
func newCloud(t *testing.T) *cloud {
	t.Helper()
	tool.Path(t, "aws")
	c := &cloud{t: t, moto: moto.Start(t), urls: map[string]string{}}
	for _, q := range []string{"orders.fifo", "letters.fifo"} {
		c.urls[q] = c.aws("sqs", "create-queue", "--queue-name", q, "--attributes", "FifoQueue=true", "--query", "QueueUrl", "--output", "text")
	}
	for _, q := range []string{"topic", "bus"} {
		c.urls[q] = c.aws("sqs", "create-queue", "--queue-name", q, "--query", "QueueUrl", "--output", "text")
	}
	const arn = "arn:aws:sqs:eu-west-1:123456789012:"
	topic := c.aws("sns", "create-topic", "--name", "confirmed", "--query", "TopicArn", "--output", "text")
	c.aws("sns", "subscribe", "--topic-arn", topic, "--protocol", "sqs", "--notification-endpoint", arn+"topic", "--attributes", "RawMessageDelivery=true")
	c.aws("events", "put-rule", "--name", "announced", "--event-pattern", `{"detail-type":["com.example.order.announced"]}`)
	c.aws("events", "put-targets", "--rule", "announced", "--targets", "Id=queue,Arn="+arn+"bus")
	target, err := url.Parse(c.moto)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	gate := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("X-Amzn-Trace-Id"); got != traceID { // by which Lambda finds loops
			t.Errorf("a call has the trace %q", got)
		}
		c.mu.Lock()
		c.down--
		isDown, passed := c.down >= 0, c.passed
		c.mu.Unlock()
		if isDown {
			http.Error(w, "", http.StatusServiceUnavailable)
			return
		}
		proxy.ServeHTTP(w, r)
		if passed != nil {
			passed(r.Header.Get("X-Amz-Target"), r.URL.Path)
		}
	}))
	t.Cleanup(gate.Close)
	c.env = []string{
		"AWS_ENDPOINT_URL=" + gate.URL, "AWS_ACCESS_KEY_ID=AKID", "AWS_SECRET_ACCESS_KEY=SECRET",
		"FNGEN_SINK_ORDERS=" + c.urls["orders.fifo"], "FNGEN_SINK_CONFIRM_DEAD_LETTERS=" + c.urls["letters.fifo"],
		"FNGEN_SINK_CONFIRMED=" + topic, "FNGEN_SINK_SHOP=default",
	}
	return c
}

// aws runs AWS's own client.
func (c *cloud) aws(args ...string) string {
	c.t.Helper()
	cmd := exec.Command("aws", append(args, "--endpoint-url", c.moto, "--region", "eu-west-1")...)
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=AKID", "AWS_SECRET_ACCESS_KEY=SECRET", "AWS_PAGER=")
	out, err := output(cmd)
	if err != nil {
		c.t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func (c *cloud) start(function string) *lambda {
	c.t.Helper()
	a, err := speaking()
	if err != nil {
		c.t.Fatal(err)
	}
	return startBootstrap(c.t, a, function, c.env...)
}

// An emitted event is a message of a queue, or what it holds.
type emitted struct {
	ID, Source, Type, Subject, CausationID, TraceParent, PartitionKey string
	DeadLetterReason, DeadLetterFunction                              string
	Data                                                              json.RawMessage

	message map[string]any // as SQS has it
}

// receive takes all messages of the queue, and checks that each is marked as an
// event.
func (c *cloud) receive(queue string) []emitted {
	c.t.Helper()
	var out []emitted
	for {
		text := c.aws("sqs", "receive-message", "--queue-url", c.urls[queue], "--max-number-of-messages", "10", "--attribute-names", "All", "--message-attribute-names", "All")
		var answer struct{ Messages []map[string]any }
		if text != "" {
			if err := json.Unmarshal([]byte(text), &answer); err != nil {
				c.t.Fatal(err)
			}
		}
		if len(answer.Messages) == 0 {
			slices.SortFunc(out, func(a, b emitted) int { return strings.Compare(a.ID, b.ID) })
			return out
		}
		for _, m := range answer.Messages {
			body := m["Body"].(string)
			var bus struct{ Detail json.RawMessage }
			if json.Unmarshal([]byte(body), &bus) == nil && bus.Detail != nil {
				body = string(bus.Detail)
			} else if mark := encode(c.t, m["MessageAttributes"]); !strings.Contains(mark, `"application/cloudevents+json"`) {
				c.t.Errorf("%s: the message is not marked as an event: %s", queue, mark)
			}
			e := emitted{message: m}
			if err := json.Unmarshal([]byte(body), &e); err != nil {
				c.t.Fatalf("%s: %v: %s", queue, err, body)
			}
			out = append(out, e)
			c.aws("sqs", "delete-message", "--queue-url", c.urls[queue], "--receipt-handle", m["ReceiptHandle"].(string))
		}
	}
}

const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

// place sends an order to the function URL of place.
func (c *cloud) place(l *lambda, body string) string {
	c.t.Helper()
	var request map[string]any
	if err := json.Unmarshal([]byte(lambdaEvent(c.t, "lambda-urls-request.json")), &request); err != nil {
		c.t.Fatal(err)
	}
	request["rawPath"], request["body"] = "/orders", body
	request["headers"] = map[string]string{"content-type": "application/json", "traceparent": trace}
	return l.invoke(encode(c.t, request), patience)
}

// deliver returns the messages as the queue delivers them to a function.
func (c *cloud) deliver(events ...emitted) string {
	record := sqsMessage(c.t)
	var records []json.RawMessage
	for _, e := range events {
		record["messageId"], record["body"], record["attributes"] = e.message["MessageId"], e.message["Body"], e.message["Attributes"]
		record["eventSourceARN"] = "arn:aws:sqs:eu-west-1:123456789012:orders.fifo"
		record["messageAttributes"] = map[string]any{"content-type": map[string]string{"dataType": "String", "stringValue": "application/cloudevents+json"}}
		records = append(records, json.RawMessage(encode(c.t, record)))
	}
	return encode(c.t, map[string]any{"Records": records})
}

// order places an order and returns it as the queue has it.
func (c *cloud) order(l *lambda, id, do string) emitted {
	c.t.Helper()
	if answer := c.place(l, fmt.Sprintf(`{"id":%q,"do":%q}`, id, do)); !strings.Contains(answer, "placed "+id) {
		c.t.Fatalf("answer %s", answer)
	}
	placed := c.receive("orders.fifo")
	if len(placed) != 1 {
		c.t.Fatalf("%d orders in the queue", len(placed))
	}
	return placed[0]
}

// An order over HTTP goes from artifact to artifact through a real queue: the
// last events have the ids of their causes and the trace of the request.
func TestAWSChain(t *testing.T) {
	requireLinux(t)
	c := newCloud(t)
	placed := c.order(c.start("place"), "17", "")
	if placed.Source != "/example.com/speaking/place" || placed.Type != "com.example.order.placed" || placed.Subject != "17" || placed.TraceParent != trace ||
		placed.CausationID == "" || string(placed.Data) != `{"id":"17","do":""}` || placed.message["Attributes"].(map[string]any)["MessageGroupId"] != "customer-4" {
		t.Errorf("placed %+v", placed)
	}
	if answer := c.start("confirm").invoke(c.deliver(placed), patience); answer != `{"batchItemFailures":[]}` {
		t.Fatalf("answer %s", answer)
	}
	confirmed, announced := c.receive("topic"), c.receive("bus")
	if len(confirmed) != 1 || len(announced) != 2 || announced[0].ID == announced[1].ID {
		t.Fatalf("confirmed %+v, announced %+v", confirmed, announced)
	}
	for _, e := range append(confirmed, announced...) {
		if e.Source != "/example.com/speaking/confirm" || e.CausationID != placed.ID || e.TraceParent != trace {
			t.Errorf("lineage of %+v", e)
		}
	}
	if e := confirmed[0]; e.Type != "com.example.order.confirmed" || e.Subject != "17" || string(e.Data) != `{"id":"17","do":""}` {
		t.Errorf("confirmed %+v", e)
	}
}

// ids are the ids of all that was sent on.
func (c *cloud) ids() []string {
	var ids []string
	for _, e := range append(c.receive("topic"), c.receive("bus")...) {
		ids = append(ids, e.Type+" "+e.ID)
	}
	return ids
}

// What fails on the way loses nothing and emits under the same ids: a sink that
// is down for the first tries, and a process that ends between what it sends
// and its answer. A handler that fails has sent nothing, and what it refuses is
// in the dead letters.
func TestAWSEmissionFaults(t *testing.T) {
	requireLinux(t)
	c := newCloud(t)
	place, confirm := c.start("place"), c.start("confirm")
	placed := c.order(place, "18", "")

	// Killed after the topic has taken its event, and before the bus has.
	killed := c.start("confirm")
	c.passed = func(string, string) { _ = killed.cmd.Process.Kill() }
	killed.api.work <- invocation{"request-1", c.deliver(placed), time.Now().Add(patience)}
	<-killed.ended
	c.mu.Lock()
	c.passed, c.down = nil, 2 // and the sink is down when the queue delivers again
	c.mu.Unlock()
	before := c.ids()
	if answer := confirm.invoke(c.deliver(placed), patience); answer != `{"batchItemFailures":[]}` {
		t.Fatalf("answer %s", answer)
	}
	first := c.ids()
	if answer := confirm.invoke(c.deliver(placed), patience); answer != `{"batchItemFailures":[]}` {
		t.Fatalf("answer %s", answer)
	}
	if diff := cmp.Diff(first, c.ids()); diff != "" || len(first) != 3 {
		t.Errorf("ids differ between deliveries (-first +second):\n%s", diff)
	}
	for _, id := range before {
		if !slices.Contains(first, id) {
			t.Errorf("before it was killed it has sent %s, which is none of %q", id, first)
		}
	}
	if len(before) == 0 {
		t.Error("it was killed before it has sent anything")
	}

	failing := c.order(place, "19", "fail")
	if answer := confirm.invoke(c.deliver(failing), patience); !strings.Contains(answer, fmt.Sprint(failing.message["MessageId"])) {
		t.Errorf("answer %s", answer)
	}
	refused := c.order(place, "20", "refuse")
	if answer := confirm.invoke(c.deliver(refused), patience); answer != `{"batchItemFailures":[]}` {
		t.Errorf("answer %s", answer)
	}
	if ids := c.ids(); len(ids) > 0 {
		t.Errorf("a handler that fails has sent %q", ids)
	}
	letters := c.receive("letters.fifo")
	if len(letters) != 1 || letters[0].ID != refused.ID || letters[0].DeadLetterReason != "no such article" || letters[0].DeadLetterFunction != "/example.com/speaking/confirm" {
		t.Errorf("dead letters %+v, want %+v", letters, refused)
	}
}

// A function that sends nothing links no sink.
func TestAWSLinksSinksOnDemand(t *testing.T) {
	a, err := speaking()
	if err != nil {
		t.Fatal(err)
	}
	const sinks = "github.com/fngen/fngen/providers/aws/sink/"
	for function, want := range map[string][]string{"silent": nil, "place": {"sqs"}, "confirm": {"eventbridge", "sns", "sqs"}} {
		out, err := output(command(a.dir, nil, "go", "list", "-deps", "./entrypoints/aws/"+function+"-aws"))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for line := range strings.Lines(string(out)) {
			if name, ok := strings.CutPrefix(strings.TrimSpace(line), sinks); ok {
				got = append(got, name)
			}
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s links (-want +got):\n%s", function, diff)
		}
	}
}
