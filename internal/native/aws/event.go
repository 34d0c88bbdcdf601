package aws

import (
	"cmp"
	"encoding/json"
	"time"

	"github.com/fngen/fngen/internal/native"
)

// onBus is an event of a bus as its rule delivers it.
//
// https://docs.aws.amazon.com/eventbridge/latest/ref/events-structure.html
func (c call) onBus(detailType, source string, resources, detail json.RawMessage) ([]byte, native.Entry, error) {
	return c.onBusAs(native.UUID(c.Number, "event", detailType), c.Time.UTC().Format(time.RFC3339), detailType, source, resources, detail)
}

func (c call) onBusAs(id, at, detailType, source string, resources, detail json.RawMessage) ([]byte, native.Entry, error) {
	return native.JSON(
		"version", "0",
		"id", id,
		"detail-type", detailType,
		"source", source,
		"account", c.Account,
		"time", at,
		"region", c.Region,
		"resources", resources,
		"detail", detail,
	), native.Entry{ID: id}, nil
}

// eventBridge is an event that is published on a bus: a CloudEvent is the
// detail.
func eventBridge(c call) ([]byte, native.Entry, error) {
	e := c.Occurrence.(native.Event)
	e, err := e.Complete()
	if err != nil {
		return nil, native.Entry{}, err
	}
	get := func(name string) string { return e.Attributes[name] }
	if e.Native {
		return c.onBusAs(cmp.Or(get("id"), native.UUID(c.Number, "event", get("type"))), get("time"), get("type"), get("source"),
			native.Array([]string{get("subject")}), native.RawJSON(e.Data))
	}
	return c.onBus(get("type"), get("source"), native.RawJSON("[]"), native.RawJSON(e.Structured))
}

// scheduler is the input of a schedule's target, as fngen's infrastructure sets
// it, with its keywords replaced.
func scheduler(c call) ([]byte, native.Entry, error) {
	tick := c.Occurrence.(native.Tick)
	if tick.Scheduled == "" {
		return nil, native.Entry{}, native.TimeKnown
	}
	schedule := c.arn("scheduler", "schedule/default/"+c.Resource)
	return native.JSON("name", tick.Name, "scheduled", tick.Scheduled, "schedule", schedule, "attempt", attempt(c.Delivery)),
		native.Entry{ID: schedule}, nil
}
