package discover

import (
	"fmt"
	"go/types"
	"reflect"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
)

const (
	fnPath    = "github.com/fngen/fngen/fn"
	eventPath = "github.com/cloudevents/sdk-go/v2/event"
)

// shapeOf checks the handler's type. An error says what is wrong with it.
func shapeOf(f *types.Func) (model.Shape, error) {
	sig := f.Signature()
	if sig.TypeParams() != nil || sig.RecvTypeParams() != nil {
		return model.Shape{}, fmt.Errorf("is generic; write a function for one type that calls it")
	}
	if sig.Variadic() {
		return model.Shape{}, fmt.Errorf("is variadic; %s", model.Shapes)
	}
	in, out := sig.Params(), sig.Results()
	if in.Len() == 2 && out.Len() == 0 && isNamed(in.At(0).Type(), "net/http", "ResponseWriter") && isPointerTo(in.At(1).Type(), "net/http", "Request") {
		return model.Shape{HTTP: true}, nil
	}
	if in.Len() != 2 || !isNamed(in.At(0).Type(), "context", "Context") ||
		out.Len() < 1 || out.Len() > 2 || !types.Identical(out.At(out.Len()-1).Type(), types.Universe.Lookup("error").Type()) {
		return model.Shape{}, fmt.Errorf("has the wrong shape; %s", model.Shapes)
	}
	s := model.Shape{Reply: out.Len() == 2}
	var err error
	if s.Input, err = inputOf(in.At(1).Type()); err != nil {
		return model.Shape{}, err
	}
	if s.Reply {
		if err := replyOf(out.At(0).Type()); err != nil {
			return model.Shape{}, err
		}
		s.Value = !isPointerTo(out.At(0).Type(), eventPath, "Event")
	}
	return s, nil
}

func inputOf(t types.Type) (string, error) {
	switch {
	case isNamed(t, eventPath, "Event"):
		return "event", nil
	case isPointerTo(t, eventPath, "Event"):
		return "", fmt.Errorf("takes *event.Event; take event.Event by value")
	case types.Identical(t, types.NewSlice(types.Typ[types.Byte])):
		return "bytes", nil
	case types.Identical(t, types.Typ[types.String]):
		return "string", nil
	}
	for _, payload := range []string{"Object", "Change", "Tick"} {
		if isNamed(t, fnPath, payload) || isPointerTo(t, fnPath, payload) {
			return payload, nil
		}
	}
	if err := checkJSON(t, "takes"); err != nil {
		return "", err
	}
	return "json", nil
}

func replyOf(t types.Type) error {
	switch {
	case isPointerTo(t, eventPath, "Event"):
		return nil
	case isNamed(t, eventPath, "Event"):
		return fmt.Errorf("returns event.Event; return *event.Event, nil for no reply")
	case types.Identical(t, types.NewSlice(types.Typ[types.Byte])), types.Identical(t, types.Typ[types.String]):
		return nil
	}
	return checkJSON(t, "returns")
}

// checkJSON says why encoding/json would refuse every value of the type, or
// drop what a reader of the code expects it to carry.
func checkJSON(t types.Type, verb string) error {
	c := jsonChecker{seen: map[types.Type]bool{}}
	if name := unexported(t); name != "" {
		return fmt.Errorf("%s the unexported type %s, which a caller of the handler cannot name; export it", verb, name)
	}
	what, where := c.check(t, nil)
	if what == "" {
		return nil
	}
	if where != nil {
		what = "the field " + strings.Join(where, ".") + " of " + what
	}
	return fmt.Errorf("%s %s, which JSON does not carry; %s", verb, what, model.Shapes)
}

// unexported returns the name of the type, or of the one that it points to or
// has as elements, if other packages cannot write it.
func unexported(t types.Type) string {
	switch t := types.Unalias(t).(type) {
	case *types.Named:
		if o := t.Obj(); o.Pkg() != nil && !o.Exported() {
			return o.Name()
		}
	case interface{ Elem() types.Type }: // pointer, slice, array, map
		return unexported(t.Elem())
	}
	return ""
}

type jsonChecker struct{ seen map[types.Type]bool }

// check returns a description of the part of t that JSON does not carry, and
// the fields that lead to it.
func (c *jsonChecker) check(t types.Type, path []string) (what string, where []string) {
	if c.seen[t] {
		return "", nil
	}
	c.seen[t] = true
	if _, ok := types.Unalias(t).(*types.Named); ok && marshals(t) {
		return "", nil
	}
	switch u := t.Underlying().(type) {
	case *types.Map:
		if b, ok := u.Key().Underlying().(*types.Basic); !marshals(u.Key()) && (!ok || b.Info()&(types.IsString|types.IsInteger) == 0) {
			return fmt.Sprintf("a map with keys of type %s", short(u.Key())), path
		}
		return c.check(u.Elem(), path)
	case *types.Struct:
		for i := range u.NumFields() {
			f := u.Field(i)
			if !f.Exported() && !f.Embedded() || reflect.StructTag(u.Tag(i)).Get("json") == "-" {
				continue
			}
			if what, where := c.check(f.Type(), append(path[:len(path):len(path)], f.Name())); what != "" {
				return what, where
			}
		}
	case *types.Basic:
		if u.Info()&types.IsComplex != 0 || u.Kind() == types.UnsafePointer {
			return "type " + short(t), path
		}
	case *types.Interface:
		if u.NumMethods() > 0 {
			return "the interface " + short(t), path
		}
	case *types.Chan, *types.Signature:
		return "type " + short(t), path
	case interface{ Elem() types.Type }: // pointer, slice, array
		return c.check(u.Elem(), path)
	}
	return "", nil
}

// marshals reports whether the type encodes itself.
func marshals(t types.Type) bool {
	for _, method := range []string{"MarshalJSON", "UnmarshalJSON", "MarshalText", "UnmarshalText"} {
		if o, _, _ := types.LookupFieldOrMethod(t, true, nil, method); o != nil {
			if _, ok := o.(*types.Func); ok {
				return true
			}
		}
	}
	return false
}

func isNamed(t types.Type, path, name string) bool {
	named, ok := types.Unalias(t).(*types.Named)
	return ok && named.Obj().Name() == name && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == path
}

func isPointerTo(t types.Type, path, name string) bool {
	p, ok := types.Unalias(t).(*types.Pointer)
	return ok && isNamed(p.Elem(), path, name)
}

// short formats a type with package names.
func short(t types.Type) string {
	return types.TypeString(t, func(p *types.Package) string { return p.Name() })
}

// fits says why a handler of this shape cannot serve the trigger.
func fits(s model.Shape, t model.Trigger, sinks []model.Sink) error {
	route, onHTTP := t.(model.HTTP)
	if s.HTTP {
		if !onHTTP {
			return fmt.Errorf("is an HTTP handler, which the %s trigger cannot call; take (context.Context, T)", t.Kind())
		}
		if route.Batch {
			return fmt.Errorf("is an HTTP handler, which reads a batch of events itself; remove batch, or take (context.Context, T)")
		}
		if route.Stream && len(sinks) > 0 {
			return fmt.Errorf("streams its response, which begins to leave before what it emits is sent; remove stream, or the sinks")
		}
		return nil
	}
	if err := fitsHTTP(s, route); err != nil {
		return err
	}
	payload := map[string]string{"Object": "object", "Change": "document", "Tick": "schedule"}[s.Input]
	if payload != "" && payload != t.Kind() {
		return fmt.Errorf("takes fn.%s, which the %s trigger does not have; only //fn:%s has it", s.Input, t.Kind(), payload)
	}
	switch {
	case !s.Reply || onHTTP:
	case len(sinks) == 0:
		return fmt.Errorf("returns a reply, but the %s trigger has nowhere to send it; add //fn:sink KIND:NAME, or return only an error", t.Kind())
	case s.Value && sinks[0].Type == "":
		return fmt.Errorf("returns a value, which is no event without a type; add type= to its first //fn:sink, or return *event.Event")
	}
	return nil
}

// fitsHTTP says why a handler of events cannot serve the http trigger; the zero
// trigger stands for another one.
func fitsHTTP(s model.Shape, t model.HTTP) error {
	methods := strings.Join(t.Methods, " and ")
	switch {
	case t.Stream:
		return fmt.Errorf("takes events, whose replies are not streamed; remove stream, or take (http.ResponseWriter, *http.Request)")
	case t.Batch && s.Reply:
		return fmt.Errorf("returns a reply, which a batch of events has no place for; return only an error, or remove batch")
	case t.Batch && bodyless(t.Methods):
		return fmt.Errorf("takes batches, which %s requests do not carry; add POST, or remove batch", methods)
	case s.Input == "json" && bodyless(t.Methods):
		return fmt.Errorf("takes a JSON body, which %s requests do not have; take event.Event or (http.ResponseWriter, *http.Request)", methods)
	}
	return nil
}

func bodyless(methods []string) bool {
	return len(methods) > 0 && !slices.ContainsFunc(methods, func(m string) bool {
		return m != "GET" && m != "HEAD" && m != "OPTIONS" && m != "TRACE"
	})
}
