package estate

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A reader is a mapping that is read member by member.
type reader struct {
	*Estate
	at      string
	members map[string]any
	read    map[string]bool
	inner   map[string][]*reader
}

func (e *Estate) reader(at string, members map[string]any) *reader {
	return &reader{Estate: e, at: at, members: members, read: map[string]bool{}, inner: map[string][]*reader{}}
}

func (r *reader) problem(format string, args ...any) { r.Estate.problem(r.at+": "+format, args...) }

// done says what has not been read.
func (r *reader) done() {
	for _, name := range slices.Sorted(maps.Keys(r.members)) {
		if !r.read[name] {
			r.problem("%s is not read", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.inner)) {
		for _, inner := range r.inner[name] {
			inner.done()
		}
	}
}

func (r *reader) has(name string) bool {
	r.read[name] = true
	return r.members[name] != nil
}

// get returns a member, or what the platform takes if it is not there.
func get[T any](r *reader, name string, otherwise T) T {
	if !r.has(name) {
		return otherwise
	}
	value, ok := r.members[name].(T)
	if !ok {
		r.problem("%s is %#v, want a %T", name, r.members[name], otherwise)
	}
	return value
}

// must is a member that has no default.
func must[T any](r *reader, name string) T {
	var none T
	if !r.has(name) {
		r.problem("%s is not there", name)
	}
	return get(r, name, none)
}

// texts returns a list of texts, whose order means nothing anywhere here.
func (r *reader) texts(name string, otherwise ...string) []string {
	if !r.has(name) {
		return otherwise
	}
	out := []string{}
	for _, element := range get(r, name, []any{}) {
		text, ok := element.(string)
		if !ok {
			r.problem("%s has %#v, want a text", name, element)
		}
		out = append(out, text)
	}
	slices.Sort(out)
	return out
}

// mapping returns a mapping of texts.
func (r *reader) mapping(name string) map[string]string {
	var out map[string]string
	for key, value := range get(r, name, map[string]any{}) {
		text, ok := value.(string)
		if !ok {
			r.problem("%s has %s: %#v, want a text", name, key, value)
		}
		if out == nil {
			out = map[string]string{}
		}
		out[key] = text
	}
	return out
}

// each returns readers of the mappings of a list, or of the one that stands there.
func (r *reader) each(name string) []*reader {
	if r.read[name] {
		return r.inner[name]
	}
	r.read[name] = true
	list, ok := r.members[name].([]any)
	if !ok && r.members[name] != nil {
		list = []any{r.members[name]}
	}
	for i, element := range list {
		members, ok := element.(map[string]any)
		if !ok {
			r.problem("%s has %#v, want a mapping", name, element)
		}
		r.inner[name] = append(r.inner[name], r.Estate.reader(fmt.Sprintf("%s.%s[%d]", r.at, name, i), members))
	}
	return r.inner[name]
}

// below returns a reader of the one mapping, which is empty if there is none.
func (r *reader) below(name string) *reader {
	all := r.each(name)
	switch len(all) {
	case 0:
		return r.Estate.reader(r.at+"."+name, nil)
	case 1:
	default:
		r.problem("%s is there %d times", name, len(all))
	}
	return all[0]
}

// json returns what is JSON: as it stands, or in a text.
func (r *reader) json(name string) any {
	r.read[name] = true
	text, ok := r.members[name].(string)
	if !ok {
		return r.members[name]
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil || decoder.More() {
		r.problem("%s is %s, want JSON: %v", name, text, err)
	}
	return whole(value)
}

// whole has numbers as int.
func whole(value any) any {
	switch v := value.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return int(n)
		}
	case []any:
		for i := range v {
			v[i] = whole(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = whole(v[key])
		}
	}
	return value
}

// jsonBelow is below of what is JSON.
func (r *reader) jsonBelow(name string) *reader {
	members, ok := r.json(name).(map[string]any)
	if r.members[name] != nil && !ok {
		r.problem("%s is %#v, want a mapping", name, r.members[name])
	}
	inner := r.Estate.reader(r.at+"."+name, members)
	r.inner[name] = append(r.inner[name], inner)
	return inner
}

// policy returns the statements of a policy, whose order means nothing.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
func (r *reader) policy(name string) []Statement {
	document := r.jsonBelow(name)
	if version := must[string](document, "Version"); version != "2012-10-17" {
		r.problem("%s is of the version %s", name, version)
	}
	out := []Statement{}
	for _, one := range document.each("Statement") {
		s := Statement{Effect: must[string](one, "Effect"), Principals: one.principals(), Actions: one.oneOrMore("Action"), Resources: one.oneOrMore("Resource"), Conditions: map[string][]string{}}
		conditions := one.below("Condition")
		for operator := range conditions.members {
			keys := conditions.below(operator)
			for key := range keys.members {
				s.Conditions[operator+" "+key] = keys.oneOrMore(key)
			}
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b Statement) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return out
}

func (r *reader) principals() []string {
	if text, ok := r.members["Principal"].(string); ok {
		r.read["Principal"] = true
		return []string{text}
	}
	var out []string
	principal := r.below("Principal")
	for kind := range principal.members {
		for _, text := range principal.oneOrMore(kind) {
			out = append(out, kind+" "+text)
		}
	}
	slices.Sort(out)
	return out
}

// oneOrMore is a list or the one text that stands for it.
func (r *reader) oneOrMore(name string) []string {
	if text, ok := r.members[name].(string); ok {
		r.read[name] = true
		return []string{text}
	}
	return r.texts(name)
}
