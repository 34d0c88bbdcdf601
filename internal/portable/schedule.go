package portable

import (
	"errors"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
)

// A Firing is one time that a schedule fires.
type Firing struct {
	Source      string    // a URI-reference
	Name        string    // of the function
	Activation  string    // names the firing where the platform tells no scheduled time; else ""
	Scheduled   time.Time // the time of arrival if Approximate
	Approximate bool
}

// Event returns the firing as an event. Its time is the scheduled one, and
// absent where that is not known.
func (f Firing) Event() (event.Event, error) {
	if f.Name == "" {
		return event.Event{}, errors.New("the schedule has no name")
	}
	tick := fn.Tick{Name: f.Name, Scheduled: f.Scheduled.UTC().Truncate(time.Second), Approximate: f.Approximate}
	id, at := f.Name+"@"+tick.Scheduled.Format(time.RFC3339), tick.Scheduled
	if f.Activation != "" {
		id = f.Name + "@" + f.Activation
	}
	if f.Approximate {
		at = time.Time{}
	}
	ctx, err := attributes(fn.TypeScheduleFired, f.Source, id, f.Name, at, event.ApplicationJSON)
	if err != nil {
		return event.Event{}, err
	}
	return jsonEvent(ctx, tick)
}
