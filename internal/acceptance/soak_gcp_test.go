package acceptance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// soakConnections is how many messages a subscription pushes at once.
const soakConnections = 8

// Of all messages that a subscription pushes, whatever becomes of handlers,
// connections, sinks and processes, each is acknowledged only if it was handled,
// or if its dead letter is written; and all that it emitted is sent.
func TestSoakGoogle(t *testing.T) {
	s := newSoak(t, 20, func(n int) string { return fmt.Sprint(11_000_000_000 + n) })
	s.newSinks((*soakSinks).answerPubSub)
	for s.left() {
		f := startServer(t, "soak", "Soak", s.ledger(), "PUBSUB_EMULATOR_HOST="+strings.TrimPrefix(s.sinks.url, "http://"),
			"FNGEN_SINK_SOAK_FAILURES=projects/acme/topics/letters", "FNGEN_SINK_SOAKED=projects/acme/topics/soaked", "CLOUD_RUN_TIMEOUT_SECONDS=2")
		if err := s.push(f); err != nil {
			t.Log(err)
			s.hasEnded(f.process)
		}
	}
	s.checkRedelivered(soakConnections, "killed", "terminated", "stuck")
}

// push pushes over several connections until the queue is empty, or until the
// process ends, which a handler that holds has it do. The error is that of a
// request without an answer.
func (s *soak) push(f *server) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	transport := &http.Transport{MaxIdleConnsPerHost: soakConnections}
	defer transport.CloseIdleConnections()
	errs := make([]error, soakConnections)
	var connections sync.WaitGroup
	for i := range errs {
		connections.Go(func() { errs[i] = s.connection(ctx, f, transport) })
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
			s.end(f.process, line)
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
func (s *soak) connection(ctx context.Context, f *server, transport http.RoundTripper) error {
	for {
		if s.isEnded(f.process) {
			return errors.New("the process was told to end")
		}
		batch := s.take(1)
		if len(batch) == 0 {
			return nil
		}
		status, err := s.post(ctx, f.url, transport, batch[0])
		switch {
		case batch[0].cut && batch[0].deliveries == 1:
			s.back(batch...) // the client has not seen the status
		case err != nil:
			s.back(batch...)
			return err
		case status == http.StatusNoContent:
			s.acknowledged(batch[0])
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

// post posts the message and returns the status of the whole answer. The client
// may go away before that.
func (s *soak) post(ctx context.Context, url string, transport http.RoundTripper, m *soakMessage) (int, error) {
	if m.cut && m.deliveries == 1 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, 5*time.Millisecond)
		defer cancel()
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(s.pubsubBody(m)))
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
