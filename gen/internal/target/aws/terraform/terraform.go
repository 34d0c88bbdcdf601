// Package terraform writes a stack as a module of Terraform's: the resources of a
// template of CloudFormation's, by one table.
package terraform

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/fngen/fngen/gen/internal/hcl"
	"github.com/fngen/fngen/gen/internal/output"
	"github.com/fngen/fngen/gen/internal/target/aws/stack"
)

// A Module is a stack with what its variables are by default.
type Module struct {
	stack.Stack
	Name     string // in the names of all that it creates; see DefaultName
	Archives string // the bucket of the functions' archives; "" for none
}

// writer is a module while it is written.
type writer struct {
	Module
	hcl.Body // of the resources
	kinds    map[string]kind
	byID     map[string]stack.Resource
	data     map[string]bool // the data sources that are used
	secrets  map[string]bool // that are read
	suffixed bool            // there is a name of a bucket
	err      error           // the first
}

// Write returns main.tf: a module that has neither a provider nor a backend. It
// refuses what the table does not have, so that nothing is left out.
func Write(m Module) ([]byte, error) {
	head, rest := hcl.NewFile(), hcl.NewFile()
	w := &writer{Module: m, Body: rest.Body, kinds: kinds, byID: map[string]stack.Resource{}, data: map[string]bool{}, secrets: map[string]bool{}}
	labels := map[string]string{}
	for _, r := range m.Resources {
		other, taken := labels[label(r.ID)]
		if taken {
			return nil, fmt.Errorf("%s and %s have one name in Terraform", r.ID, other)
		}
		w.byID[r.ID], labels[label(r.ID)] = r, r.ID
	}
	for _, r := range m.Resources {
		if w.resource(r); w.err != nil {
			return nil, fmt.Errorf("%s: %w", r.ID, w.err)
		}
	}
	w.outputs()
	w.Body = head.Body
	w.head()
	return slices.Concat(head.Bytes(), []byte("\n"), rest.Bytes()), w.err
}

// cannot refuses what there is, and returns what stands there until that is said.
func (w *writer) cannot(format string, args ...any) hcl.Expr {
	if w.err == nil {
		w.err = fmt.Errorf(format, args...)
	}
	return hcl.Value("")
}

// label returns a logical id as a resource of Terraform's is called. Ids that begin
// with a capital letter and have letters and digits alone remain different.
func label(id string) string {
	var b strings.Builder
	for i, r := range id {
		if 'A' <= r && r <= 'Z' {
			if i > 0 {
				b.WriteByte('_')
			}
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// short returns what of the id is in a name, in limit characters at most.
func short(id string, limit int) string { return cut(strings.ReplaceAll(label(id), "_", "-"), limit) }

// cut returns the name, or what there is room for with a hash after it, which is
// always the same.
func cut(name string, limit int) string {
	if len(name) <= limit {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	hash := hex.EncodeToString(sum[:4])
	return strings.TrimRight(name[:limit-len(hash)-1], "-") + "-" + hash
}

// resource writes the resource, and those that some of its properties are here.
func (w *writer) resource(r stack.Resource) {
	k, ok := w.kinds[r.Kind]
	if !ok {
		w.cannot("%s is not written for Terraform", r.Kind)
	}
	if r.About != "" {
		w.Comment(r.About)
	}
	b := w.Top("resource", []string{k.resource, label(r.ID)}, append(w.name(k, r), k.preset...)...)
	if k.protection != "" && r.Retention != stack.Deleted {
		b.Set(hcl.Pair{Name: k.protection, Value: true})
	}
	w.properties(b, k.properties, r.Properties, r)
	if k.waits == "" || output.Find(r.Properties, k.waits) == nil {
		w.waits(b, r)
	}
	if r.Retention != stack.Deleted {
		b.Keep()
	}
	for _, m := range r.Properties {
		if split := k.properties[m.Key].split; split != nil && m.Value != nil {
			split(w, r, m.Value)
		}
	}
}

// properties writes arguments, and below them blocks.
func (w *writer) properties(b hcl.Body, of properties, values output.Mapping, r stack.Resource) {
	for _, m := range values {
		p, ok := of[m.Key]
		switch {
		case !ok:
			w.cannot("%s of %s is not written for Terraform", m.Key, r.Kind)
		case m.Value == nil:
		case p.arguments != nil:
			b.Set(p.arguments(w, r, m.Value)...)
		case p.argument != "":
			b.Set(hcl.Pair{Name: p.argument, Value: w.value(m.Value)})
		case p.block == "" && p.split == nil:
			b.Set(p.preset...)
			for _, one := range list(m.Value) {
				w.properties(b, p.inner, one, r)
			}
		}
	}
	for _, m := range values {
		p := of[m.Key]
		if p.block == "" || m.Value == nil {
			continue
		}
		for _, one := range list(m.Value) {
			w.properties(b.Block(p.block, p.preset...), p.inner, one, r)
		}
	}
}

// list returns the mappings that a block is written for each of.
func list(v any) []output.Mapping {
	if one, ok := v.(output.Mapping); ok {
		return []output.Mapping{one}
	}
	all, _ := v.([]output.Mapping)
	return all
}

// waits writes what has to be there before: what the resource depends on, and the
// policies of the role that it has, without which it is there and may do nothing.
func (w *writer) waits(b hcl.Body, r stack.Resource) {
	var on []any
	for _, id := range r.DependsOn {
		on = append(on, w.address(id))
	}
	for _, role := range []any{output.Find(r.Properties, "Role"), output.Find(r.Properties, "Target", "RoleArn")} {
		a, _ := role.(stack.Attribute)
		for _, m := range w.byID[a.ID].Properties {
			if written := policyResources[m.Key]; written != "" && m.Value != nil {
				on = append(on, hcl.Ref(written, label(a.ID)))
			}
		}
	}
	b.DependsOn(on)
}

func (w *writer) address(id string) hcl.Expr {
	return hcl.Ref(w.kind(id).resource, label(id))
}

// kind returns that of the resource.
func (w *writer) kind(id string) kind {
	r, ok := w.byID[id]
	if !ok {
		w.cannot("there is no %s", id)
	}
	return w.kinds[r.Kind]
}

// value returns the value of a property as package hcl takes it.
func (w *writer) value(v any) any {
	switch v := v.(type) {
	case output.Mapping:
		pairs := []hcl.Pair{}
		for _, m := range v {
			if m.Value != nil {
				pairs = append(pairs, hcl.Pair{Name: w.text(m.Key), Value: w.value(m.Value)})
			}
		}
		return pairs
	case []output.Mapping:
		return values(w, v)
	case []any:
		return values(w, v)
	case []string:
		return values(w, v)
	case []output.Text:
		return values(w, v)
	case string:
		return w.text(v)
	case output.Text:
		return w.text(string(v))
	case int, bool:
		return v
	}
	return w.expression(v)
}

func values[T any](w *writer, list []T) []any {
	out := []any{}
	for _, v := range list {
		out = append(out, w.value(v))
	}
	return out
}

// text returns the text, which Terraform would change if it were not in the form
// that it normalizes all strings to.
func (w *writer) text(s string) string {
	if !norm.NFC.IsNormalString(s) {
		w.cannot("Terraform would change %+q, since it composes accents with their letters; write it in Unicode's form NFC", s)
	}
	return s
}

func (w *writer) expression(v any) hcl.Expr {
	switch v := v.(type) {
	case stack.Ref:
		return w.attribute(string(v), "")
	case stack.Attribute:
		return w.attribute(v.ID, v.Name)
	case stack.Parameter:
		return w.parameter(v)
	case stack.Secret:
		w.secrets[v.Name] = true
		value := hcl.Ref("data", "aws_secretsmanager_secret_version", "secrets", hcl.Index(v.Name), "secret_string")
		if v.Member != "" {
			return hcl.At(hcl.Call("jsondecode", value), v.Member)
		}
		return value
	case stack.Join:
		return hcl.Text(values(w, stack.Parts(v))...)
	}
	return w.cannot("%T is no value for Terraform", v)
}

// attribute returns the attribute that CloudFormation calls so, "" for its Ref.
func (w *writer) attribute(id, name string) hcl.Expr {
	k := w.kind(id)
	a, ok := k.attributes[name]
	if !ok {
		return w.cannot("%s of %s is not written for Terraform", strings.TrimSpace("the attribute "+name), id)
	}
	ref := hcl.Ref(k.resource, label(id), a.name)
	if a.then != "" {
		return hcl.Text(ref, a.then)
	}
	return ref
}

func (w *writer) parameter(p stack.Parameter) hcl.Expr {
	switch p {
	case stack.StackName:
		return hcl.Ref("var", "name")
	case stack.Unique:
		w.suffixed = true
		return hcl.Ref("local", "bucket_suffix")
	}
	source, ok := parameters[p]
	if !ok {
		return w.cannot("%s is not written for Terraform", string(p))
	}
	w.data[source[0]] = true
	return hcl.Ref("data", source[0], "this", source[1])
}

// parameters are the data sources, and the attributes of these, that facts are.
var parameters = map[stack.Parameter][2]string{
	stack.AccountID: {"aws_caller_identity", "account_id"},
	stack.Partition: {"aws_partition", "partition"},
	stack.URLSuffix: {"aws_partition", "dns_suffix"},
	stack.Region:    {"aws_region", "region"},
}
