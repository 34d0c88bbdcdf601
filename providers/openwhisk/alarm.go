package openwhisk

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/fngen/fngen/fn/emit"
	"github.com/fngen/fngen/internal/portable"
	"github.com/fngen/fngen/internal/run"
	"github.com/fngen/fngen/providers/openwhisk/internal/actionloop"
)

// Alarm is a schedule that the feed /whisk.system/alarms/alarm or
// /whisk.system/alarms/interval fires, with the trigger_payload
// {"name":"FUNCTION"} and, for alarm, strict set.
//
// The feeds tell no time: what the event says was scheduled is the time of
// arrival and approximate, and every activation is a firing of its own. The
// platform does not tell which trigger was fired: the event's source is the one
// that the environment names as FNGEN_TRIGGER, as the archive does, or else one
// that is named like the function.
type Alarm struct {
	Name         string           // of the function
	Retries      int              // tries in the process after the first
	NoDeadLetter bool             // deadletter none
	DeadLetter   *emit.DeadLetter // takes what failed for good; nil leaves it to the log
}

var _ Source = Alarm{}

func (Alarm) read(line []byte) (*actionloop.Request, error) { return actionloop.Decode(line) }

func (a Alarm) policy() run.Policy { return policy(a.Retries, a.NoDeadLetter, a.DeadLetter) }

func (a Alarm) decode(r *actionloop.Request) ([]run.Record, error) {
	r.Identify()
	raw, ok := r.Value["name"]
	if !ok {
		return nil, fmt.Errorf("function %s is fired by an alarm, but the activation has no parameter name; its parameters: %s", a.Name, r.Value.Names())
	}
	var name string
	if err := json.Unmarshal(raw, &name); err != nil || raw[0] != '"' {
		return nil, fmt.Errorf("function %s is fired by an alarm, but the parameter name is not a string", a.Name)
	}
	if name != a.Name {
		return nil, fmt.Errorf("an alarm for function %.64q, but the function is %q: set name in the trigger_payload of the trigger's feed", name, a.Name)
	}
	record := run.Record{Native: &actionloop.Activation{Request: r, Trigger: portable.Schedule, Name: "alarm activation"}}
	var err error
	record.Event, err = portable.Firing{
		Source:      triggerSource(r, a.Name),
		Name:        a.Name,
		Activation:  r.ActivationID,
		Scheduled:   time.Now(),
		Approximate: true,
	}.Event()
	if err != nil {
		record.Err = fmt.Errorf("decode %s: %w", record.Native, err)
	}
	return []run.Record{record}, nil
}
