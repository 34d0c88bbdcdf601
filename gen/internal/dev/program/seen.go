package program

import "github.com/fngen/fngen/gen/internal/model"

// SeenSuffix makes of a function's name the argument with which the program, under
// the function's own trigger, writes what its handler would be given: a line of
// JSON on standard output for each event, in CloudEvents' structured mode, or for
// each request.
const SeenSuffix = ".seen"

// seenFolder is where the handlers that do so lie, as the go command sees it.
const seenFolder = Folder + "/seen"

// seen returns the function with another handler, and without what follows from
// the handler's result.
func seen(app model.App, f model.Function) model.Function {
	name, shape := "Event", model.Shape{Input: "event"}
	if f.Handler.Shape.HTTP {
		name, shape = "Request", model.Shape{HTTP: true}
	}
	f.Handler = model.Handler{PkgPath: app.Path + "/" + seenFolder, PkgName: "seen", Name: name, Shape: shape}
	f.Sinks, f.DeadLetter = nil, "none"
	return f
}

// seenFile is the file of those handlers, without its first line.
const seenFile = `
// Package seen has handlers that show what they are given.
package seen

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/cloudevents/sdk-go/v2/event"
)

// Event shows an event. Data that is not the JSON that it says is in base64.
func Event(_ context.Context, e event.Event) error {
	err := show(e)
	if err != nil {
		e.DataBase64 = true
		err = show(e)
	}
	return err
}

// Request shows a request.
func Request(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = show(map[string]any{
			"method": r.Method, "host": r.Host, "url": r.URL.String(), "pattern": r.Pattern, "header": r.Header, "body": string(body),
		})
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func show(v any) error {
	line, err := json.Marshal(v)
	if err == nil {
		_, err = fmt.Println(string(line))
	}
	return err
}
`
