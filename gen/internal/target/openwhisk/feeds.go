package openwhisk

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
)

// A trigger fires actions. Without a feed, whoever knows its name fires it.
type trigger struct {
	name      string
	exists    bool // already, and is others' too
	source    bool // is that of the events, which do not tell it
	feed      string
	inputs    output.Mapping // of the feed
	variables []string       // which the inputs take from the environment of wskdeploy
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
	payload := output.Member{Key: "trigger_payload", Value: output.Mapping{
		{Key: "type", Value: "json"},
		{Key: "value", Value: output.Mapping{{Key: "name", Value: output.Text(f.Name)}}},
	}}
	if s.Every > 0 {
		return trigger{name: name, source: true, feed: t.alarms + "/interval", inputs: output.Mapping{
			{Key: "minutes", Value: int(s.Every / time.Minute)},
			payload,
		}}
	}
	cron, _ := expression(s) // which Check has seen
	return trigger{name: name, source: true, feed: t.alarms + "/alarm", inputs: output.Mapping{
		{Key: "cron", Value: verbatim(cron)},
		{Key: "timezone", Value: verbatim(cmp.Or(s.TimeZone, "UTC"))},
		{Key: "strict", Value: true}, // or the feed adds up to a minute
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
		var brokers []output.Text
		for _, b := range r.brokers {
			brokers = append(brokers, output.Text(b))
		}
		out.inputs = output.Mapping{{Key: "brokers", Value: brokers}}
	case r.feed == "": // which would know them
		out.ask("brokers", logical, "BROKERS")
	}
	out.inputs = append(out.inputs, output.Mapping{
		{Key: "topic", Value: verbatim(cmp.Or(r.name, logical))},
		{Key: "isJSONData", Value: false},
		{Key: "isBinaryKey", Value: true},
		{Key: "isBinaryValue", Value: true},
	}...)
	return out
}

// couchDB is the trigger of a collection.
// https://github.com/apache/openwhisk-package-cloudant.
func (t Target) couchDB(name, logical string) trigger {
	r := t.resources[logical]
	out := trigger{name: name, feed: cmp.Or(r.feed, "/whisk.system/cloudant/changes")}
	out.inputs = output.Mapping{{Key: "dbname", Value: t.database(logical)}}
	if parts := server.FindStringSubmatch(r.url.Value); parts != nil {
		out.inputs = append(out.inputs, output.Member{Key: "protocol", Value: parts[1]}, output.Member{Key: "host", Value: verbatim(parts[2])})
		if port, err := strconv.Atoi(parts[3]); err == nil {
			out.inputs = append(out.inputs, output.Member{Key: "port", Value: port})
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
func (t Target) database(logical string) any {
	return verbatim(cmp.Or(t.resources[logical].name, logical))
}

// variable is what the resource's input is called in the environment of wskdeploy.
func variable(logical, what string) string {
	return strings.ToUpper(strings.ReplaceAll(logical, "-", "_")) + "_" + what
}

// ask has wskdeploy take the input from its environment. Feeds refuse an empty
// one.
func (t *trigger) ask(input, logical, what string) {
	name := variable(logical, what)
	t.inputs = append(t.inputs, output.Member{Key: input, Value: output.Text("$" + name)})
	t.variables = append(t.variables, name)
}

// misread are the texts that wskdeploy takes for a type, whose zero value it
// puts in their place, and those that its YAML library does not read as an
// input, in quotes or not.
var misread = []string{"string", "integer", "float", "boolean", "json", "null", "~"}

// verbatim is an input that arrives as the text is. In strings, wskdeploy
// replaces $NAME and ${NAME} and offers no way to write every text; what it
// takes out of JSON, it leaves alone.
// https://github.com/apache/openwhisk-wskdeploy/blob/master/docs/wskdeploy_interpolation.md
// and its parsers/parameters.go.
func verbatim(text string) any {
	if !strings.Contains(text, "$") && !slices.Contains(misread, text) {
		return output.Text(text)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // a string always encodes
	return output.Mapping{{Key: "type", Value: "json"}, {Key: "value", Value: output.Text(strings.TrimSuffix(b.String(), "\n"))}}
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
