//go:build unix

package acceptance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/internal/testkit/emulator"
)

// pubsubEmulator starts gcloud's Pub/Sub emulator on loopback for the time of
// the test and returns the base URL of a project in it.
func pubsubEmulator(t *testing.T) string {
	t.Helper()
	return emulator.Start(t, "pubsub", "--data-dir="+t.TempDir()) + "/v1/projects/acme/"
}

// direct asks no proxy, whatever the environment names.
var direct = &http.Client{Transport: &http.Transport{}, Timeout: patience}

// call sends in as JSON and decodes the answer to out, unless that is nil.
func call(t *testing.T, method, url string, in, out any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader([]byte(encode(t, in))))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	response, err := direct.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s %v\n%s", method, url, response.Status, err, answer)
	}
	if out != nil {
		if err := json.Unmarshal(answer, out); err != nil {
			t.Fatal(err)
		}
	}
}

// twice are the ways in which a message of the emulator's fails twice.
var twice = [][]string{{"error", "error"}, {"later", "panic"}, {"panic", "error"}}

// customer is the ordering key of a message, of which there are 100.
func customer(n int) string { return fmt.Sprintf("customer-%d", n%100) }

// failsTwice holds for one message of each customer.
func failsTwice(n int) bool { return (n+n/100)%10 == 0 }

// Of 1,000 messages that a real subscription pushes to the built artifact each
// is handled, those too that fail twice before they succeed, with their ids and
// attributes, and those of one ordering key in order.
func TestPubSubEmulator(t *testing.T) {
	requireLinux(t)
	const n = 1000
	base := pubsubEmulator(t)
	ledger := filepath.Join(t.TempDir(), "ledger")
	f := startServer(t, "soak", "Soak", "SOAK_LEDGER="+ledger)
	const topic = "projects/acme/topics/soak"
	call(t, http.MethodPut, base+"topics/soak", struct{}{}, nil)
	call(t, http.MethodPut, base+"subscriptions/pushed", map[string]any{
		"topic": topic, "ackDeadlineSeconds": 600, "enableMessageOrdering": true,
		"pushConfig":  map[string]any{"pushEndpoint": f.url},
		"retryPolicy": map[string]any{"minimumBackoff": "0.1s", "maximumBackoff": "1s"},
	}, nil)
	call(t, http.MethodPut, base+"subscriptions/pulled", map[string]any{"topic": topic, "enableMessageOrdering": true}, nil)

	var ids []string
	for len(ids) < n {
		var messages []map[string]any
		for i := len(ids); i < len(ids)+100; i++ {
			var steps []string
			if failsTwice(i) {
				steps = twice[i%len(twice)]
			}
			messages = append(messages, map[string]any{
				"data":        []byte(encode(t, map[string]any{"n": i, "steps": steps})),
				"attributes":  map[string]string{"n": strconv.Itoa(i), "umlaut": "ü"},
				"orderingKey": customer(i),
			})
		}
		var published struct{ MessageIDs []string }
		call(t, http.MethodPost, base+"topics/soak:publish", map[string]any{"messages": messages}, &published)
		ids = append(ids, published.MessageIDs...)
	}

	handled := map[int]entry{} // as it was first
	latest := map[string]int{}
	wait(t, 2*time.Minute, func() bool {
		clear(handled)
		clear(latest)
		for _, e := range readLedger(t, ledger) {
			if _, again := handled[e.N]; again {
				continue
			}
			handled[e.N] = e
			if before, ok := latest[customer(e.N)]; ok && before > e.N {
				t.Fatalf("%s: message %d is handled after %d", customer(e.N), e.N, before)
			}
			latest[customer(e.N)] = e.N
		}
		return len(handled) >= n
	})
	for i := range n {
		got := handled[i]
		if got.Try < 3 && failsTwice(i) {
			t.Errorf("message %d is handled at try %d, and fails twice", i, got.Try)
		}
		got.Try = 0 // the emulator may deliver more often than it must
		// The emulator's push leaves the ordering key out, even where the
		// subscription is ordered, so there is no partitionkey. An emulator
		// that sends it makes this fail: expect it then.
		want := entry{ID: ids[i], N: i, Attributes: map[string]string{"n": strconv.Itoa(i), "umlaut": "ü"}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("message %d of %d that are handled: want -, got +\n%s", i, len(handled), diff)
		}
	}
	if len(handled) != n {
		t.Errorf("%d messages are handled, want %d", len(handled), n)
	}

	// What is pulled has its ordering key, and has it still in a push.
	var pulled struct {
		ReceivedMessages []struct{ Message json.RawMessage }
	}
	call(t, http.MethodPost, base+"subscriptions/pulled:pull", map[string]any{"maxMessages": 1}, &pulled)
	if len(pulled.ReceivedMessages) != 1 {
		t.Fatalf("pulled %d messages, want 1", len(pulled.ReceivedMessages))
	}
	push := encode(t, map[string]any{"subscription": "projects/acme/subscriptions/pulled", "message": pulled.ReceivedMessages[0].Message})
	if got := f.post(push); got.status != http.StatusNoContent {
		t.Fatalf("push of a pulled message: %+v", got)
	}
	entries := readLedger(t, ledger)
	last := entries[len(entries)-1]
	if want := customer(last.N); last.PartitionKey != want || last.ID != ids[last.N] {
		t.Errorf("the pulled message was handled as %+v, want the partitionkey %s", last, want)
	}
}
