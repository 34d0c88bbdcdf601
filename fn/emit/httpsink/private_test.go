package httpsink_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/fn/emit/httpsink"
	"github.com/fngen/fngen/internal/run"
	"github.com/fngen/fngen/internal/testkit/logged"
)

// letters takes dead letters.
type letters struct {
	mu   sync.Mutex
	sent []event.Event
}

func (*letters) Declared() (name, eventType string) { return "letters", "" }

func (l *letters) Send(_ context.Context, events []event.Event) []error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent = append(l.sent, events...)
	return make([]error, len(events))
}

// However a sink fails, neither the log nor the letter nor what the handler is
// told has more of its address than scheme and host.
func TestAddressIsPrivate(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		switch does := r.URL.Query().Get("does"); does {
		case "redirect":
			w.Header().Set("Location", "/hook/t0ken%zz")
			w.WriteHeader(http.StatusFound)
		case "wait":
			<-r.Context().Done()
		case "cut":
			panic(http.ErrAbortHandler)
		default:
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, r.URL.String())
		}
	}))
	defer server.Close()
	down := httptest.NewServer(http.NotFoundHandler())
	down.Close()
	of := func(server, does string) string {
		return "http://alice:s3cret@" + strings.TrimPrefix(server, "http://") + "/hook/t0ken?q=t0ken&does=" + does
	}
	for name, test := range map[string]struct{ address, want string }{
		"refused by the receiver": {of(server.URL, ""), "status 400"},
		"down":                    {of(down.URL, ""), down.URL + ": connection refused"},
		"redirected":              {of(server.URL, "redirect"), server.URL + ": "},
		"late":                    {of(server.URL, "wait"), server.URL + ": context deadline exceeded"},
		"cut off":                 {of(server.URL, "cut"), server.URL + ": EOF"},
		"no such host":            {"https://alice:s3cret@nowhere.invalid/hook/t0ken?q=1", "https://nowhere.invalid: "},
		"not TLS":                 {"https" + strings.TrimPrefix(of(server.URL, ""), "http"), "HTTP response to HTTPS client"},
		"cannot be parsed":        {"http://alice:s3cret@host:t0ken/hook", "the address is not"},
		"no scheme":               {"alice:s3cret@host/hook/t0ken", "the address is not"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("FNGEN_SINK_NEWS", test.address)
			log := logged.JSON(t)
			returned := make(chan error, 1)
			h := emit.Replies(fn.HandlerFunc(func(ctx context.Context, e fn.Event) (*fn.Event, error) {
				reply := e.Clone()
				reply.SetType("com.example.reply")
				err := fn.EmitNow(ctx, reply)
				select {
				case returned <- err:
				default: // of a retry
				}
				return &reply, nil
			}), "/shop/confirm", httpsink.HTTP{Name: "news"})
			e := event.New()
			e.SetID("1")
			e.SetSource("/s")
			e.SetType("t")
			e.SetExtension("x", "y")
			kept := &letters{}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			run.Each(ctx, h, run.Policy{NoRedelivery: true, DeadLetter: emit.DeadLetters("/shop/confirm", kept)}, []run.Record{{Event: e, Native: run.Name("record 1")}})
			cancel()
			// and as the sink of the letters themselves
			ctx, cancel = context.WithTimeout(t.Context(), time.Second)
			failing := fn.HandlerFunc(func(context.Context, fn.Event) (*fn.Event, error) { return nil, fn.Permanent(io.ErrUnexpectedEOF) })
			run.Each(ctx, failing, run.Policy{DeadLetter: emit.DeadLetters("/shop/confirm", httpsink.HTTP{Name: "news"})}, []run.Record{{Event: e, Native: run.Name("record 2")}})
			cancel()
			told := <-returned

			if len(kept.sent) != 1 || told == nil {
				t.Fatalf("%d letters, the handler was told %v", len(kept.sent), told)
			}
			reason, _ := kept.sent[0].Extensions()["deadletterreason"].(string)
			if name != "late" && !strings.Contains(log.String(), "dead letter not written") || !strings.Contains(log.String(), test.want) || !strings.Contains(reason, test.want) {
				t.Errorf("reason %q, log %s; want %q", reason, log.String(), test.want)
			}
			for _, hidden := range []string{"alice", "s3cret", "t0ken", "hook", "q="} {
				for where, text := range map[string]string{"log": log.String(), "letter": kept.sent[0].String(), "error": told.Error()} {
					if strings.Contains(text, hidden) {
						t.Errorf("the %s has %q: %s", where, hidden, text)
					}
				}
			}
		})
	}
}
