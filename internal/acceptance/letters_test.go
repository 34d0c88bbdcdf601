package acceptance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// A letterQueue takes dead letters as SQS does.
type letterQueue struct {
	env []string // by which a function finds it

	mu  sync.Mutex
	ids map[string]int // how often each event was written
}

func newLetterQueue(t *testing.T) *letterQueue {
	t.Helper()
	q := &letterQueue{ids: map[string]int{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var request struct {
			Entries []struct{ ID, MessageBody string }
		}
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil || r.Header.Get("X-Amz-Target") != "AmazonSQS.SendMessageBatch" {
			t.Errorf("the queue does not take %s: %v", r.Header.Get("X-Amz-Target"), err)
			http.Error(w, "", http.StatusBadRequest)
			return
		}
		var taken []string
		for _, e := range request.Entries {
			taken = append(taken, fmt.Sprintf(`{"Id":%q}`, e.ID))
			q.take(t, e.MessageBody)
		}
		fmt.Fprintf(w, `{"Successful":[%s]}`, strings.Join(taken, ","))
	}))
	t.Cleanup(server.Close)
	q.env = []string{
		"AWS_ENDPOINT_URL_SQS=" + server.URL, "AWS_ACCESS_KEY_ID=AKID", "AWS_SECRET_ACCESS_KEY=SECRET",
		"FNGEN_SINK_SOAK_DEAD_LETTERS=https://sqs.eu-west-1.amazonaws.com/123456789012/letters",
	}
	return q
}

func (q *letterQueue) take(t *testing.T, body string) {
	var letter struct{ ID, DeadLetterReason, DeadLetterFunction string }
	if err := json.Unmarshal([]byte(body), &letter); err != nil || letter.ID == "" || letter.DeadLetterReason == "" || letter.DeadLetterFunction != "/example.com/acceptance/soak/soak" {
		t.Errorf("dead letter %s: %v", body, err)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ids[letter.ID]++
}

func (q *letterQueue) holds(id string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.ids[id] > 0
}
