package build

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
)

// identity is the name by which a deployed state knows the function.
func (f RecordedFunction) identity() string {
	if len(f.Was) > 0 {
		return f.Was[0]
	}
	return f.Function
}

// Renamed warns of functions that lie in the target's folder and would be
// deployed anew: under another identity, or as a function with the same trigger
// that does not say it is the same one. app has those that are meant for the
// target, elsewhere are those that are not. What cannot be read is reported by
// who writes the folder.
func Renamed(root *os.Root, target string, app model.App, elsewhere []model.Function) []model.Diagnostic {
	before, err := readRecord(root, target)
	if err != nil || before == nil {
		return nil
	}
	all := slices.Concat(app.Functions, app.Others, elsewhere)
	built := map[string]bool{}
	for _, b := range before.Functions {
		built[b.Function] = true
	}
	var out []model.Diagnostic
	for _, b := range before.Functions {
		if slices.ContainsFunc(all, func(f model.Function) bool { return has(f, b.identity()) }) {
			continue
		}
		gone := !slices.ContainsFunc(all, func(f model.Function) bool { return has(f, b.Function) })
		for _, f := range app.Functions {
			r := model.NewReport(target, f)
			switch {
			case has(f, b.Function):
				r.Warnf("identity-changed", "%s of the last build is deployed as %s, and this would be another function; %s", b.Function, b.identity(), b.wayOut(f, all))
			case gone && !built[f.Name] && b.isFedBy(f.Trigger):
				r.Warnf("identity-changed", "%s of the last build is gone and this has its trigger, so that deploying removes the one and creates the other; %s", b.Function, b.wayOut(f, all))
			}
			out = append(out, r.Diagnostics...)
		}
	}
	return out
}

// has reports whether the name is the function's, now or before.
func has(f model.Function, name string) bool {
	return f.Name == name || slices.Contains(f.FormerNames(), name)
}

// wayOut says how the function becomes the one of the record, among all there
// are.
func (b RecordedFunction) wayOut(f model.Function, all []model.Function) string {
	names := append(slices.Clone(b.Was), b.Function)
	for _, name := range f.FormerNames() {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	names = slices.DeleteFunc(names, func(name string) bool { return name == f.Name })
	name, suffix := f.Name, ""
	if slices.ContainsFunc(all, func(other model.Function) bool { return other.Source() == f.Source() && other.Name != f.Name }) {
		suffix = "-" + f.Trigger.Kind() // of each function of a handler with several triggers
	}
	for i := range names {
		cut, ok := strings.CutSuffix(names[i], suffix)
		if !ok {
			return fmt.Sprintf("if it is the same one write a handler of its own for the other trigger, so that this one stays %s", b.Function)
		}
		names[i] = cut
	}
	return fmt.Sprintf("if it is the same one write //fn:name %s was=%s", strings.TrimSuffix(name, suffix), strings.Join(names, ","))
}

// wildcardName matches the name of a wildcard in a route, which does not matter.
var wildcardName = regexp.MustCompile(`\{[A-Za-z_]\w*`)

// isFedBy reports whether the function had the trigger, in part at least.
func (b RecordedFunction) isFedBy(t model.Trigger) bool {
	h, isHTTP := t.(model.HTTP)
	if b.Trigger != t.Kind() || !isHTTP {
		return b.Trigger == t.Kind() && b.Resource == t.Resource()
	}
	methods, path, ok := strings.Cut(b.Resource, " ")
	if !ok {
		methods, path = "", b.Resource
	}
	route := func(path string) string { return wildcardName.ReplaceAllString(path, "{") }
	return route(path) == route(h.Path) && (methods == "" || len(h.Methods) == 0 ||
		slices.ContainsFunc(strings.Split(methods, ","), func(m string) bool { return slices.Contains(h.Methods, m) }))
}
