package page

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/gen/internal/dev/broker"
	"github.com/fngen/fngen/gen/internal/dev/invoke"
	"github.com/fngen/fngen/gen/internal/dev/store"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/ce"
	"github.com/fngen/fngen/internal/documents"
	"github.com/fngen/fngen/internal/native"
	"github.com/fngen/fngen/internal/native/sample"
)

// maxShown is how much of a body is on the page.
const maxShown = 4 << 10

// sampleOf returns what the form of the function has in it at first: the content
// of what is sent, or all of it where there is more to say.
func sampleOf(f model.Function, now time.Time) (string, error) {
	o, err := sample.Of(invoke.TriggerOf(f), now, nil)
	if err != nil {
		return "", err
	}
	structured := func(eventType string, data any) string {
		return indented(native.JSON("specversion", "1.0", "id", "sample", "source", "/sample", "type", eventType, "data", data))
	}
	switch o := o.(type) {
	case native.Object:
		eventType := fn.TypeObjectCreated
		if o.Deleted {
			eventType = fn.TypeObjectDeleted
		}
		return structured(eventType, fn.Object{Bucket: f.Trigger.Resource(), Key: o.Key, Size: o.Size, ContentType: o.ContentType}), nil
	case native.Change:
		eventType := []string{fn.TypeDocumentCreated, fn.TypeDocumentUpdated, fn.TypeDocumentDeleted}[o.Kind]
		return structured(eventType, fn.Change{Collection: f.Trigger.Resource(), Key: strings.Join(o.Key, "/"), Before: image(o.Before), After: image(o.After)}), nil
	case native.Event:
		return indented(o.Data), nil
	case native.Message:
		return indented(o.Body), nil
	case native.Record:
		return indented(o.Data), nil
	}
	_, text := describe(o)
	return text, nil
}

// occurrenceOf returns what is to happen by the text of a form: an event in
// structured mode or a request, or else the content of such a thing.
func occurrenceOf(f model.Function, text string, now time.Time) (native.Occurrence, error) {
	text = strings.ReplaceAll(text, "\r\n", "\n") // as forms send them
	_, err := ce.Decode([]byte(text))
	switch f.Trigger.(type) {
	case model.HTTP:
		if err != nil && !strings.Contains(text, "\n\n") {
			text = strings.TrimRight(text, "\n") + "\n\n" // the end of a request's head
		}
	case model.Queue, model.Topic, model.Stream, model.Event:
		if err != nil {
			return sample.Of(invoke.TriggerOf(f), now, []byte(text))
		}
	}
	return invoke.Occurrence(f, []byte(text))
}

// describe returns what the occurrence is called in a line, and all of it.
func describe(o native.Occurrence) (title, text string) {
	switch o := o.(type) {
	case native.Message:
		return titleOf(o.Key, o.Body, o.Binary), headed(indented(o.Body), attributes(o.All()), pair("key", o.Key), attributes(prefixed("ce-", o.Binary)))
	case native.Record:
		return titleOf(o.Key, o.Data, nil), headed(indented(o.Data), pair("key", o.Key))
	case native.Object:
		what := "created"
		if o.Deleted {
			what = "deleted"
		}
		return o.Key + " " + what, headed("", pair("key", o.Key), pair("size", fmt.Sprint(o.Size)), pair("content-type", o.ContentType))
	case native.Change:
		key := strings.Join(o.Key, "/")
		return key + " " + o.Kind.String(), headed("", pair("key", key), pair("before", indented(image(o.Before))), pair("after", indented(image(o.After))))
	case native.Tick:
		return o.Scheduled, headed("", pair("scheduled", o.Scheduled))
	case native.Event:
		complete, err := o.Complete()
		if err != nil {
			return "", indented([]byte(o.Structured))
		}
		return eventTitle(complete.Attributes["type"], complete.Attributes["id"]), indented([]byte(complete.Structured))
	case native.Request:
		var head strings.Builder
		if o.Header != nil {
			_ = o.Header.Write(&head) // to memory
		}
		return o.Method + " " + o.Target, o.Method + " " + o.Target + " HTTP/1.1\n" + strings.ReplaceAll(head.String(), "\r\n", "\n") + "\n" + indented(o.Body)
	}
	return fmt.Sprintf("%T", o), ""
}

// requestText is what is shown of a request that was answered: all that is kept of
// it but the body.
func requestText(r broker.Request) string {
	size := r.Left
	if size == 0 {
		size = len(r.Body)
	}
	r.Body = nil
	_, text := describe(r.Request)
	text = strings.TrimRight(text, "\n")
	if size > 0 {
		text += fmt.Sprintf("\n\n(a body of %d bytes, which is not shown)", size)
	}
	if len(r.Omitted) > 0 {
		text += "\n(headers that are not kept: " + strings.Join(r.Omitted, ", ") + ")"
	}
	return text
}

// titleOf is what a message is called: its group, and the event that it holds or
// how it begins.
func titleOf(key string, body []byte, binary map[string]string) string {
	eventType, id := binary["type"], binary["id"]
	if e, err := ce.Decode(body); err == nil {
		eventType, id, body = e.Type(), e.ID(), e.Data()
	}
	title := ""
	switch isMessage := eventType == fn.TypeMessageReceived || eventType == fn.TypeRecordReceived; {
	case eventType != "" && !isMessage:
		title = eventTitle(eventType, id)
	case isText(body):
		title = strings.Join(strings.Fields(strings.ToValidUTF8(string(body[:min(len(body), 200)]), "")), " ")
	default:
		title = "binary"
	}
	if key != "" {
		title = key + ": " + title
	}
	return clip(title, 72)
}

func eventTitle(eventType, id string) string { return strings.TrimSpace(eventType + " " + id) }

// A header is lines above a body.
type header []string

func pair(name, value string) header {
	if value == "" {
		return nil
	}
	return header{name + ": " + value}
}

func attributes(of map[string]string) header {
	var out header
	for _, name := range native.Names(of) {
		out = append(out, name+": "+of[name])
	}
	return out
}

func prefixed(prefix string, of map[string]string) map[string]string {
	out := map[string]string{}
	for name, value := range of {
		out[prefix+name] = value
	}
	return out
}

// headed is the body below its headers.
func headed(body string, headers ...header) string {
	head := strings.Join(slices.Concat(headers...), "\n")
	if head == "" || body == "" {
		return head + body
	}
	return head + "\n\n" + body
}

// image is a document's image as JSON; nil for none.
func image(m native.Map) json.RawMessage {
	if m == nil {
		return nil
	}
	text, _ := documents.JSON(store.Plain(m)) // as [store.JSON] has it, with the revision
	return text
}

func isText(b []byte) bool { return utf8.Valid(b) && !bytes.ContainsRune(b, 0) }

// indented is the text as it is read: JSON in lines, and of what is no text the
// first bytes.
func indented(b []byte) string {
	if !isText(b) {
		const most = 256
		return fmt.Sprintf("%d bytes that are no text: %x", len(b), b[:min(len(b), most)])
	}
	var out bytes.Buffer
	if len(b) < 1<<20 && json.Indent(&out, b, "", "  ") == nil {
		return out.String()
	}
	return string(b)
}

// A body is a text on the page.
type body struct {
	Text string
	Size int // of all of it in bytes, if the text is a part; else 0
}

func shown(text string) body {
	if len(text) <= maxShown {
		return body{Text: text}
	}
	return body{strings.ToValidUTF8(text[:maxShown], ""), len(text)}
}

// responseText is a response as it is sent.
func responseText(r invoke.Response) string {
	return headed(indented(r.Body), header{fmt.Sprintf("%d %s", r.Status, http.StatusText(r.Status))}, pair("content-type", r.ContentType))
}
