package model

import (
	"fmt"
	"strings"
	"time"
)

// A Trigger is what a trigger directive says. Its concrete type is one of
// HTTP, Queue, Topic, Schedule, Object, Document, Stream and Event.
type Trigger interface {
	Kind() string     // the directive's verb
	Resource() string // the logical name of what it listens to: queue, path, type, …
}

// HTTP is //fn:http.
type HTTP struct {
	Methods []string // upper case, in the order given; empty for all
	Path    string   // a ServeMux pattern without a method
	Public  bool
	CORS    []string
	Stream  bool
	Batch   bool
	Keep    []string // headers that deliveries have besides the usual, in canonical form
}

// Patterns returns the route as [net/http.ServeMux] patterns.
func (t HTTP) Patterns() []string {
	if len(t.Methods) == 0 {
		return []string{t.Path}
	}
	var patterns []string
	for _, m := range t.Methods {
		patterns = append(patterns, m+" "+t.Path)
	}
	return patterns
}

// Queue is //fn:queue.
type Queue struct {
	Name        string
	FIFO        bool
	Batch       int           // records an invocation; 0 for the platform's default
	Window      time.Duration // how long a batch may wait to fill
	Concurrency int           // order groups at once in one process; 0 for 1
	Visibility  time.Duration
	Content     string    // content type of messages that say none
	Of          *Function // whose own dead letters are in it; nil for a queue that belongs to none
	Letters     bool      // the messages are dead letters, taken as they are
}

// Topic is //fn:topic.
type Topic struct {
	Name    string
	Content string
}

// Schedule is //fn:schedule.
type Schedule struct {
	Cron     string        // five fields; "" if Every is set
	Every    time.Duration // whole minutes
	TimeZone string
}

// Object is //fn:object.
type Object struct {
	Bucket           string
	Created, Deleted bool // one of them at least
	Prefix, Suffix   string
}

// Document is //fn:document.
type Document struct {
	Collection                string
	Created, Updated, Deleted bool // one of them at least
	Before                    bool
}

// Stream is //fn:stream.
type Stream struct {
	Name        string
	Batch       int
	Latest      bool
	Concurrency int
}

// Event is //fn:event.
type Event struct {
	Type   string
	Source string // "" for any
}

func (HTTP) Kind() string     { return "http" }
func (Queue) Kind() string    { return "queue" }
func (Topic) Kind() string    { return "topic" }
func (Schedule) Kind() string { return "schedule" }
func (Object) Kind() string   { return "object" }
func (Document) Kind() string { return "document" }
func (Stream) Kind() string   { return "stream" }
func (Event) Kind() string    { return "event" }

func (t HTTP) Resource() string {
	return strings.TrimSpace(strings.Join(t.Methods, ",") + " " + t.Path)
}
func (t Queue) Resource() string    { return t.Name }
func (t Topic) Resource() string    { return t.Name }
func (t Object) Resource() string   { return t.Bucket }
func (t Document) Resource() string { return t.Collection }
func (t Stream) Resource() string   { return t.Name }
func (t Event) Resource() string    { return t.Type }

func (t Schedule) Resource() string {
	if t.Cron != "" {
		return t.Cron
	}
	return fmt.Sprintf("every %s", t.Every)
}
