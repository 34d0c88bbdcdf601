// Package daytwo compares two outputs that are deployed one after the other: what
// stays, what is replaced, and what is lost. It stands for the platforms' own
// tools, of which no stand-in knows the rules by which they destroy.
package daytwo

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// An estate is what one output deploys, by logical id or address.
type estate struct {
	resources map[string]resource
	moved     map[string]string // addresses now by those before
	stays     bool              // what is no longer there is not removed
}

// A resource is one of an estate.
type resource struct {
	kind      string
	arguments map[string]any      // references to others by what the platform knows them by
	refers    map[string][]string // ids of others that arguments refer to
	name      string              // that there is once in an account, project or namespace; "" if the platform makes one
	address   string              // by which others know it; "" if nobody does
	holds     bool                // data, which is lost with it
	retained  bool                // it stays when it is taken out
	guarded   bool                // its replacement is refused, or leaves the old one there
}

// A change is what becomes of a resource.
type change struct {
	id     string // after the change, if it is still there
	effect effect
	why    string // the argument that forces a replacement
	before resource
	after  resource
}

type effect string

const (
	created  effect = "created"
	kept     effect = "kept"
	updated  effect = "updated"
	replaced effect = "replaced"
	removed  effect = "removed"
	left     effect = "left behind" // in use, though the output does not have it
)

func (c change) String() string {
	r := c.after
	if c.effect == removed || c.effect == left {
		r = c.before
	}
	text := fmt.Sprintf("%s %s %s", c.effect, r.kind, c.id)
	if c.why != "" {
		text += ": " + c.why
	}
	if c.lost() {
		text += " (with what it holds)"
	}
	return text
}

// lost reports whether data is.
func (c change) lost() bool {
	switch c.effect {
	case removed:
		return c.before.holds && !c.before.retained
	case replaced:
		return c.before.holds && !(c.before.guarded && c.after.guarded)
	}
	return false
}

// all stands in a table for every argument.
const all = "*"

// compare returns what becomes of each resource when after is deployed over
// before, sorted. forces has, by kind, the arguments of which a change replaces
// the resource; a kind that it does not have is an error.
func compare(before, after estate, forces map[string][]string) ([]change, error) {
	was := map[string]string{}
	for id := range after.resources {
		was[id] = id
	}
	for _, from := range slices.Sorted(maps.Keys(after.moved)) {
		to := from
		for range len(after.moved) {
			if next, ok := after.moved[to]; ok {
				to = next
			}
		}
		_, isThere := before.resources[from]
		if _, exists := after.resources[to]; !exists {
			return nil, fmt.Errorf("%s is moved to %s, which is not there", from, to)
		}
		if _, taken := before.resources[to]; isThere && !taken {
			was[to] = from
		}
	}
	isReplaced := map[string]bool{} // by the id after
	out := map[string]change{}
	for again := true; again; {
		again = false
		for id, r := range after.resources {
			force, ok := forces[r.kind]
			if !ok {
				return nil, fmt.Errorf("%s is of the kind %s, of which it is not known what replaces it", id, r.kind)
			}
			old, ok := before.resources[was[id]]
			if !ok {
				out[id] = change{id: id, effect: created, after: r}
				continue
			}
			c := change{id: id, effect: kept, before: old, after: r}
			for _, name := range changedArguments(old, r, isReplaced) {
				if c.effect != replaced {
					c.effect = updated
				}
				if name == "for_each" {
					continue // what keeps its key stays
				}
				if slices.Contains(force, name) || slices.Contains(force, all) {
					c.effect, c.why = replaced, name
					break
				}
			}
			if old.kind != r.kind {
				c.effect, c.why = replaced, "another kind"
			}
			if c.effect == replaced && !isReplaced[id] {
				isReplaced[id], again = true, true
			}
			out[id] = c
		}
	}
	still := map[string]bool{}
	for id, from := range was {
		if _, ok := after.resources[id]; ok {
			still[from] = true
		}
	}
	for id, r := range before.resources {
		if still[id] {
			continue
		}
		c := change{id: id, effect: removed, before: r}
		if after.stays {
			c.effect = left
		}
		out["- "+id] = c
	}
	var changes []change
	for _, key := range slices.Sorted(maps.Keys(out)) {
		changes = append(changes, out[key])
	}
	return changes, nil
}

// changedArguments returns the names of the arguments that are not the same, or
// refer to what is replaced.
func changedArguments(before, after resource, isReplaced map[string]bool) []string {
	names := map[string]bool{}
	maps.Copy(names, present(before.arguments))
	maps.Copy(names, present(after.arguments))
	var changed []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		refers := slices.ContainsFunc(after.refers[name], func(id string) bool { return isReplaced[id] })
		if refers || text(before.arguments[name]) != text(after.arguments[name]) {
			changed = append(changed, name)
		}
	}
	return changed
}

func present(arguments map[string]any) map[string]bool {
	names := map[string]bool{}
	for name := range arguments {
		names[name] = true
	}
	return names
}

// text is the value, the same for what is the same.
func text(value any) string {
	data, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(data)
}

// of returns the changes with one of the effects, as text.
func of(changes []change, effects ...effect) []string {
	var out []string
	for _, c := range changes {
		if slices.Contains(effects, c.effect) {
			out = append(out, c.String())
		}
	}
	return out
}

// lostIn returns the changes that lose data, as text.
func lostIn(changes []change) []string {
	var out []string
	for _, c := range changes {
		if c.lost() {
			out = append(out, c.String())
		}
	}
	return out
}

// gone returns the addresses that others know and that are no longer there, or
// are something new.
func gone(changes []change) []string {
	there := map[string]bool{}
	for _, c := range changes {
		if c.after.address != "" && c.effect != replaced {
			there[c.after.address] = true
		}
	}
	var out []string
	for _, c := range changes {
		b := c.before
		switch {
		case b.address == "" || there[b.address]:
		case c.effect == replaced && c.after.address == b.address && !strings.Contains(b.address, generated):
		default:
			out = append(out, b.address)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// generated is in the address of what gets another one whenever it is created.
const generated = "generated "
