package openwhisk

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/fngen/fngen/gen/internal/model"
)

// A Deployment is what of an application is on the platform. The manifest says it
// to wskdeploy, and fngen deploy sends it. Nothing in it is secret: what only the
// environment of whoever deploys knows is a [Value] with the name of a variable.
type Deployment struct {
	Package  string
	Actions  []Action
	Triggers []Trigger // sorted by name; those that are there already are none of them
	Rules    []Rule
}

// An Action is a function. It and its rule are called after the function's identity,
// so that a rename in the source that says so changes neither, nor a URL.
type Action struct {
	Name        string // in the package
	Function    model.Function
	Timeout     time.Duration
	Memory      int     // MB
	Web         bool    // takes raw requests
	Annotations []Value // besides those that make it a web action
	Parameters  []Value
}

// A Trigger fires rules. Without a feed, whoever knows its name fires it.
type Trigger struct {
	Name   string
	Feed   string // the full name of the action that feeds it, or its name in the namespace
	Inputs []Value
}

// A Rule has a trigger fire an action.
type Rule struct {
	Name    string
	Trigger string
	Action  string // in the package
}

// A Value is an annotation, a parameter, or an input of a feed.
type Value struct {
	Name      string
	Value     any      // a bool, an int, a string, a []string or a []Value, which is an object
	Variables []string // of the environment, whose values it is, with a colon between; none for one that is known
}

// Deployment returns what deploys the application.
func (t Target) Deployment(app model.App) Deployment {
	d := Deployment{Package: t.packageOf(app.Path)}
	triggers := map[string]trigger{}
	for _, f := range app.Functions {
		d.Actions = append(d.Actions, t.action(f))
		for _, s := range sinks(f) {
			name := t.fires(f, s)
			if _, ok := triggers[name]; name != "" && !ok && !t.exists(s.Name) {
				triggers[name] = trigger{name: name}
			}
		}
		fired, ok := t.trigger(f)
		if !ok {
			continue
		}
		if !fired.exists {
			triggers[fired.name] = fired
		}
		d.Rules = append(d.Rules, Rule{Name: d.Package + "." + f.Identity(), Trigger: fired.name, Action: f.Identity()})
	}
	for name, fired := range triggers {
		d.Triggers = append(d.Triggers, Trigger{Name: name, Feed: fired.feed, Inputs: fired.inputs})
	}
	slices.SortFunc(d.Triggers, func(a, b Trigger) int { return strings.Compare(a.Name, b.Name) })
	return d
}

// Variables are those that the deployment takes from the environment, sorted.
func (d Deployment) Variables() []string {
	var names []string
	add := func(values []Value) {
		for _, v := range values {
			names = append(names, v.Variables...)
		}
	}
	for _, a := range d.Actions {
		add(a.Annotations)
		add(a.Parameters)
	}
	for _, t := range d.Triggers {
		add(t.Inputs)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Kinds are the runtimes that the actions are packaged for, one at least, and
// whether fngen.yaml names them: any other of Go would do as well if it does not.
func (t Target) Kinds() (names []string, named bool) { return t.kinds, t.named }

// Archive is where the function's archive for the kind lies in the folder of the
// artifacts.
func (t Target) Archive(f model.Function, kind string) string {
	return t.folder(kind) + f.Name + ".zip"
}

// Image is the name of the image that runs the kind, as exec.env has it.
func Image(kind string) string {
	return "openwhisk/action-golang-v" + strings.TrimPrefix(kind, "go:")
}

// CA returns the certificates in PEM that sign that of the API host, "" for those
// of the system.
func (t Target) CA() string { return t.ca }

// What an action has if nothing says otherwise. The platform's own defaults are
// the same, unless its operator changed them.
const (
	defaultTimeout = time.Minute
	defaultMemory  = 256 // MB
)

// secretVariable is what whoever deploys finds the secret by that callers of
// functions without auth=public send as X-Require-Whisk-Auth. With true in the place
// of a secret the platform would let every namespace's key pass:
// https://github.com/apache/openwhisk/blob/master/docs/webactions.md#securing-web-actions.
const secretVariable = "REQUIRE_WHISK_AUTH"

// action returns the action of a function. It gets the API key only if it fires
// triggers.
func (t Target) action(f model.Function) Action {
	a := Action{
		Name: f.Identity(), Function: f,
		Timeout: cmp.Or(f.Timeout, defaultTimeout), Memory: cmp.Or(f.Operation.Memory, defaultMemory),
		Annotations: []Value{{Name: "provide-api-key", Value: t.needsKey(f)}}, Parameters: credentials(f),
	}
	switch trigger := f.Trigger.(type) {
	case model.HTTP:
		a.Web = true
		if trigger.Public {
			a.Annotations = append(a.Annotations, Value{Name: "web-custom-options", Value: true})
		} else { // OPTIONS would pass without credentials
			a.Annotations = append(a.Annotations, Value{Name: "require-whisk-auth", Variables: []string{secretVariable}})
		}
	case model.Document: // whose feed does not tell the database in every version
		a.Parameters = append([]Value{{Name: "dbname", Value: t.database(trigger.Collection)}}, a.Parameters...)
	}
	return a
}

var majorVersion = regexp.MustCompile(`^v[0-9]+$`)

// packageOf is the package of the application's actions.
func (t Target) packageOf(app string) string {
	if t.pkg != "" {
		return t.pkg
	}
	base := path.Base(app)
	if parent := path.Base(path.Dir(app)); majorVersion.MatchString(base) && parent != "." {
		base = parent
	}
	name := notInName.ReplaceAllString(base, "-")
	if !packageName.MatchString(name) {
		return "functions"
	}
	return name
}
