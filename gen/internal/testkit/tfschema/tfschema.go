// Package tfschema knows the names of Terraform's providers, and tells what of a
// main.tf they do not know.
package tfschema

import (
	"embed"
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

//go:embed *.json
var data embed.FS

// A Provider is what provider.mjs has written of one.
type Provider struct {
	Version        string // the oldest that has all names
	Resource, Data map[string]Schema
}

// A Schema is that of a resource or of a block in one.
type Schema struct {
	Required, Optional []string // arguments
	Blocks             map[string]Schema
	Must               bool     // a block has to be there
	Exported           []string // what others may refer to
}

// Read returns the provider: google or aws.
func Read(t testing.TB, name string) Provider {
	t.Helper()
	text, err := data.ReadFile(name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var p Provider
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// Unknown returns the resources, blocks and arguments that the provider does not
// have, and what it demands and is not there.
func (p Provider) Unknown(file *Tree) []string {
	var wrong []string
	for _, block := range file.Blocks {
		of := map[string]map[string]Schema{"resource": p.Resource, "data": p.Data}[block.Type]
		if of == nil {
			continue
		}
		s, ok := of[block.Labels[0]]
		if !ok {
			wrong = append(wrong, "the provider has no "+block.Type+" "+block.Labels[0])
			continue
		}
		wrong = append(wrong, s.unknown(strings.Join(block.Labels, "."), block.Body, "depends_on", "for_each", "count")...)
	}
	return wrong
}

func (s Schema) unknown(path string, b *Tree, meta ...string) []string {
	var wrong []string
	for name := range b.Attributes {
		if !slices.Contains(slices.Concat(s.Required, s.Optional, meta), name) {
			wrong = append(wrong, path+" has no argument "+name)
		}
	}
	for _, name := range s.Required {
		if b.Attributes[name] == nil {
			wrong = append(wrong, path+" lacks the argument "+name)
		}
	}
	there := map[string]bool{}
	for _, block := range b.Blocks {
		if block.Type == "lifecycle" && len(meta) > 0 {
			continue
		}
		there[block.Type] = true
		inner, ok := s.Blocks[block.Type]
		if !ok {
			wrong = append(wrong, path+" has no block "+block.Type)
			continue
		}
		wrong = append(wrong, inner.unknown(path+"."+block.Type, block.Body)...)
	}
	for name, block := range s.Blocks {
		if block.Must && !there[name] {
			wrong = append(wrong, path+" lacks the block "+name)
		}
	}
	return wrong
}

// Dangling returns the references to what the file does not declare, or to an
// attribute or block that the provider does not export, and what is declared twice.
func (p Provider) Dangling(file *Tree) []string {
	var wrong []string
	declared := map[string]bool{"each.key": true, "each.value": true, "path.module": true}
	for _, block := range file.Blocks {
		var names []string
		switch block.Type {
		case "variable":
			names = []string{"var." + block.Labels[0]}
		case "locals":
			for local := range block.Body.Attributes {
				names = append(names, "local."+local)
			}
		case "data":
			names = []string{"data." + strings.Join(block.Labels, ".")}
		case "resource":
			names = []string{strings.Join(block.Labels, ".")}
		}
		for _, n := range names {
			if declared[n] {
				wrong = append(wrong, n+" is declared twice")
			}
			declared[n] = true
		}
	}
	for _, steps := range References(file) {
		of, length := p.Resource, 2
		switch steps[0] {
		case "data":
			of, length = p.Data, 3
		case "self":
			continue
		}
		if len(steps) < length || !declared[strings.Join(steps[:length], ".")] {
			wrong = append(wrong, strings.Join(steps, ".")+" is not declared")
			continue
		}
		s, isResource := of[steps[length-2]]
		if !isResource || len(steps) == length {
			continue
		}
		if _, block := s.Blocks[steps[length]]; !block && !slices.Contains(s.Exported, steps[length]) {
			wrong = append(wrong, strings.Join(steps, ".")+" is not exported")
		}
	}
	return wrong
}

// References returns those of all expressions, but for the types of variables.
func References(b *Tree) [][]string {
	var out [][]string
	for name, a := range b.Attributes {
		if name != "type" {
			out = append(out, Names(a.Expr)...)
		}
	}
	for _, block := range b.Blocks {
		out = append(out, References(block.Body)...)
	}
	return out
}
