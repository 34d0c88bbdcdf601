// Package model is an application in the generator's eyes: its functions with
// what triggers them, what is wrong with them, and the targets that turn them
// into files. It names no platform, and everything else here speaks of it.
package model

import (
	"cmp"
	"fmt"
	"go/token"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
)

// An App is an application: the folder whose functions are generated.
type App struct {
	Root      string     // absolute path of the folder; never emitted
	Path      string     // its import path, whether or not it holds a package
	Module    Module     // the module that it lies in
	Platform  Platform   // what its functions are compiled for
	Functions []Function // sorted by name
	Others    []Function // that have directives, but are refused or not compiled; their handlers have no shape
}

// A Module is the main module of an application.
type Module struct {
	Path string
	Dir  string // absolute path; never emitted
	SDK  string // the version of fngen that is required; "" if none or a folder is

	Absolute []token.Position // of replacements by an absolute path
}

// FngenModule is the module that this generator and the SDK are of.
const FngenModule = "github.com/fngen/fngen"

// A Function is one deployed function: a handler and one of its triggers.
type Function struct {
	Name       string   // kebab case, unique in the application
	App        string   // the application's import path
	Was        string   // the first name that it was deployed by, if that is another; no other function's in any way
	Since      []string // the names that it had between Was and Name, in their order
	Handler    Handler  // what is called
	Trigger    Trigger  // what calls it
	Timeout    time.Duration
	Retries    *int      // nil if the directives do not say
	DeadLetter string    // a queue's name, "none", or "" for the platform's default
	LettersOf  *Function // whose own queue of dead letters DeadLetter names; nil for one that belongs to none
	Sinks      []Sink
	Uses       []Use                     // of its setup, in the order of the parameters; set by Using
	Feed       Feed                      // on the target that it is one of
	Targets    []string                  // nil if it is meant for all
	Pos        token.Position            // of the trigger directive
	Operation  Operation                 // what operators decide
	Positions  map[string]token.Position // of the other directives, by verb, and of the Operation's keys
}

// MeantFor reports whether the function is meant for the target.
func (f Function) MeantFor(target string) bool {
	return f.Targets == nil || slices.Contains(f.Targets, target)
}

// Source names the handler in full, example.com/shop.(*Shop).Refund for instance.
func (f Function) Source() string { return f.Handler.PkgPath + "." + f.Handler.String() }

// FullName is what events that the function makes have as their source.
func (f Function) FullName() string { return "/" + f.Handler.PkgPath + "/" + f.Name }

// Identity is the name by which a deployed state knows the function. It stays
// when the function is renamed, if the directives say so.
func (f Function) Identity() string { return cmp.Or(f.Was, f.Name) }

// FormerNames are the names that the function had before, the first one first.
func (f Function) FormerNames() []string {
	if f.Was == "" {
		return nil
	}
	return append([]string{f.Was}, f.Since...)
}

// DeadLetterSink is the name of the sink for the function's dead letters: the
// one that the directive gives, or a name of its own; "" for none, which an HTTP
// function has, since it answers for what fails.
func (f Function) DeadLetterSink() string {
	_, http := f.Trigger.(HTTP)
	switch {
	case http || f.DeadLetter == "none":
		return ""
	case f.DeadLetter == "":
		return f.Name + deadLetters
	}
	return f.DeadLetter
}

const deadLetters = "-dead-letters"

// RetriesOr is how often the function is tried again, preset if the directives do
// not say.
func (f Function) RetriesOr(preset int) int {
	if f.Retries != nil {
		return *f.Retries
	}
	return preset
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

// A Shape is what a handler's signature says.
type Shape struct {
	HTTP  bool   // func(http.ResponseWriter, *http.Request)
	Input string // event, bytes, string, json, or a payload's name: Object, Change, Tick
	Reply bool   // func(context.Context, T) (R, error)
	Value bool   // R is a value, not an event
}

// Shapes says in words which functions are handlers.
const Shapes = "a handler is func(context.Context, T) error or func(context.Context, T) (R, error), " +
	"or on http func(http.ResponseWriter, *http.Request); " +
	"T is event.Event, []byte, string, the trigger's own payload (fn.Object, fn.Change, fn.Tick) or a type that JSON decodes into, " +
	"R is *event.Event, []byte, string or a type that encodes to JSON"

// An Operation is what operators decide for one function in fngen.yaml,
// whatever the platform. A number that is 0 is left to the platform.
type Operation struct {
	Memory       int        // MiB
	Reserved     int        // instances that are kept for the function
	MaxInstances int        // instances that there are at most
	LogRetention int        // days
	Tracing      string     // active or passthrough; "" for the platform's default
	Env          []Variable // sorted by name
}

// A Variable is an environment variable of a function.
type Variable struct {
	Name     string
	Value    string // the secret's name if IsSecret
	IsSecret bool
	Member   string // of a secret that is a JSON object, the member that is the value; "" for all of it
}

// The keys of a function in fngen.yaml, by which [Function.Positions] and
// [Report.ErrorAt] know their places. A variable's is env.NAME.
const (
	KeyMemory       = "memory"
	KeyReserved     = "reserved-instances"
	KeyMaxInstances = "max-instances"
	KeyLogRetention = "log-retention"
	KeyTracing      = "tracing"
	KeyLogLevel     = "log-level"
	KeyEnv          = "env"
)

// LogLevel is the environment variable that the loggers of every platform read.
const LogLevel = "LOG_LEVEL"

// What the names of functions and of resources may be, and which are no
// function's.
var (
	NameGrammar   = regexp.MustCompile(`^[a-z][a-z0-9-]{0,47}$`)
	ReservedNames = []string{"main", "internal", "vendor", "testdata"}
)

// ValidName says why the text is no name of a function or a resource.
func ValidName(s string) error {
	if !NameGrammar.MatchString(s) {
		return fmt.Errorf("%q is not a name; use a-z, 0-9 and -, a letter first, at most 48 of them", Clip(s))
	}
	return nil
}

// Kebab returns the identifier in kebab case: HTTPServer is http-server, URLs is
// urls, IPv4 is ipv4, OrderV2 is order-v2. Letters that no name may hold stay, so that it is refused.
func Kebab(identifier string) string {
	runes := []rune(identifier)
	var b strings.Builder
	for i, r := range runes {
		if r == '_' {
			if b.Len() > 0 && !strings.HasSuffix(b.String(), "-") {
				b.WriteByte('-')
			}
			continue
		}
		if unicode.IsUpper(r) && i > 0 && runes[i-1] != '_' {
			afterLower := !unicode.IsUpper(runes[i-1])
			beforeLower := i+1 < len(runes) && unicode.IsLower(runes[i+1]) && !endsInitialism(runes[i+1:])
			if afterLower || beforeLower {
				b.WriteByte('-')
			}
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return strings.Trim(b.String(), "-")
}

// endsInitialism reports whether what follows a capital is the plural of the
// initialism that it ends, as in URLs, or its version, as in IPv4.
func endsInitialism(rest []rune) bool {
	if rest[0] == 'v' {
		return len(rest) > 1 && unicode.IsDigit(rest[1])
	}
	return rest[0] == 's' && (len(rest) == 1 || !unicode.IsLower(rest[1]))
}

// Camel returns a function's name as an exported Go identifier: order-v2 is
// OrderV2.
func Camel(name string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(name, "-") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}
