package platform_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/fn/emit/httpsink"
	"github.com/fngen/fngen/gen/internal/dev/platform"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/providers/aws"
	"github.com/fngen/fngen/providers/aws/sink/eventbridge"
	"github.com/fngen/fngen/providers/aws/sink/sns"
	"github.com/fngen/fngen/providers/aws/sink/sqs"
	"github.com/fngen/fngen/providers/gcp"
	"github.com/fngen/fngen/providers/gcp/sink/pubsub"
	"github.com/fngen/fngen/providers/openwhisk"
	"github.com/fngen/fngen/providers/openwhisk/sink/trigger"
)

// TestMain runs a function in the place of the tests where a test has started
// this program as one.
func TestMain(m *testing.M) {
	if target := os.Getenv("FNGEN_TEST_TARGET"); target != "" {
		functionMain(target)
		return
	}
	if target := os.Getenv("FNGEN_TEST_PARENT"); target != "" {
		parentMain(target)
		return
	}
	os.Exit(m.Run())
}

// functionMain is a main as it is emitted, of a function that does what its
// message says.
func functionMain(target string) {
	if os.Getenv("FNGEN_TEST_FAILS") != "" {
		err := errors.New("no stock")
		switch target {
		case "aws":
			aws.Fail(err)
		case "gcp":
			gcp.Fail(err)
		case "openwhisk":
			openwhisk.Fail(err)
		}
	}
	if os.Getenv("FNGEN_TEST_STREAM") != "" {
		aws.Serve(http.HandlerFunc(stream), aws.HTTP{Stream: true})
	}
	h := fn.On(do)
	switch target {
	case "aws":
		slog.SetDefault(aws.Logger())
		letters := emit.DeadLetters("/shop/do", sqs.Queue{Name: "do-dead-letters"})
		h = emit.Replies(h, "/shop/do", sqs.Queue{Name: "queue", Type: "t"}, sns.Topic{Name: "topic", Type: "t"}, eventbridge.Bus{Name: "bus", Type: "t"}, httpsink.HTTP{Name: "hook", Type: "t"})
		aws.Start(h, aws.SQS{Queue: "orders", DeadLetter: letters})
	case "gcp":
		slog.SetDefault(gcp.Logger())
		letters := emit.DeadLetters("/shop/do", pubsub.Topic{Name: "do-dead-letters"})
		h = emit.Replies(h, "/shop/do", pubsub.Topic{Name: "queue", Type: "t"}, pubsub.Topic{Name: "topic", Type: "t"}, pubsub.Topic{Name: "bus", Type: "t"}, httpsink.HTTP{Name: "hook", Type: "t"})
		gcp.Serve(gcp.Handler(h, gcp.PubSub{Queue: "orders", DeadLetter: letters}))
	case "openwhisk":
		slog.SetDefault(openwhisk.Logger())
		letters := emit.DeadLetters("/shop/do", trigger.Trigger{Name: "letters"})
		h = emit.Replies(h, "/shop/do", trigger.Trigger{Name: "topic", Type: "t"}, trigger.Trigger{Name: "bus", Type: "t"}, httpsink.HTTP{Name: "hook", Type: "t"})
		openwhisk.Start(h, openwhisk.Kafka{Queue: "orders", DeadLetter: letters})
	}
}

// stream answers in parts, of which the last one may not come.
func stream(w http.ResponseWriter, r *http.Request) {
	size, _ := strconv.Atoi(r.URL.Query().Get("size"))
	_, _ = w.Write(bytes.Repeat([]byte("x"), size))
	_ = http.NewResponseController(w).Flush()
	if r.URL.Path == "/broken" {
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write([]byte("end"))
}

func do(ctx context.Context, text string) error {
	what, sinks, _ := strings.Cut(text, " ")
	switch what {
	case "log":
		for i := range 3000 {
			fmt.Printf("line %d\n", i)
		}
		fmt.Print("unfinished")
		slog.InfoContext(ctx, "logged")
	case "emit":
		for sink := range strings.SplitSeq(sinks, " ") {
			e := event.New()
			e.SetType("t")
			e.SetSubject(sink)
			e.SetExtension("partitionkey", "k")
			e.SetExtension("deadletterreason", "of a letter that is sent back")
			_ = e.SetData("text/plain", "to "+sink)
			if err := fn.Emit(ctx, e, sink); err != nil {
				return err
			}
		}
	case "permanent":
		return fn.Permanent(errors.New("no such article"))
	case "exit":
		fmt.Println("leaving")
		os.Exit(3)
	case "hang":
		fmt.Println("hanging")
		time.Sleep(time.Hour) // longer than any deadline, of which the adapter tells the platform
	case "slow":
		time.Sleep(300 * time.Millisecond)
		fmt.Println("slow")
	case "pid":
		fmt.Println(os.Getpid())
	case "environment":
		fmt.Println(strings.Join(os.Environ(), "\n"))
	}
	return nil
}

// targets are those that run on this system.
func targets() []string {
	if runtime.GOOS == "windows" {
		return []string{"aws", "gcp"}
	}
	return []string{"aws", "gcp", "openwhisk"}
}

var function = model.Function{
	Name: "do", Trigger: model.Queue{Name: "orders"}, DeadLetter: "letters",
	Sinks: []model.Sink{{Kind: "queue", Name: "queue"}, {Kind: "topic", Name: "topic"}, {Kind: "event", Name: "bus"}, {Kind: "http", Name: "hook"}},
}

func base64Of(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// meant returns the function as the target has it.
func meant(target string) model.Function {
	f := function
	if target != "openwhisk" {
		f.DeadLetter = ""
	}
	return f
}

// payload returns a message of the queue.
func payload(target, text string) platform.Payload {
	switch target {
	case "aws":
		return platform.Payload{Body: fmt.Appendf(nil, `{"Records":[{"messageId":"m-1","receiptHandle":"h","body":%q,"attributes":{"ApproximateReceiveCount":"1","SentTimestamp":"1700000000000"},"messageAttributes":{},"eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:us-east-1:000000000000:orders","awsRegion":"us-east-1"}]}`, text)}
	case "gcp":
		return platform.Payload{Header: http.Header{"Content-Type": {"application/json"}},
			Body: fmt.Appendf(nil, `{"message":{"data":%q,"messageId":"m-1","publishTime":"2024-01-01T00:00:00Z"},"subscription":"projects/local/subscriptions/do"}`, base64Of(text))}
	}
	return platform.Payload{Body: fmt.Appendf(nil, `{"messages":[{"topic":"orders","partition":0,"offset":1,"key":null,"value":%q}]}`, base64Of(text))}
}

// A running is a function that runs, and what it has told outside of deliveries.
type running struct {
	*platform.Process
	mu    sync.Mutex
	lines []string
}

func (r *running) said() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.lines, "\n")
}

func start(t *testing.T, target string, f model.Function, o platform.Options, env ...string) (*running, error) {
	t.Helper()
	h, err := platform.New(target)
	if err != nil {
		t.Fatal(err)
	}
	r := &running{}
	o.Home = t.TempDir()
	o.Env = append(append(o.Env, "FNGEN_TEST_TARGET="+target), env...)
	o.Log = func(l platform.Line) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.lines = append(r.lines, l.Text)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.Process, err = h.Start(ctx, platform.Command{Path: os.Args[0], Args: []string{"do"}}, f, o)
	t.Cleanup(func() {
		cancel()
		if r.Process != nil {
			<-r.Ended()
		}
		h.Close()
	})
	return r, err
}

func mustStart(t *testing.T, target string, env ...string) *running {
	t.Helper()
	r, err := start(t, target, meant(target), platform.Options{}, env...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *running) invoke(t *testing.T, target, text string) platform.Answer {
	t.Helper()
	a, err := r.Invoke(t.Context(), payload(target, text))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func texts(a platform.Answer) []string {
	var out []string
	for _, l := range a.Logs {
		out = append(out, l.Text)
	}
	return out
}

// pid returns the process that an answer's log names.
func pid(t *testing.T, a platform.Answer) int {
	t.Helper()
	n, err := strconv.Atoi(texts(a)[0])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func short(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts processes")
	}
}

// Every line that a handler writes belongs to its delivery, the last one too,
// whose end never comes; and the answer is the platform's.
func TestLogsBelongToDeliveries(t *testing.T) {
	short(t)
	want := map[string]string{"aws": `0 {"batchItemFailures":[]}`, "gcp": "204 ", "openwhisk": "0 {}"}
	for _, target := range targets() {
		r := mustStart(t, target)
		for range 5 {
			a := r.invoke(t, target, "log")
			lines := texts(a)
			if len(lines) != 3002 || !slices.Contains(lines, "line 2999") || !slices.Contains(lines, "unfinished") {
				t.Errorf("%s: %d lines, the last %q", target, len(lines), lines[max(0, len(lines)-2):])
			}
			if got := fmt.Sprint(a.Status, " ", string(a.Body)); got != want[target] || a.Failure != "" {
				t.Errorf("%s: answer %s, failure %q", target, got, a.Failure)
			}
			if a = r.invoke(t, target, "nothing"); len(a.Logs) > 0 {
				t.Errorf("%s: a delivery has the lines of another: %q", target, texts(a))
			}
		}
		if said := r.said(); said != "" {
			t.Errorf("%s: outside of deliveries %q", target, said)
		}
	}
}

// What a function sends comes back with the name and kind that its directive
// has, as the event that it is, and so do dead letters. One of those that it sends
// back is none of its own.
func TestEmissions(t *testing.T) {
	short(t)
	for _, target := range targets() {
		r := mustStart(t, target)
		sinks := []string{"queue", "topic", "bus", "hook"}
		letters := "queue do-dead-letters"
		if target == "openwhisk" {
			sinks, letters = sinks[1:], "topic letters"
		}
		a := r.invoke(t, target, "emit "+strings.Join(sinks, " "))
		var got []string
		for _, e := range a.Emissions {
			one, err := e.Event()
			if err != nil {
				t.Fatalf("%s: %s: %v", target, e.Name, err)
			}
			if e.IsLetter {
				t.Errorf("%s: what goes to %s is a dead letter", target, e.Name)
			}
			got = append(got, fmt.Sprintf("%s %s %s %s %s", e.Kind, e.Name, one.Type(), one.Subject(), one.Data()))
		}
		slices.Sort(got)
		want := []string{"event bus t bus to bus", "http hook t hook to hook", "queue queue t queue to queue", "topic topic t topic to topic"}
		if target == "openwhisk" {
			want = slices.DeleteFunc(want, func(s string) bool { return strings.HasPrefix(s, "queue") })
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: emitted %q, want %q; log %q", target, got, want, texts(a))
		}
		a = r.invoke(t, target, "permanent")
		if len(a.Emissions) != 1 || a.Emissions[0].Kind+" "+a.Emissions[0].Name != letters {
			t.Fatalf("%s: %d letters, answer %d %s %q", target, len(a.Emissions), a.Status, a.Body, texts(a))
		}
		if letter, err := a.Emissions[0].Event(); err != nil || !a.Emissions[0].IsLetter || string(letter.Data()) != "permanent" {
			t.Errorf("%s: letter %v, %v", target, letter, err)
		}
	}
}

// A service that takes nothing is one that the function tries again, as it would
// the platform's own, and its input stays undelivered.
func TestEmissionsRefused(t *testing.T) {
	short(t)
	for _, target := range targets() {
		calls := 0
		r, err := start(t, target, meant(target), platform.Options{Emit: func(platform.Emission) error { calls++; return errors.New("full") }})
		if err != nil {
			t.Fatal(err)
		}
		for _, sink := range []string{"topic", "hook"} {
			calls = 0
			a := r.invoke(t, target, "emit "+sink)
			failed := a.Status == 500 || strings.Contains(string(a.Body), `"itemIdentifier":"m-1"`) || a.Failure == "application error"
			if !failed || calls < 4 {
				t.Errorf("%s: %s: %d calls, answer %d %s", target, sink, calls, a.Status, a.Body)
			}
			if sink == "topic" && target != "openwhisk" && len(a.Emissions) > 0 {
				t.Errorf("%s: emitted %v", target, a.Emissions)
			}
		}
	}
}

// A function that does not start says why, by its platform's own means.
func TestStartFails(t *testing.T) {
	short(t)
	want := map[string]string{
		"aws":       "do does not start on aws: setup: no stock",
		"gcp":       "do does not start on gcp: it ended with exit status 1",
		"openwhisk": "do does not start on openwhisk: it ended with exit status 1",
	}
	for _, target := range targets() {
		r, err := start(t, target, meant(target), platform.Options{}, "FNGEN_TEST_FAILS=1")
		if err == nil || err.Error() != want[target] {
			t.Errorf("%s: error %v, want %s", target, err, want[target])
		}
		if !strings.Contains(r.said(), "no stock") {
			t.Errorf("%s: log %q", target, r.said())
		}
	}
	h, err := platform.New("aws")
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if _, err := h.Start(t.Context(), platform.Command{Path: "/nowhere/at/all"}, function, platform.Options{}); err == nil {
		t.Error("what is not there starts")
	}
}

// A streamed response is read to its end, above the limit of others too, and one
// that breaks off is a failure with what came before.
func TestStream(t *testing.T) {
	short(t)
	f := model.Function{Name: "do", Trigger: model.HTTP{Path: "/", Stream: true}}
	r, err := start(t, "aws", f, platform.Options{}, "FNGEN_TEST_STREAM=1")
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"/whole": "", "/broken": "Function.ResponseAborted"} {
		const size = 7 << 20
		a, err := r.Invoke(t.Context(), platform.Payload{Body: fmt.Appendf(nil, `{"version":"2.0","rawPath":%q,"rawQueryString":"size=%d","headers":{"host":"abc.lambda-url.us-east-1.on.aws"},"requestContext":{"domainName":"abc.lambda-url.us-east-1.on.aws","http":{"method":"GET","path":%[1]q,"protocol":"HTTP/1.1","sourceIp":"192.0.2.1"},"requestId":"r","timeEpoch":1}}`, path, size)})
		if err != nil {
			t.Fatal(err)
		}
		_, body, _ := bytes.Cut(a.Body, make([]byte, 8))
		if a.Failure != want || a.ContentType != "application/vnd.awslambda.http-integration-response" || len(body) < size || bytes.HasSuffix(body, []byte("end")) != (want == "") {
			t.Errorf("%s: failure %q, %s of %d bytes %q", path, a.Failure, a.ContentType, len(body), texts(a))
		}
	}
}

// A process that ends instead of answering is the failure that its platform sees
// in it, with what it wrote before.
func TestExit(t *testing.T) {
	short(t)
	want := map[string]string{"aws": "Runtime.ExitError 0", "gcp": "container ended 503", "openwhisk": "action exited 0"}
	for _, target := range targets() {
		r := mustStart(t, target)
		a := r.invoke(t, target, "exit")
		if got := fmt.Sprint(a.Failure, " ", a.Status); got != want[target] {
			t.Errorf("%s: %s, want %s", target, got, want[target])
		}
		if !slices.Contains(texts(a), "leaving") {
			t.Errorf("%s: lines %q", target, texts(a))
		}
		<-r.Ended()
		if _, err := r.Invoke(t.Context(), payload(target, "nothing")); err == nil {
			t.Errorf("%s: a process that has ended takes a delivery", target)
		}
	}
}

// The deadline is the function's own, which its adapter keeps; where a process
// does not answer at all, the platform does.
func TestTimeout(t *testing.T) {
	short(t)
	for _, target := range targets() {
		f := meant(target)
		f.Timeout = 2 * time.Second
		r, err := start(t, target, f, platform.Options{})
		if err != nil {
			t.Fatal(err)
		}
		a := r.invoke(t, target, "hang")
		answered := a.Status == 500 || strings.Contains(string(a.Body), `"m-1"`) || a.Failure == "application error"
		if !answered || a.Duration > f.Timeout || !slices.Contains(texts(a), "hanging") {
			t.Errorf("%s: after %s %d %s %q", target, a.Duration, a.Status, a.Body, texts(a))
		}
	}
	if runtime.GOOS != "linux" {
		return
	}
	for target, want := range map[string]string{"aws": "Sandbox.Timedout 0", "gcp": "timeout 504", "openwhisk": "time limit exceeded 0"} {
		f := meant(target)
		f.Timeout = time.Second
		r, err := start(t, target, f, platform.Options{})
		if err != nil {
			t.Fatal(err)
		}
		stop(t, pid(t, r.invoke(t, target, "pid")))
		a := r.invoke(t, target, "nothing")
		if got := fmt.Sprint(a.Failure, " ", a.Status); got != want || a.Duration < f.Timeout {
			t.Errorf("%s: %s after %s, want %s", target, got, a.Duration, want)
		}
	}
}

// The environment is made: what the user has in theirs, credentials above all,
// no function sees, and what an SDK would look for it does not find.
func TestEnvironment(t *testing.T) {
	short(t)
	for _, name := range []string{
		"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_WEB_IDENTITY_TOKEN_FILE",
		"GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT", "CLOUDSDK_CONFIG", "PUBSUB_EMULATOR_HOST", "__OW_API_KEY", "__OW_API_HOST", "HOME", "DATABASE_URL",
	} {
		t.Setenv(name, "production")
	}
	has := map[string][]string{
		"aws": {"AWS_ENDPOINT_URL_SQS=http://127.0.0.1:", "AWS_ACCESS_KEY_ID=local", "AWS_EC2_METADATA_DISABLED=true", "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
			"FNGEN_SINK_QUEUE=https://sqs.us-east-1.amazonaws.com/000000000000/queue\n", "FNGEN_SINK_DO_DEAD_LETTERS=https://sqs.us-east-1.amazonaws.com/000000000000/do-dead-letters.fifo\n"},
		"gcp":       {"LOCAL_ONLY=true", "GOOGLE_CLOUD_PROJECT=local", "GCE_METADATA_HOST=127.0.0.1:", "FNGEN_SINK_QUEUE=projects/local/topics/queue"},
		"openwhisk": {"__OW_API_HOST=http://127.0.0.1:", "__OW_ACTION_NAME=/guest/do", "FNGEN_SINK_LETTERS=letters"},
	}
	for _, target := range targets() {
		f := meant(target)
		f.Trigger = model.Queue{Name: "orders", FIFO: true}
		r, err := start(t, target, f, platform.Options{Env: []string{"LEVEL=own"}})
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(texts(r.invoke(t, target, "environment")), "\n") + "\n"
		if strings.Contains(got, "production") {
			t.Errorf("%s: the user's environment reaches the function:\n%s", target, got)
		}
		for _, want := range append(has[target], "LEVEL=own", "TZ=UTC", "HOME="+os.TempDir()) {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %s in\n%s", target, want, got)
			}
		}
	}
}

// What the platform would not take is not delivered.
func TestPayloadLimits(t *testing.T) {
	short(t)
	limits := map[string]int{"aws": 6 << 20, "gcp": 32 << 20, "openwhisk": 1 << 20}
	for _, target := range targets() {
		r := mustStart(t, target)
		p := payload(target, "nothing")
		at := platform.Payload{Header: p.Header, Body: append([]byte(strings.Repeat(" ", limits[target]-len(p.Body))), p.Body...)}
		if a, err := r.Invoke(t.Context(), at); err != nil || a.Failure != "" || a.Status >= 300 {
			t.Errorf("%s: at the limit %v %s %d", target, err, a.Failure, a.Status)
		}
		above := platform.Payload{Header: p.Header, Body: append([]byte(" "), at.Body...)}
		if _, err := r.Invoke(t.Context(), above); err == nil || !strings.Contains(err.Error(), fmt.Sprint(limits[target])) {
			t.Errorf("%s: above the limit %v", target, err)
		}
	}
}

// A process that is told to stop finishes what it has, and no other begins.
func TestStopFinishes(t *testing.T) {
	short(t)
	for _, target := range targets() {
		r := mustStart(t, target)
		answer := make(chan platform.Answer, 1)
		go func() { answer <- r.invoke(t, target, "slow") }()
		time.Sleep(100 * time.Millisecond) // what it has begun is what is tested
		begun := time.Now()
		r.Stop(t.Context())
		if a := <-answer; !slices.Contains(texts(a), "slow") || a.Failure != "" {
			t.Errorf("%s: the delivery at hand has %q %q", target, a.Failure, texts(a))
		}
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("%s: stopping takes %s", target, took)
		}
		r.Stop(t.Context()) // once more is no harm
	}
}

// parentMain starts a function, says which process it is, and waits.
func parentMain(target string) {
	h, err := platform.New(target)
	if err != nil {
		panic(err)
	}
	p, err := h.Start(context.Background(), platform.Command{Path: os.Args[0]}, meant(target), platform.Options{
		Env: []string{"FNGEN_TEST_TARGET=" + target}, Home: os.TempDir(),
	})
	if err != nil {
		panic(err)
	}
	a, err := p.Invoke(context.Background(), payload(target, "pid"))
	if err != nil {
		panic(err)
	}
	fmt.Println(texts(a)[0])
	select {}
}

// No process outlives the one that has started it, though that is killed.
func TestNoOrphans(t *testing.T) {
	short(t)
	if runtime.GOOS != "linux" { // elsewhere it is the program that looks, which has its own test
		t.Skip("the kernel of this system ends no processes")
	}
	for _, target := range targets() {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "FNGEN_TEST_PARENT="+target)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var child int
		if _, err := fmt.Fscan(out, &child); err != nil || !alive(child) {
			t.Fatalf("%s: process %d, %v", target, child, err)
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed
		for end := time.Now().Add(5 * time.Second); alive(child); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s: the function outlives its parent", target)
			}
		}
	}
}

// A secret has its value from here, or from the file, and what has none is named.
func TestSecrets(t *testing.T) {
	f := model.Function{Name: "do", Operation: model.Operation{Env: []model.Variable{
		{Name: "LEVEL", Value: "info"}, {Name: "TOKEN", Value: "shop-token", IsSecret: true}, {Name: "URL", Value: "shop-url", IsSecret: true},
	}}}
	t.Setenv("TOKEN", "here")
	got, err := platform.Environment(f, "# known here\n\nTOKEN=file\nURL=postgres://u:p=1@h/db \r\nOTHER=x\n")
	if want := []string{"LEVEL=info", "TOKEN=here", "URL=postgres://u:p=1@h/db "}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
	if _, err := platform.Environment(f, "#URL=x\n"); err == nil || err.Error() != "do: URL: a secret of the platform, which is not known here; set it in the environment, or write URL=… into .fngen/secrets.env" {
		t.Errorf("error %v", err)
	}
}
