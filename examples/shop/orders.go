package shop

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/examples/shop/internal/stock"
	"github.com/fngen/fngen/fn"
)

// Articles is an HTTP API: any net/http handler.
//
//fn:http GET /articles/{name} auth=public
func (s *Shop) Articles(w http.ResponseWriter, r *http.Request) {
	article, ok := s.stock.Article(r.PathValue("name"))
	if !ok {
		http.Error(w, "no such article", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(article); err != nil {
		slog.WarnContext(r.Context(), "write response", "error", err)
	}
}

// Price answers an order with its price.
//
//fn:http POST /quotes auth=public
func (s *Shop) Price(ctx context.Context, order Order) (Quote, error) {
	quote := Quote{Order: order.ID}
	for _, line := range order.Lines {
		article, ok := s.stock.Article(line.Article)
		if !ok {
			return Quote{}, fn.BadInput(errors.New("no such article: " + line.Article))
		}
		quote.Cents += article.Cents * int64(line.Count)
	}
	return quote, nil
}

// Reserve takes the articles of each placed order out of the stock.
//
//fn:queue orders
func (s *Shop) Reserve(ctx context.Context, order Order) error {
	for _, line := range order.Lines {
		err := s.stock.Take(line.Article, line.Count)
		if errors.Is(err, stock.ErrUnknown) {
			return fn.Permanent(err)
		}
		if err != nil {
			return err // the next delivery may find more of it
		}
	}
	slog.InfoContext(ctx, "reserved", "order", order.ID)
	return nil
}

// Picture runs for each uploaded picture.
//
//fn:object pictures created suffix=.png
//fn:targets aws,gcp
//fn:timeout 30s
func Picture(ctx context.Context, picture fn.Object) error {
	slog.InfoContext(ctx, "picture", "key", picture.Key, "bytes", picture.Size)
	return nil
}

// Audit takes the event itself, which is a type of the CloudEvents SDK.
//
//fn:event com.example.order.placed
func Audit(ctx context.Context, e event.Event) error {
	slog.InfoContext(ctx, "audit", "source", e.Source(), "id", e.ID(), "type", e.Type())
	return nil
}
