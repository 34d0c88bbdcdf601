package gen

import (
	"go/token"
	"strings"
	"time"
)

// An App is an application: the folder whose functions are generated.
type App struct {
	Root      string     // absolute path of the folder; never emitted
	Path      string     // its import path, whether or not it holds a package
	Module    Module     // the module that it lies in
	Functions []Function // sorted by name
}

// A Module is the main module of an application.
type Module struct {
	Path      string
	Dir       string // absolute path; never emitted
	GoVersion string // of the go line, 1.26 for instance
	SDK       string // the version of fngen that is required; "" if none or a folder is

	absolute []token.Position // of replacements by an absolute path
}

// A Function is one deployed function: a handler and one of its triggers.
type Function struct {
	Name       string  // kebab case, unique in the application
	Handler    Handler // what is called
	Trigger    Trigger // what calls it
	Timeout    time.Duration
	Retries    *int   // nil if the directives do not say
	DeadLetter string // a queue's name, "none", or "" for the platform's default
	Sinks      []Sink
	Targets    []string                  // nil if it is meant for all
	Pos        token.Position            // of the trigger directive
	Operation  Operation                 // what operators decide
	Positions  map[string]token.Position // of the other directives, by verb, and of the Operation's keys
}

// MeantFor reports whether the function is meant for the target.
func (f Function) MeantFor(target string) bool {
	if f.Targets == nil {
		return true
	}
	for _, t := range f.Targets {
		if t == target {
			return true
		}
	}
	return false
}

// Source names the handler in full, example.com/shop.(*Shop).Refund for instance.
func (f Function) Source() string { return f.Handler.PkgPath + "." + f.Handler.String() }

// FullName is what events that the function makes have as their source.
func (f Function) FullName() string { return "/" + f.Handler.PkgPath + "/" + f.Name }

// Letters is the name of the sink for the function's dead letters: the one that
// the directive gives, or a name of its own; "" for none.
func (f Function) Letters() string {
	switch f.DeadLetter {
	case "none":
		return ""
	case "":
		return f.Name + "-dead-letters"
	}
	return f.DeadLetter
}

// SinkVariable is the environment variable that holds the address of the sink
// with the name, FNGEN_SINK_NEWS of the sink news for instance. Package emit
// reads it.
func SinkVariable(name string) string {
	return sinkPrefix + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

const sinkPrefix = "FNGEN_SINK_"

// Callee names the handler as a reader of Go does, shop.Confirm for instance.
func (f Function) Callee() string {
	h := f.Handler
	if h.Recv != "" {
		return h.PkgName + "." + h.Recv + "." + h.Name
	}
	return h.PkgName + "." + h.Name
}

// A Handler is a function or method of the user's.
type Handler struct {
	PkgPath, PkgName string
	Recv             string // the receiver's type name; "" for a function
	Pointer          bool   // the receiver is a pointer
	Name             string
	Setup            string // of a method: the constructor's name
	Shape            Shape
}

// String names the handler within its package.
func (h Handler) String() string {
	switch {
	case h.Recv == "":
		return h.Name
	case h.Pointer:
		return "(*" + h.Recv + ")." + h.Name
	}
	return h.Recv + "." + h.Name
}

// A Sink is where a function's replies and emissions go.
type Sink struct {
	Kind, Name string
	Type       string // of events that have none
}
