package hello

import (
	"context"
	"log/slog"
)

// News is what subscribers of the topic are told.
type News struct {
	Title string `json:"title"`
}

// Announce hears all news, as every other subscriber of the topic does.
//
//fn:topic news
func Announce(ctx context.Context, news News) error {
	slog.InfoContext(ctx, "announced", "title", news.Title)
	return nil
}
