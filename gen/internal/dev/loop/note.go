package loop

import (
	"time"

	"github.com/fngen/fngen/gen/internal/dev/broker"
	"github.com/fngen/fngen/gen/internal/model"
)

// A Note is something that a developer is told.
type Note struct {
	Kind     Kind
	Time     time.Time
	Build    int    // that is served; 0 for none
	Function string // "" if it is about none
	Text     string
	Err      error // why; [model.Findings] of what is wrong in files; nil of what went well

	Functions []Place       // of Serving
	Delivery  *broker.Entry // of Happened
	Duration  time.Duration // of Serving: from the save to the swap
}

// A Kind says what a note is of.
type Kind string

// The kinds of notes.
const (
	Started  Kind = "started"  // where it listens: Text is the address
	Serving  Kind = "serving"  // a new build
	Stale    Kind = "stale"    // a build that is not the newest, since Err
	Current  Kind = "current"  // it is the newest again
	Happened Kind = "happened" // an entry of the broker's history
	Logged   Kind = "logged"   // a line of a function's log that no delivery has
	Remarked Kind = "remarked" // anything else, in Text
	Ended    Kind = "ended"    // Text says what is lost
)

// A Place is where something happens to a function.
type Place struct {
	Function string
	Trigger  model.Trigger
	URLs     []string // of an HTTP function: its patterns
	Folder   string   // of an object function: its bucket's, relative to the application's root
}
