package openwhisk

import (
	"cmp"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/fngen/fngen/gen/internal/model"
)

// A trigger fires actions. Without a feed, whoever knows its name fires it.
type trigger struct {
	name   string
	exists bool // already, and is others' too
	source bool // is that of the events, which do not tell it
	feed   string
	inputs []Value // of the feed
}

// trigger returns what fires the function, if anything does. Functions with the
// same one share it.
//
// Names begin with the package, since triggers belong to the namespace, which
// other applications may share.
func (t Target) trigger(f model.Function) (trigger, bool) {
	feedName := func(name string) string { return t.packageOf(f.App) + "." + f.Trigger.Kind() + "." + name }
	switch source := f.Trigger.(type) {
	case model.Schedule:
		return t.alarm(feedName(f.Identity()), f, source), true
	case model.Topic:
		return t.messages(f, source.Name), true
	case model.Event:
		return trigger{name: t.event(f, source.Type)}, true
	case model.Queue:
		if source.Letters { // which are what fires it
			return t.messages(f, source.Name), true
		}
		return t.kafka(feedName(source.Name), source.Name), true
	case model.Stream:
		return t.kafka(feedName(source.Name), source.Name), true
	case model.Document:
		return t.couchDB(feedName(source.Collection), source.Collection), true
	}
	return trigger{}, false
}

var notInName = regexp.MustCompile(`[^A-Za-z0-9_.@-]`)

// event is the trigger that the function's application fires with events of the
// type: its name, with - for what no trigger's name may hold.
func (t Target) event(f model.Function, eventType string) string {
	return t.packageOf(f.App) + ".event." + notInName.ReplaceAllString(eventType, "-")
}

// topic is the trigger that the function's application fires with what is sent to
// the topic, or with dead letters of the name.
func (t Target) topic(f model.Function, name string) string {
	return cmp.Or(t.resources[name].name, t.packageOf(f.App)+".topic."+name)
}

// messages is the trigger that fires the function with what is sent to the topic, or
// with dead letters of the name.
func (t Target) messages(f model.Function, name string) trigger {
	return trigger{name: t.topic(f, name), exists: t.exists(name), source: true}
}

// exists reports whether the trigger of the name is there already, which others may
// fire or be fired by: it is no part of what is deployed.
func (t Target) exists(name string) bool { return t.resources[name].name != "" }

// alarm is the trigger of a schedule.
// https://github.com/apache/openwhisk-package-alarms.
func (t Target) alarm(name string, f model.Function, s model.Schedule) trigger {
	payload := Value{Name: "trigger_payload", Value: []Value{{Name: "name", Value: f.Name}}}
	if s.Every > 0 {
		return trigger{name: name, source: true, feed: t.alarms + "/interval", inputs: []Value{
			{Name: "minutes", Value: int(s.Every / time.Minute)},
			payload,
		}}
	}
	cron, _ := expression(s) // which Check has seen
	return trigger{name: name, source: true, feed: t.alarms + "/alarm", inputs: []Value{
		{Name: "cron", Value: cron},
		{Name: "timezone", Value: cmp.Or(s.TimeZone, "UTC")},
		{Name: "strict", Value: true}, // or the feed adds up to a minute
		payload,
	}}
}

// kafka is the trigger of a queue or a stream, as the adapter expects it.
// https://github.com/apache/openwhisk-package-kafka.
func (t Target) kafka(name, logical string) trigger {
	r := t.resources[logical]
	out := trigger{name: name, feed: cmp.Or(r.feed, "/whisk.system/messaging/kafkaFeed")}
	switch {
	case len(r.brokers) > 0:
		out.inputs = []Value{{Name: "brokers", Value: r.brokers}}
	case r.feed == "": // which would know them
		out.ask("brokers", logical, "BROKERS")
	}
	out.inputs = append(out.inputs,
		Value{Name: "topic", Value: cmp.Or(r.name, logical)},
		Value{Name: "isJSONData", Value: false},
		Value{Name: "isBinaryKey", Value: true},
		Value{Name: "isBinaryValue", Value: true},
	)
	return out
}

// couchDB is the trigger of a collection.
// https://github.com/apache/openwhisk-package-cloudant.
func (t Target) couchDB(name, logical string) trigger {
	r := t.resources[logical]
	out := trigger{name: name, feed: cmp.Or(r.feed, "/whisk.system/cloudant/changes")}
	out.inputs = []Value{{Name: "dbname", Value: t.database(logical)}}
	if parts := server.FindStringSubmatch(r.url.Value); parts != nil {
		out.inputs = append(out.inputs, Value{Name: "protocol", Value: parts[1]}, Value{Name: "host", Value: parts[2]})
		if port, err := strconv.Atoi(parts[3]); err == nil {
			out.inputs = append(out.inputs, Value{Name: "port", Value: port})
		}
	}
	if r.feed == "" { // which would know them
		if r.url.Value == "" {
			out.ask("host", logical, "HOST")
		}
		out.ask("username", logical, "USERNAME")
		out.ask("password", logical, "PASSWORD")
	}
	return out
}

// database is the input that names the collection's database.
func (t Target) database(logical string) string {
	return cmp.Or(t.resources[logical].name, logical)
}

// variable is what the resource's input is called in the environment of whoever
// deploys.
func variable(logical, what string) string {
	return strings.ToUpper(strings.ReplaceAll(logical, "-", "_")) + "_" + what
}

// ask has the input taken from the environment of whoever deploys. Feeds refuse an
// empty one.
func (t *trigger) ask(input, logical, what string) {
	t.inputs = append(t.inputs, Value{Name: input, Variables: []string{variable(logical, what)}})
}

// expression returns the cron expression of the alarms feed, whose library
// counts months from 0 and knows no day 7: months and days are names.
// https://github.com/apache/openwhisk-package-alarms.
func expression(t model.Schedule) (string, error) {
	c, err := model.ParseCron(t.Cron)
	if err != nil {
		return "", err
	}
	// The library fires on what is one of two days that are set, and takes a star
	// with a step for one that is; everybody else takes it for a star, with which
	// a day has to be both.
	if stepped(c.DayOfMonth) && !c.DayOfWeek.Any || stepped(c.DayOfWeek) && !c.DayOfMonth.Any {
		return "", errors.New("the schedule sets both the day of month and the day of week, one of them as a * with a step: the alarms feed fires on either, and all others on what is both; write * for one of them, and look at the other in the handler")
	}
	return strings.Join([]string{c.Minute.Text, c.Hour.Text, c.DayOfMonth.Text, c.MonthNames(), c.DayNames()}, " "), nil
}

// stepped reports whether the field begins with a star that is not alone.
func stepped(f model.CronField) bool { return !f.Any && strings.HasPrefix(f.Text, "*") }

// checkSchedule has the limits of the alarms and interval feeds.
func checkSchedule(report *model.Report, t model.Schedule) {
	report.Warnf("schedule-time", "the alarms feed tells no scheduled time: it is the time of arrival, and a firing that is lost is not repeated")
	if t.Every > 0 {
		if t.TimeZone != "" {
			report.Errorf("schedule-expression", "the interval feed has no time zone; remove tz=, or write a cron expression")
		}
		return
	}
	if _, err := expression(t); err != nil {
		report.Errorf("schedule-expression", "%s", err)
	}
}
