package acceptance

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// soakConnections is how many messages a subscription pushes at once.
const soakConnections = 8

// Of 50,000 messages that a subscription pushes, with errors, panics, slow
// handlers, what does not decode, and processes that are ended while they
// handle, each is acknowledged only if it was handled, or if its dead letter is
// written.
func TestSoakGoogle(t *testing.T) {
	s := newSoak(t, 20, func(n int) string { return fmt.Sprint(11_000_000_000 + n) })
	s.lettered()
	letters := newSoakLetters(t, (*soakLetters).takePubSub)
	for s.left() {
		f := startServer(t, "soak", "Soak", s.ledger(), "PUBSUB_EMULATOR_HOST="+strings.TrimPrefix(letters.url, "http://"),
			"FNGEN_SINK_SOAK_DEAD_LETTERS=projects/acme/topics/letters")
		if err := s.push(f, letters); err != nil {
			t.Log(err)
			s.wasKilled(f.process)
		}
	}
	s.checkRedelivered(soakConnections)
}

// push pushes over several connections until the queue is empty, or until the
// process ends, which a handler that holds has it do. The error is that of a
// request without an answer.
func (s *soak) push(f *server, letters *soakLetters) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*patience)
	defer cancel()
	transport := &http.Transport{MaxIdleConnsPerHost: soakConnections}
	defer transport.CloseIdleConnections()
	errs := make([]error, soakConnections)
	var connections sync.WaitGroup
	for i := range errs {
		connections.Go(func() { errs[i] = s.connection(ctx, f, transport, letters) })
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		connections.Wait()
	}()
	for lines := f.lines; ; {
		select {
		case line, ok := <-lines:
			if !ok {
				lines = nil
				continue
			}
			s.kill(f.process, line)
			f.exit()
		case <-done:
			for _, err := range errs {
				if err != nil {
					return err
				}
			}
			return nil
		}
	}
}

// connection pushes one message after another until the queue is empty or a
// request is not answered.
func (s *soak) connection(ctx context.Context, f *server, transport http.RoundTripper, letters *soakLetters) error {
	for {
		batch := s.take(1)
		if len(batch) == 0 {
			return nil
		}
		status, err := postSoak(ctx, f.url, transport, s.pubsubBody(batch[0]))
		switch {
		case err != nil:
			s.back(batch...)
			return err
		case status == http.StatusNoContent:
			s.acknowledged(batch[0], letters)
		case status == http.StatusInternalServerError, status == http.StatusServiceUnavailable:
			s.back(batch...)
		default:
			s.t.Errorf("message %d: status %d", batch[0].n, status)
			s.back(batch...)
		}
	}
}

// pubsubBody is the message as a push subscription with dead letters sends it.
func (s *soak) pubsubBody(m *soakMessage) string {
	data := any([]byte(m.body))
	if m.garbled {
		data = "%%%" // no base64
	}
	return encode(s.t, map[string]any{
		"message": map[string]any{
			"data": data, "messageId": s.id(m.n), "message_id": s.id(m.n),
			"publishTime": "2026-01-02T03:04:05.678Z", "publish_time": "2026-01-02T03:04:05.678Z",
		},
		"subscription": "projects/acme/subscriptions/soak", "deliveryAttempt": m.deliveries,
	})
}

// postSoak posts the body and returns the status of the whole answer.
func postSoak(ctx context.Context, url string, transport http.RoundTripper, body string) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	response, err := transport.RoundTrip(r)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, err
}
