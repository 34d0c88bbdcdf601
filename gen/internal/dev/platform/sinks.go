package platform

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/fngen/fngen/gen/internal/dev/store"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/ce"
)

// sinks are the services that one process sends events to, and those that it uses:
// as much of them as fngen's sinks and drivers call. What else is called is answered with 501.
type sinks struct {
	listener net.Listener
	emit     func(Emission) error
}

// maxRequest is the size in bytes above which no service takes a request.
const maxRequest = 64 << 20

func serveSinks(target string, emit func(Emission) error, view *store.View) (*sinks, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &sinks{listener, emit}
	mux := http.NewServeMux()
	switch target {
	case "aws":
		mux.HandleFunc("POST /{$}", s.aws)
	case "gcp":
		mux.HandleFunc("POST /v1/projects/{project}/topics/{topic}", s.pubsub)
	case "openwhisk":
		mux.HandleFunc("POST /api/v1/namespaces/_/triggers/{trigger}", s.trigger)
	}
	mux.HandleFunc("POST /http/{sink}", s.http)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, fmt.Sprintf("%s %s is no call of fngen's sinks, and nothing else is served on this machine", r.Method, r.URL.Path), http.StatusNotImplemented)
	})
	bounded := http.MaxBytesHandler(mux, maxRequest)
	serve := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if view != nil && view.Serves(r) { // keys are not to be cleaned as paths
			view.ServeHTTP(w, r)
			return
		}
		bounded.ServeHTTP(w, r)
	})
	go func() { _ = http.Serve(listener, serve) }() // until the listener is closed
	return s, nil
}

func (s *sinks) close() { s.listener.Close() }

// address is the host and port.
func (s *sinks) address() string { return s.listener.Addr().String() }

func (s *sinks) url() string { return "http://" + s.address() }

// sinksOf are the sinks of the function, with that of its dead letters where the
// target has one.
func sinksOf(target string, f model.Function) []model.Sink {
	out := f.Sinks
	if _, ok := f.Trigger.(model.HTTP); ok {
		return out
	}
	switch {
	case target != "openwhisk" && f.DeadLetterSink() != "":
		out = append(out[:len(out):len(out)], model.Sink{Kind: "queue", Name: f.DeadLetterSink()})
	case target == "openwhisk" && f.DeadLetter != "" && f.DeadLetter != "none":
		out = append(out[:len(out):len(out)], model.Sink{Kind: "topic", Name: f.DeadLetter})
	}
	return out
}

// What is on this machine lies there: in an account and a project that nobody
// has.
const (
	Account = "000000000000"
	Region  = "us-east-1"
	Project = "local"

	GoogleRegion = "us-east1"
)

// sinkAddress returns what the infrastructure would put into the environment.
func (s *sinks) sinkAddress(target string, sink model.Sink, isFIFO bool) string {
	switch {
	case sink.Kind == "http":
		return s.url() + "/http/" + sink.Name
	case target == "gcp":
		return "projects/" + Project + "/topics/" + sink.Name
	case target == "aws" && sink.Kind == "queue":
		name := sink.Name
		if isFIFO {
			name += ".fifo"
		}
		return "https://sqs." + Region + ".amazonaws.com/" + Account + "/" + name
	case target == "aws" && sink.Kind == "topic":
		return "arn:aws:sns:" + Region + ":" + Account + ":" + sink.Name
	}
	return sink.Name // a bus, or a trigger
}

var structured = map[string]string{"content-type": ce.MediaType}

// aws serves SQS, SNS and EventBridge, which share an address: which of them is
// meant says the target, or the form.
func (s *sinks) aws(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	switch target := r.Header.Get("X-Amz-Target"); target {
	case "AmazonSQS.SendMessageBatch":
		s.sqs(w, body)
	case "AWSEvents.PutEvents":
		s.eventBridge(w, body)
	case "":
		s.sns(w, body)
	default:
		http.Error(w, `{"__type":"UnknownOperationException","message":"only what fngen's sinks call is served on this machine"}`, http.StatusNotImplemented)
	}
}

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
func (s *sinks) sqs(w http.ResponseWriter, body []byte) {
	var request struct {
		QueueURL string `json:"QueueUrl"`
		Entries  []struct {
			ID         string `json:"Id"`
			Body       string `json:"MessageBody"`
			Group      string `json:"MessageGroupId"`
			Attributes map[string]struct {
				Value string `json:"StringValue"`
			} `json:"MessageAttributes"`
		}
	}
	if err := json.Unmarshal(body, &request); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	answer := struct {
		Successful []map[string]string
		Failed     []map[string]any
	}{[]map[string]string{}, []map[string]any{}}
	for _, e := range request.Entries {
		attributes := map[string]string{}
		for name, a := range e.Attributes {
			attributes[name] = a.Value
		}
		name := strings.TrimSuffix(path.Base(request.QueueURL), ".fifo")
		if err := s.emit(Emission{Kind: "queue", Name: name, Body: []byte(e.Body), Attributes: attributes, Group: e.Group}); err != nil {
			answer.Failed = append(answer.Failed, map[string]any{"Id": e.ID, "Code": "ServiceUnavailable", "Message": err.Error(), "SenderFault": false})
			continue
		}
		answer.Successful = append(answer.Successful, map[string]string{"Id": e.ID, "MessageId": newID()})
	}
	writeJSON(w, answer)
}

// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
func (s *sinks) eventBridge(w http.ResponseWriter, body []byte) {
	var request struct {
		Entries []struct{ EventBusName, Detail string }
	}
	if err := json.Unmarshal(body, &request); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	entries := []map[string]string{}
	for _, e := range request.Entries {
		if err := s.emit(Emission{Kind: "event", Name: path.Base(e.EventBusName), Body: []byte(e.Detail), Attributes: structured}); err != nil {
			entries = append(entries, map[string]string{"ErrorCode": "InternalFailure", "ErrorMessage": err.Error()})
			continue
		}
		entries = append(entries, map[string]string{"EventId": newID()})
	}
	writeJSON(w, map[string]any{"FailedEntryCount": 0, "Entries": entries})
}

// https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html
func (s *sinks) sns(w http.ResponseWriter, body []byte) {
	form, err := url.ParseQuery(string(body))
	if err != nil || form.Get("Action") != "PublishBatch" {
		http.Error(w, "only PublishBatch is served on this machine", http.StatusNotImplemented)
		return
	}
	arn := form.Get("TopicArn")
	type failure struct {
		ID      string `xml:"Id"`
		Code    string
		Message string
	}
	var answer struct {
		XMLName struct{}  `xml:"PublishBatchResponse"`
		Taken   []string  `xml:"PublishBatchResult>Successful>member>Id"`
		Failed  []failure `xml:"PublishBatchResult>Failed>member"`
	}
	for i := 1; ; i++ {
		member := "PublishBatchRequestEntries.member." + strconv.Itoa(i) + "."
		if !form.Has(member + "Id") {
			break
		}
		name := strings.TrimSuffix(arn[strings.LastIndexByte(arn, ':')+1:], ".fifo")
		e := Emission{Kind: "topic", Name: name, Body: []byte(form.Get(member + "Message")), Attributes: structured, Group: form.Get(member + "MessageGroupId")}
		if err := s.emit(e); err != nil {
			answer.Failed = append(answer.Failed, failure{form.Get(member + "Id"), "InternalError", err.Error()})
			continue
		}
		answer.Taken = append(answer.Taken, form.Get(member+"Id"))
	}
	w.Header().Set("Content-Type", "text/xml")
	_ = xml.NewEncoder(w).Encode(answer) // the caller may be gone
}

// https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.topics/publish
func (s *sinks) pubsub(w http.ResponseWriter, r *http.Request) {
	topic, ok := strings.CutSuffix(r.PathValue("topic"), ":publish")
	var request struct {
		Messages []struct {
			Data        []byte
			Attributes  map[string]string
			OrderingKey string
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil || !ok {
		http.Error(w, "only publish is served on this machine", http.StatusNotImplemented)
		return
	}
	ids := []string{}
	for _, m := range request.Messages {
		if err := s.emit(Emission{Kind: "topic", Name: topic, Body: m.Data, Attributes: m.Attributes, Group: m.OrderingKey}); err != nil {
			http.Error(w, `{"error":{"code":503,"status":"UNAVAILABLE"}}`, http.StatusServiceUnavailable)
			return
		}
		ids = append(ids, newID())
	}
	writeJSON(w, map[string]any{"messageIds": ids})
}

// https://github.com/apache/openwhisk/blob/master/core/controller/src/main/resources/apiv1swagger.json
func (s *sinks) trigger(w http.ResponseWriter, r *http.Request) {
	var parameters struct {
		Event json.RawMessage `json:"cloudevent"`
	}
	if err := json.NewDecoder(r.Body).Decode(&parameters); err != nil || parameters.Event == nil {
		http.Error(w, `{"error":"only events are taken on this machine"}`, http.StatusNotImplemented)
		return
	}
	if err := s.emit(Emission{Kind: "topic", Name: r.PathValue("trigger"), Body: parameters.Event, Attributes: structured}); err != nil {
		http.Error(w, `{"error":"not taken"}`, http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, `{"activationId":"`+newID()+`"}`)
}

// http is the receiver of an http sink, in binary mode.
func (s *sinks) http(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	attributes := map[string]string{}
	for name, values := range r.Header {
		if lower := strings.ToLower(name); strings.HasPrefix(lower, "ce-") || lower == "content-type" {
			attributes[lower] = values[0]
		}
	}
	if err := s.emit(Emission{Kind: "http", Name: r.PathValue("sink"), Body: body, Attributes: attributes}); err != nil {
		http.Error(w, "not taken", http.StatusServiceUnavailable)
	}
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the caller may be gone
}
