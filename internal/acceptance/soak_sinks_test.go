package acceptance

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"sync"
)

// soakSinks takes the dead letters of the function soak, and the events that it
// emits. What it makes of each is the fault of the message that it is of.
type soakSinks struct {
	*soak
	url string
	of  map[string]*soakMessage // by id

	mu      sync.Mutex
	letters map[string]bool            // ids of events whose letters are taken
	emitted map[string]map[string]bool // ids of the emitted events, by the message's number
	calls   map[string]int             // by the event's id
}

// A soakEvent is an event on its way to a sink.
type soakEvent struct {
	ID, Subject                          string
	DeadLetterReason, DeadLetterFunction string
	DeadLetterTruncated                  any
}

// newSinks starts the sinks of the soak, which answer as those of a platform.
func (s *soak) newSinks(answer func(*soakSinks, http.ResponseWriter, *http.Request)) {
	s.t.Helper()
	k := &soakSinks{soak: s, of: map[string]*soakMessage{}, letters: map[string]bool{}, emitted: map[string]map[string]bool{}, calls: map[string]int{}}
	for _, m := range s.messages {
		k.of[s.id(m.n)] = m
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answer(k, w, r) }))
	s.t.Cleanup(server.Close)
	k.url, s.sinks = server.URL, k
}

// take notes the events that are taken, and returns what is made of each; whole
// says that the service takes all of a call or nothing.
func (k *soakSinks) take(events []soakEvent, whole bool) []taking {
	k.mu.Lock()
	defer k.mu.Unlock()
	made := make([]taking, len(events))
	none := false
	for i, e := range events {
		made[i] = k.one(e, i)
		none = none || whole && made[i] != accepted && made[i] != reset
		if !whole {
			k.note(e, made[i])
		}
	}
	if whole && !none {
		for i, e := range events {
			k.note(e, made[i])
		}
	}
	return made
}

func (k *soakSinks) note(e soakEvent, made taking) {
	switch {
	case made != accepted && made != reset:
	case e.DeadLetterFunction != "":
		k.letters[e.ID] = true
	case k.emitted[e.Subject] == nil:
		k.emitted[e.Subject] = map[string]bool{e.ID: true}
	default:
		k.emitted[e.Subject][e.ID] = true
	}
}

// one is what is made of the event, the i-th of its call.
func (k *soakSinks) one(e soakEvent, i int) taking {
	k.calls[e.ID]++
	fault := accepted
	if e.DeadLetterFunction != "" {
		m := k.of[e.ID]
		if m == nil || e.DeadLetterReason == "" || e.DeadLetterFunction != "/example.com/acceptance/soak/soak" {
			k.t.Errorf("dead letter %+v", e)
			return accepted
		}
		fault = m.letter
	} else {
		n, err := strconv.Atoi(e.Subject)
		if err != nil || n < 0 || n >= len(k.messages) || e.ID == "" {
			k.t.Errorf("emitted event %+v", e)
			return accepted
		}
		fault = k.messages[n].sink
	}
	switch {
	case fault == refused && e.DeadLetterTruncated != nil: // without its data
		return accepted
	case fault == refused:
		return refused
	case k.calls[e.ID] > 1, fault == half && i == 0 && len(k.emitted[e.Subject]) == 0:
		return accepted
	case fault == half:
		return down
	}
	return fault
}

func (k *soakSinks) hasLetter(id string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.letters[id]
}

// sent is the number of events that are sent of a message.
func (k *soakSinks) sent(n int) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.emitted[strconv.Itoa(n)])
}

// decode decodes JSON that the function has sent.
func (k *soakSinks) decode(data []byte, into any) {
	if err := json.Unmarshal(data, into); err != nil {
		k.t.Errorf("sent %s: %v", data, err)
	}
}

// read returns the whole request. The function's process may end in the middle.
func (k *soakSinks) read(r *http.Request) []byte {
	data, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	return data
}

// breakOff ends the connection of a request with a reset.
func breakOff(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = conn.(*net.TCPConn).SetLinger(0)
		_ = conn.Close()
	}
}

// answerAWS answers as SQS, which takes the letters, and SNS.
func (k *soakSinks) answerAWS(w http.ResponseWriter, r *http.Request) {
	body := k.read(r)
	if r.Header.Get("X-Amz-Target") == "AmazonSQS.SendMessageBatch" {
		var request struct {
			Entries []struct{ ID, MessageBody string }
		}
		k.decode(body, &request)
		events := make([]soakEvent, len(request.Entries))
		for i, e := range request.Entries {
			k.decode([]byte(e.MessageBody), &events[i])
		}
		answer := map[string][]map[string]string{}
		for i, made := range k.take(events, false) {
			id := request.Entries[i].ID
			switch made {
			case accepted:
				answer["Successful"] = append(answer["Successful"], map[string]string{"Id": id})
			case reset:
				breakOff(w)
				return
			default:
				code := map[taking]string{down: "InternalError", refused: "InvalidMessageContents"}[made]
				answer["Failed"] = append(answer["Failed"], map[string]string{"Id": id, "Code": code, "Message": "as the soak has it"})
			}
		}
		fmt.Fprint(w, encode(k.t, answer))
		return
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || form.Get("Action") != "PublishBatch" {
		k.t.Errorf("call %s: %v", body, err)
	}
	var events []soakEvent
	for i := 1; form.Has(fmt.Sprintf("PublishBatchRequestEntries.member.%d.Id", i)); i++ {
		var e soakEvent
		k.decode([]byte(form.Get(fmt.Sprintf("PublishBatchRequestEntries.member.%d.Message", i))), &e)
		events = append(events, e)
	}
	var successful, failed string
	for i, made := range k.take(events, false) {
		switch made {
		case accepted:
			successful += fmt.Sprintf("<member><Id>%d</Id><MessageId>m</MessageId></member>", i)
		case reset:
			breakOff(w)
			return
		default:
			code := map[taking]string{down: "InternalFailure", refused: "InvalidParameter"}[made]
			failed += fmt.Sprintf("<member><Id>%d</Id><Code>%s</Code><Message>as the soak has it</Message></member>", i, code)
		}
	}
	fmt.Fprintf(w, "<PublishBatchResponse><PublishBatchResult><Successful>%s</Successful><Failed>%s</Failed></PublishBatchResult></PublishBatchResponse>", successful, failed)
}

// answerPubSub answers as topics of Pub/Sub, which take all of a call or nothing.
func (k *soakSinks) answerPubSub(w http.ResponseWriter, r *http.Request) {
	var request struct {
		Messages []struct{ Attributes map[string]string }
	}
	k.decode(k.read(r), &request)
	events := make([]soakEvent, len(request.Messages))
	for i, m := range request.Messages {
		a := m.Attributes
		events[i] = soakEvent{ID: a["ce-id"], Subject: a["ce-subject"], DeadLetterReason: a["ce-deadletterreason"], DeadLetterFunction: a["ce-deadletterfunction"]}
		if truncated := a["ce-deadlettertruncated"]; truncated != "" {
			events[i].DeadLetterTruncated = truncated
		}
	}
	k.answerWhole(w, k.take(events, true), http.StatusOK, `{"messageIds":["1"]}`)
}

// answerOpenWhisk answers as the API of triggers, of which each call fires one.
func (k *soakSinks) answerOpenWhisk(w http.ResponseWriter, r *http.Request) {
	var request struct{ CloudEvent soakEvent }
	k.decode(k.read(r), &request)
	k.answerWhole(w, k.take([]soakEvent{request.CloudEvent}, true), http.StatusAccepted, `{"activationId":"1"}`)
}

// answerWhole answers a call of which all is taken or nothing.
func (k *soakSinks) answerWhole(w http.ResponseWriter, made []taking, status int, answer string) {
	switch {
	case slices.Contains(made, reset):
		breakOff(w)
		return
	case slices.Contains(made, down):
		status, answer = http.StatusServiceUnavailable, "{}"
	case slices.Contains(made, refused):
		status, answer = http.StatusBadRequest, "{}"
	}
	w.WriteHeader(status)
	fmt.Fprint(w, answer)
}
