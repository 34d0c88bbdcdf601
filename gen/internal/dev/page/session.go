// Package page is the page of fngen dev: which functions there are and what feeds
// them, what is delivered to them now, and what of it has failed for good. It
// sends them something, too.
//
// It is html/template and a script of its own, all in the binary: the page asks
// nobody else for anything, and works without its script.
package page

import (
	"context"

	"github.com/fngen/fngen/gen/internal/dev/broker"
	"github.com/fngen/fngen/gen/internal/dev/invoke"
	"github.com/fngen/fngen/gen/internal/dev/store"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/native"
)

// A Session is the application that runs. Its methods are called at any time, and
// by many at once.
type Session interface {
	App() App

	// Request delivers the request to the HTTP function and returns its response. An
	// error says that there is none.
	Request(ctx context.Context, function string, r native.Request) (invoke.Response, error)

	// As [broker.Broker] has them. Watch may tell of more than history: of another
	// build, for instance, which the page otherwise sees within a second.
	Send(kind, name string, o native.Occurrence) error
	Fire(function string) error
	Resend(number int64) error
	ResendAll(queue string) (int, error)
	Remove(number int64) error
	Repeat(number int64) error
	History(after int64) []broker.Entry
	Held() []broker.Held
	State() broker.State
	Watch() (<-chan struct{}, func())

	// As [store.Store] has them.
	Collections() []string
	Documents(collection string, most int) (first []store.Document, all int)
	Put(collection, key string, object []byte) error
}

// An App is the application as it is now.
type App struct {
	Name      string // of the folder
	Target    string
	Functions []model.Function    // that run, sorted by name
	URLs      map[string][]string // of HTTP functions, by name; each may hold a pattern's wildcards
	Build     int                 // that is served; 0 for none yet
	// Building is the number of the build that is under way; 0 for none.
	Building int
	// Trouble says why a newer build than Build is not served, a line for each
	// finding with its position first; "" if Build is the newest.
	Trouble string
}
