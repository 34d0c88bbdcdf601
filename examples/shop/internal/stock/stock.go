// Package stock knows what the shop has.
package stock

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
)

//go:embed articles.json
var articles []byte

var (
	ErrUnknown = errors.New("no such article")
	ErrTooFew  = errors.New("too few in stock")
)

// An Article is something to sell.
type Article struct {
	Name  string `json:"name"`
	Cents int64  `json:"cents"` // price of one
	Count int    `json:"count"` // in stock
}

// Stock is safe for concurrent use.
type Stock struct {
	mu       sync.Mutex
	articles map[string]Article
}

// Load returns the stock as it is in the morning.
func Load() (*Stock, error) {
	var list []Article
	if err := json.Unmarshal(articles, &list); err != nil {
		return nil, fmt.Errorf("articles.json: %w", err)
	}
	s := &Stock{articles: map[string]Article{}}
	for _, a := range list {
		s.articles[a.Name] = a
	}
	return s, nil
}

// Article returns the article of the name.
func (s *Stock) Article(name string) (Article, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.articles[name]
	return a, ok
}

// Take takes count of the article out of the stock, or none.
func (s *Stock) Take(name string, count int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.articles[name]
	if !ok {
		return fmt.Errorf("%w: %s", ErrUnknown, name)
	}
	if a.Count < count {
		return fmt.Errorf("%w: %s: %d wanted, %d there", ErrTooFew, name, count, a.Count)
	}
	a.Count -= count
	s.articles[name] = a
	return nil
}
