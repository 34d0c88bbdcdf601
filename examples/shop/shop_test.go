package shop

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/examples/shop/internal/stock"
	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/fntest/replay"
)

func open(t *testing.T) *Shop {
	t.Helper()
	s, err := New(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A handler is plain Go: a test calls it.
func TestReserve(t *testing.T) {
	s := open(t)
	order := func(article string, count int) Order {
		return Order{ID: "o-1", Lines: []Line{{Article: article, Count: count}}}
	}
	if err := s.Reserve(t.Context(), order("apple", 600)); err != nil {
		t.Errorf("600 of 1000 apples: %v", err)
	}
	if err := s.Reserve(t.Context(), order("apple", 600)); !errors.Is(err, stock.ErrTooFew) {
		t.Errorf("600 of the 400 apples left: %v, want %v", err, stock.ErrTooFew)
	}
	if err := s.Reserve(t.Context(), order("anvil", 1)); !errors.Is(err, stock.ErrUnknown) {
		t.Errorf("an anvil: %v, want %v", err, stock.ErrUnknown)
	}
}

// What the platforms make of what Reserve returns: an order that the stock has
// too little for comes again, and one for what the shop never sells does not.
func TestReserveOnEveryPlatform(t *testing.T) {
	reserve := replay.Queue("orders", replay.Fresh(func() fn.Handler { return fn.On(open(t).Reserve) }))
	order := func(article string, count int) replay.Message {
		return replay.Message{Data: Order{ID: "o-1", Lines: []Line{{Article: article, Count: count}}}}
	}
	reserve.Deliver(t, order("apple", 600), order("apple", 600), order("anvil", 1), order("pear", 1)).
		Want(t, replay.Acknowledged, replay.Redelivered, replay.DeadLettered, replay.Acknowledged)
	reserve.Deliver(t, replay.Message{Data: "no order"}).Want(t, replay.DeadLettered)

	reserve.Retries = 1
	reserve.Faults = []replay.Fault{replay.Panic("out of range")}
	reserve.Deliver(t, order("apple", 600)).Want(t, replay.Acknowledged)
}

// Picture is meant for two platforms, and asks for pictures alone.
func TestPictureOnEveryPlatform(t *testing.T) {
	picture := replay.Bucket("pictures", fn.On(Picture))
	picture.Created, picture.Suffix = true, ".png"
	picture.Platforms = []string{"aws", "gcp"}
	picture.Deliver(t, replay.Object{Key: "a b/ü.png", Size: 7}, replay.Object{Key: "a.txt"}, replay.Object{Key: "a.png", Deleted: true}).
		Want(t, replay.Acknowledged, replay.Ignored, replay.Ignored)
}

// The API answers through each platform's gateway as it does here.
func TestArticlesOnEveryPlatform(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /articles/{name}", open(t).Articles)
	for path, want := range map[string]int{"/articles/pear": 200, "/articles/anvil": 404} {
		for _, result := range replay.HTTP(mux).Do(t, httptest.NewRequest("GET", path, nil)).Results {
			if got := result.Response.StatusCode; got != want {
				t.Errorf("%s on %s: %d, want %d", path, result.Platform, got, want)
			}
		}
	}
}

// A quote, and the refusal of one, are the same through each gateway.
func TestPriceOnEveryPlatform(t *testing.T) {
	price := replay.HTTPEvents(fn.Reply(open(t).Price))
	for article, want := range map[string]int{"pear": http.StatusOK, "anvil": http.StatusBadRequest} {
		r := httptest.NewRequest("POST", "/quotes", strings.NewReader(`{"id":"o-3","lines":[{"article":"`+article+`","count":2}]}`))
		r.Header.Set("Content-Type", "application/json")
		for _, result := range price.Do(t, r).Results {
			if got := result.Response.StatusCode; got != want {
				t.Errorf("a quote for a %s on %s: %d, want %d", article, result.Platform, got, want)
			}
		}
	}
}

// An event reaches Audit from whatever publishes events.
func TestAuditOnEveryPlatform(t *testing.T) {
	replay.Events("com.example.order.placed", fn.On(Audit)).
		Deliver(t, replay.Event{Data: Order{ID: "o-1"}}).
		Want(t, replay.Acknowledged)
}

func TestPrice(t *testing.T) {
	quote, err := open(t).Price(t.Context(), Order{ID: "o-2", Lines: []Line{{"apple", 3}, {"pear", 2}}})
	if want := (Quote{Order: "o-2", Cents: 3*30 + 2*45}); err != nil || quote != want {
		t.Errorf("got %v, %v; want %v", quote, err, want)
	}
}

func TestArticles(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /articles/{name}", open(t).Articles)
	for path, want := range map[string]struct {
		status int
		body   string
	}{
		"/articles/pear":  {200, `{"name":"pear","cents":45,"count":500}` + "\n"},
		"/articles/anvil": {404, "no such article\n"},
	} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != want.status || w.Body.String() != want.body {
			t.Errorf("%s: %d %q, want %d %q", path, w.Code, w.Body, want.status, want.body)
		}
	}
}

// Audit and Picture only log; what they log is what an operator reads.
func TestLogs(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })

	e := event.New()
	e.SetID("e-1")
	e.SetSource("/test")
	e.SetType("com.example.order.placed")
	if err := errors.Join(Audit(context.Background(), e), Picture(context.Background(), fn.Object{Key: "a.png", Size: 7})); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"msg=audit source=/test id=e-1 type=com.example.order.placed", "msg=picture key=a.png bytes=7"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, &log)
		}
	}
}
