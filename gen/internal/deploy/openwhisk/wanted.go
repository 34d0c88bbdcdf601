package openwhisk

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	target "github.com/fngen/fngen/gen/internal/target/openwhisk"
)

// A pair is a parameter or an annotation as the platform has it.
type pair struct {
	Key   string `json:"key"`
	Value any    `json:"value"`
}

// mark is the annotation by which fngen knows its own entities again, and whether
// they are as they must be.
const mark = "fngen"

// A marked is the value of the mark.
type marked struct {
	Package string `json:"package"` // that the entity was deployed with
	Digest  string `json:"digest,omitempty"`
	Version string `json:"version,omitempty"` // of the entity then, which changes with each change by others
}

// A wantedAction is an action that is to be there.
type wantedAction struct {
	name        string
	exec        exec
	parameters  []pair
	annotations []pair
	limits      limits
	digest      string
}

type exec struct {
	Kind   string `json:"kind"`
	Code   string `json:"code"` // in base64
	Binary bool   `json:"binary"`
}

type limits struct {
	Timeout int64 `json:"timeout"` // milliseconds
	Memory  int   `json:"memory"`  // MB
}

// A wantedTrigger is a trigger that is to be there, with what feeds it.
type wantedTrigger struct {
	name   string
	feed   string // its full name; "" for none
	inputs map[string]any
	digest string
}

// values resolves the values from the environment. What is missing there has been
// said before.
func values(list []target.Value, env func(string) string) []pair {
	pairs := []pair{} // not nil: what is not said stays as it was
	for _, v := range list {
		pairs = append(pairs, pair{v.Name, value(v, env)})
	}
	return pairs
}

func value(v target.Value, env func(string) string) any {
	if len(v.Variables) > 0 {
		var parts []string
		for _, name := range v.Variables {
			parts = append(parts, env(name))
		}
		return strings.Join(parts, ":")
	}
	if members, ok := v.Value.([]target.Value); ok {
		object := map[string]any{}
		for _, m := range members {
			object[m.Name] = value(m, env)
		}
		return object
	}
	return v.Value
}

// action is the action for the kind, whose archive is that of another kind
// otherwise.
func action(a target.Action, kind string, archive []byte, env func(string) string) wantedAction {
	w := wantedAction{
		name:        a.Name,
		exec:        exec{Kind: kind, Code: base64.StdEncoding.EncodeToString(archive), Binary: true},
		parameters:  values(a.Parameters, env),
		annotations: values(a.Annotations, env),
		limits:      limits{a.Timeout.Milliseconds(), a.Memory},
	}
	if a.Web { // as wskdeploy and wsk do for raw requests
		w.annotations = append(w.annotations, pair{"web-export", true}, pair{"raw-http", true}, pair{"final", true})
	}
	w.digest = digest(nil, w.exec, w.parameters, w.annotations, w.limits)
	return w
}

// ours are the annotations of actions that fngen decides about. Those of an action
// that is there are merged with what is sent (updateWhiskAction in Actions.scala), so
// that one which no longer holds has to be deleted.
var ours = []string{"provide-api-key", "require-whisk-auth", "web-custom-options", "web-export", "raw-http", "final"}

// body is what is sent of the action, whose version is the one after that of before.
func (w wantedAction) body(pkg, version string) map[string]any {
	var gone []string
	for _, name := range ours {
		if !slices.ContainsFunc(w.annotations, func(p pair) bool { return p.Key == name }) {
			gone = append(gone, name)
		}
	}
	return map[string]any{
		"exec": w.exec, "parameters": w.parameters, "limits": w.limits, "version": version,
		"annotations": append(slices.Clone(w.annotations), pair{mark, marked{pkg, w.digest, version}}), "delAnnotations": gone,
	}
}

// trigger is the trigger; the key is part of what its feed is made with.
func trigger(t target.Trigger, key string, env func(string) string) wantedTrigger {
	w := wantedTrigger{name: t.Name, feed: t.Feed, inputs: map[string]any{}}
	for _, p := range values(t.Inputs, env) {
		w.inputs[p.Key] = p.Value
	}
	w.digest = digest([]byte(key), w.feed, w.inputs)
	return w
}

// digest is that of the values. With a key, nobody without it can try out what the
// values are.
func digest(key []byte, values ...any) string {
	data, err := json.Marshal(values)
	if err != nil {
		panic(fmt.Sprint("values of a deployment encode: ", err)) // they are texts, numbers and such
	}
	h := hmac.New(sha256.New, key)
	h.Write(data)
	return hex.EncodeToString(h.Sum(nil))
}

// An entity is what the platform has of an action, a trigger or a rule.
type entity struct {
	Namespace   string `json:"namespace"`
	Name        string `json:"name"`
	Version     string `json:"version"`
	Annotations []struct {
		Key   string          `json:"key"`
		Value json.RawMessage `json:"value"`
	} `json:"annotations"`
}

// annotation is the value of an annotation, empty if there is none of the form.
func annotation[T any](e entity, key string) (value T) {
	for _, a := range e.Annotations {
		if a.Key == key && json.Unmarshal(a.Value, &value) != nil {
			return *new(T)
		}
	}
	return value
}

// feed is what feeds a trigger, "" for nothing.
func (e entity) feed() string { return annotation[string](e, "feed") }

// mark is fngen's annotation, empty if the entity is not fngen's.
func (e entity) mark() marked { return annotation[marked](e, mark) }

// difference says why the entity has to be sent, "" if it is as it must be.
func (e entity) difference(pkg, digest string) string {
	switch m := e.mark(); {
	case m.Package != pkg:
		return "is there already, and fngen takes it over"
	case m.Digest == "":
		return "was not finished"
	case m.Version != e.Version:
		return "was changed by others"
	case m.Digest != digest:
		return "differs"
	}
	return ""
}

// next is the version after this one, as the platform counts.
func (e entity) next() string {
	var major, minor, patch int
	if _, err := fmt.Sscanf(e.Version, "%d.%d.%d", &major, &minor, &patch); err != nil {
		return "0.0.1"
	}
	return fmt.Sprintf("%d.%d.%d", major, minor, patch+1)
}

// full is the full name of a feed, which a name without a namespace has in that of
// the key.
func full(feed string) string {
	if feed == "" || strings.HasPrefix(feed, "/") {
		return feed
	}
	return "/_/" + feed
}
