package directive

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fngen/fngen/gen/internal/model"
)

// The syntax of each directive, shown where one is not understood.
var usage = map[string]string{
	"http":       "//fn:http [METHOD[,METHOD…]] /path/{wildcard} [auth=platform|public] [cors=ORIGIN[,ORIGIN…]] [stream] [batch] [keep=HEADER[,HEADER…]]",
	"queue":      "//fn:queue NAME [fifo] [batch=N] [window=DURATION] [concurrency=N] [visibility=DURATION] [content=TYPE] [letters]",
	"topic":      "//fn:topic NAME [content=TYPE]",
	"schedule":   `//fn:schedule "CRON"|every=DURATION [tz=Area/City]`,
	"object":     "//fn:object BUCKET created|deleted [prefix=P] [suffix=S]",
	"document":   "//fn:document NAME [created] [updated] [deleted] [before]",
	"stream":     "//fn:stream NAME [batch=N] [start=earliest|latest] [concurrency=N]",
	"event":      "//fn:event TYPE [source=S]",
	"name":       "//fn:name NAME [was=NAME[,NAME…]]",
	"timeout":    "//fn:timeout DURATION",
	"retries":    "//fn:retries N",
	"deadletter": "//fn:deadletter NAME|none",
	"sink":       "//fn:sink queue:NAME|topic:NAME|event:NAME|http:NAME [type=T]",
	"targets":    "//fn:targets TARGET[,TARGET…]",
	"allow":      `//fn:allow CODE "REASON"`,
	"setup":      "//fn:setup",
	"use":        "//fn:use PARAM document:NAME|object:NAME|secret:NAME [read|write] [prefix=P/] [loop=ok]",
}

// words are the arguments of one directive while they are understood: what is
// not taken in the end is a finding.
type words struct {
	d        directive
	args     []arg // not taken yet
	findings []Finding
}

func (w *words) fail(code model.Code, a arg, format string, args ...any) {
	pos := a.pos
	if !pos.IsValid() {
		pos = w.d.pos
	}
	w.findings = append(w.findings, Finding{code, pos, fmt.Sprintf(format, args...)})
}

// first takes the first argument.
func (w *words) first() (arg, bool) {
	if len(w.args) == 0 {
		return arg{}, false
	}
	a := w.args[0]
	w.args = w.args[1:]
	return a, true
}

// required takes the first argument, which what describes.
func (w *words) required(what string, valid func(string) error) string {
	a, ok := w.first()
	if !ok {
		w.fail("directive-word", arg{}, "//fn:%s needs %s; write %s", w.d.verb, what, usage[w.d.verb])
		return ""
	}
	if err := valid(a.text); err != nil {
		w.fail("directive-value", a, "//fn:%s: %s", w.d.verb, err)
	}
	return a.text
}

// flag takes the word and reports whether it was there.
func (w *words) flag(word string) bool {
	found := false
	w.args = slices.DeleteFunc(w.args, func(a arg) bool {
		if a.text != word {
			return false
		}
		if found {
			w.fail("directive-twice", a, "//fn:%s says %s twice; say it once", w.d.verb, word)
		}
		found = true
		return true
	})
	return found
}

// option takes key=value and returns the value.
func (w *words) option(key string, valid func(string) error) string {
	value, found := "", false
	w.args = slices.DeleteFunc(w.args, func(a arg) bool {
		v, ok := strings.CutPrefix(a.text, key+"=")
		if !ok {
			return false
		}
		if found {
			w.fail("directive-twice", a, "//fn:%s gives %s= twice; give it once", w.d.verb, key)
			return true
		}
		found = true
		if err := valid(v); err != nil {
			w.fail("directive-value", a, "//fn:%s: %s= %s", w.d.verb, key, err)
			return true
		}
		value = v
		return true
	})
	return value
}

func (w *words) int(key string, lowest, highest int) int {
	n, _ := strconv.Atoi(w.option(key, func(s string) error {
		n, err := strconv.Atoi(s)
		if err != nil || n < lowest || n > highest {
			return fmt.Errorf("is %q; give a whole number from %d to %d", model.Clip(s), lowest, highest)
		}
		return nil
	}))
	return n
}

func (w *words) duration(key string) time.Duration {
	d, _ := parseDuration(w.option(key, func(s string) error {
		_, err := parseDuration(s)
		return err
	}))
	return d
}

func (w *words) oneOf(key string, choices ...string) string {
	return w.option(key, func(s string) error {
		if !slices.Contains(choices, s) {
			return fmt.Errorf("is %q; give one of %s", model.Clip(s), strings.Join(choices, ", "))
		}
		return nil
	})
}

// optional matches an argument in usage that may be left out.
var optional = regexp.MustCompile(`[\[|]([a-z]+)(=?)`)

// end reports every argument that nothing took.
func (w *words) end() {
	for _, a := range w.args {
		key, _, isOption := strings.Cut(a.text, "=")
		var known []string
		for _, word := range optional.FindAllStringSubmatch(usage[w.d.verb], -1) {
			if (word[2] == "=") == isOption {
				known = append(known, word[1]+word[2])
			}
		}
		if isOption {
			key += "="
		}
		w.fail("directive-word", a, "//fn:%s does not know %q; %swrite %s", w.d.verb, model.Clip(a.text), model.DidYouMean(key, known), usage[w.d.verb])
	}
}

// triggerOf understands a trigger directive. It returns nil for any other.
func triggerOf(d directive) (model.Trigger, []Finding) {
	w := &words{d: d, args: slices.Clone(d.args)}
	var t model.Trigger
	switch d.verb {
	case "http":
		t = w.http()
	case "queue":
		q := model.Queue{Name: w.required("a queue's name", model.ValidName)}
		q.FIFO = w.flag("fifo")
		q.Batch = w.int("batch", 1, 10000)
		q.Window = w.duration("window")
		q.Concurrency = w.int("concurrency", 1, 1000)
		q.Visibility = w.duration("visibility")
		q.Content = w.option("content", validMediaType)
		q.Letters = w.flag("letters")
		t = q
	case "topic":
		t = model.Topic{Name: w.required("a topic's name", model.ValidName), Content: w.option("content", validMediaType)}
	case "schedule":
		t = w.schedule()
	case "object":
		o := model.Object{Bucket: w.required("a bucket's name", model.ValidName)}
		o.Created, o.Deleted = w.flag("created"), w.flag("deleted")
		if o.Bucket != "" && o.Created == o.Deleted {
			w.fail("directive-word", arg{}, "//fn:object needs either created or deleted; write %s", usage[d.verb])
		}
		o.Prefix, o.Suffix = w.option("prefix", validAffix), w.option("suffix", validAffix)
		t = o
	case "document":
		c := model.Document{Collection: w.required("a collection's name", model.ValidName)}
		c.Created, c.Updated, c.Deleted = w.flag("created"), w.flag("updated"), w.flag("deleted")
		if !c.Created && !c.Updated && !c.Deleted {
			c.Created, c.Updated, c.Deleted = true, true, true
		}
		c.Before = w.flag("before")
		t = c
	case "stream":
		t = model.Stream{
			Name:        w.required("a stream's name", model.ValidName),
			Batch:       w.int("batch", 1, 10000),
			Latest:      w.oneOf("start", "earliest", "latest") == "latest",
			Concurrency: w.int("concurrency", 1, 1000),
		}
	case "event":
		t = model.Event{Type: w.required("an event's type", validEventType), Source: w.option("source", validEventSource)}
	default:
		return nil, nil
	}
	w.end()
	return t, w.findings
}

var method = regexp.MustCompile(`^[A-Z]+(,[A-Z]+)*$`)

func (w *words) http() model.HTTP {
	var t model.HTTP
	if len(w.args) > 0 && method.MatchString(w.args[0].text) {
		a, _ := w.first()
		t.Methods = strings.Split(a.text, ",")
		for i, m := range t.Methods {
			if slices.Contains(t.Methods[:i], m) {
				w.fail("directive-twice", a, "//fn:http gives the method %s twice; give it once", m)
				t.Methods = t.Methods[:i]
				break
			}
		}
	}
	at := len(w.findings)
	t.Path = w.required("a path", validPath)
	if at == len(w.findings) {
		for _, pattern := range t.Patterns() {
			if err := validPattern(pattern); err != nil {
				w.fail("directive-value", arg{}, "//fn:http: %s; write the path as net/http's ServeMux takes it", err)
				break
			}
		}
	}
	t.Public = w.oneOf("auth", "platform", "public") == "public"
	if origins := w.option("cors", validOrigins); origins != "" {
		t.CORS = strings.Split(origins, ",")
	}
	t.Stream, t.Batch = w.flag("stream"), w.flag("batch")
	if names := w.option("keep", validHeaders); names != "" {
		for name := range strings.SplitSeq(names, ",") {
			t.Keep = append(t.Keep, http.CanonicalHeaderKey(name))
		}
	}
	return t
}

func (w *words) schedule() model.Schedule {
	var t model.Schedule
	if len(w.args) > 0 && !strings.Contains(w.args[0].text, "=") {
		t.Cron = w.required("a cron expression", func(s string) error {
			_, err := model.ParseCron(s)
			return err
		})
	}
	t.Every = w.duration("every")
	if (t.Cron == "") == (t.Every == 0) && len(w.findings) == 0 {
		w.fail("directive-word", arg{}, "//fn:schedule needs either a cron expression or every=; write %s", usage["schedule"])
	}
	if t.Every%time.Minute != 0 {
		w.fail("directive-value", arg{}, "//fn:schedule: every=%s is no whole number of minutes, which are all that platforms know; round it", t.Every)
	}
	t.TimeZone = w.option("tz", func(s string) error {
		if _, err := time.LoadLocation(s); err != nil || s == "" || s == "Local" {
			return fmt.Errorf("is %q; give a time zone such as Europe/Berlin", model.Clip(s))
		}
		return nil
	})
	return t
}

// Help returns the syntax of every directive, the triggers first, for people.
func Help() string {
	var b strings.Builder
	b.WriteString("A directive stands in the doc comment of the function that it is about. The first\n" +
		"eight are triggers; a function has one of them or more, each of a kind of its own.\n\n")
	for _, verb := range verbs {
		b.WriteString("  " + usage[verb] + "\n")
	}
	b.WriteString("\nNAME of //fn:name is the function's deployed identity, by which the platforms know what\n" +
		"it has: without the directive it is the identifier in kebab case. One that was renamed\n" +
		"in the source says was=, its former names as fngen list shows them, the first one\n" +
		"first; leave it there. Of a function with several triggers they are without -TRIGGER.\n")
	b.WriteString("\n//fn:use stands beside //fn:setup and gives the setup's parameter PARAM a service, to\n" +
		"which all functions of the setup's type have the right: read, write, or both without\n" +
		"either word. " + strings.ToUpper(model.UseTypes[:1]) + strings.ReplaceAll(model.UseTypes[1:], "; ", ";\n") + ".\n" +
		"prefix=P/ narrows an object use to the keys that begin with it. loop=ok says that a\n" +
		"function is meant to write what triggers it.\n")
	b.WriteString("\nAn argument with spaces is quoted whole: \"prefix=a b\". There are no trailing comments.\n\n" +
		strings.ToUpper(model.Shapes[:1]) + strings.ReplaceAll(model.Shapes[1:], "; ", ";\n") + ".")
	return b.String()
}
