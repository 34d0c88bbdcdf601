package config

import (
	"encoding/json"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
)

// SchemaID is the name of the JSON Schema of fngen.yaml.
const SchemaID = "https://github.com/fngen/fngen/fngen.schema.json"

// Schema returns the JSON Schema of fngen.yaml. read asks a Config for all keys
// that there are, which has a function and a resource.
func Schema(known []string, read func(*Config)) ([]byte, error) {
	c := Parse([]byte("functions: {any: {}}\nresources: {any: {}}\n"), known)
	c.Operate(model.Function{Name: "any"}, "")
	read(c)
	top := c.top.schema()
	top.Schema, top.ID = "https://json-schema.org/draft/2020-12/schema", SchemaID
	for _, of := range []string{"functions", "resources"} {
		byName := top.Properties[of]
		byName.PatternProperties = map[string]*schema{model.NameGrammar.String(): byName.Properties["any"]}
		byName.Properties = nil
	}
	function := top.Properties["functions"].PatternProperties[model.NameGrammar.String()]
	variables := map[string]*schema{variableGrammar.String(): {Type: jsonTypes{"string"}}}
	function.Properties[model.KeyEnv].PatternProperties = variables
	for _, name := range known {
		function.Properties[name].Properties[model.KeyEnv].PatternProperties = variables
	}
	data, err := json.MarshalIndent(top, "", "  ")
	return append(data, '\n'), err
}

// schema is the part of JSON Schema that fngen.yaml needs.
type schema struct {
	Schema               string             `json:"$schema,omitempty"`
	ID                   string             `json:"$id,omitempty"`
	Description          string             `json:"description,omitempty"`
	Type                 jsonTypes          `json:"type"`
	Default              string             `json:"default,omitempty"`
	Enum                 []string           `json:"enum,omitempty"`
	Pattern              string             `json:"pattern,omitempty"`
	Minimum              *int               `json:"minimum,omitempty"`
	Maximum              *int               `json:"maximum,omitempty"`
	Items                *schema            `json:"items,omitempty"`
	MinItems             int                `json:"minItems,omitempty"`
	Properties           map[string]*schema `json:"properties,omitempty"`
	PatternProperties    map[string]*schema `json:"patternProperties,omitempty"`
	Required             []string           `json:"required,omitempty"`
	AdditionalProperties *bool              `json:"additionalProperties,omitempty"`
}

// jsonTypes are the types that a value may have.
type jsonTypes []string

// MarshalJSON writes a single type as a string.
func (t jsonTypes) MarshalJSON() ([]byte, error) {
	if len(t) == 1 {
		return json.Marshal(t[0])
	}
	return json.Marshal([]string(t))
}

// schema returns the schema of the mapping: the keys that were asked for.
func (s *Settings) schema() *schema {
	no := false
	// A key without a value is an empty mapping.
	out := &schema{Description: s.doc, Type: jsonTypes{"object", "null"}, AdditionalProperties: &no, Properties: map[string]*schema{}, Required: s.needs}
	if len(s.needs) > 0 {
		out.Type = jsonTypes{"object"}
	}
	for _, key := range s.asked {
		switch key.kind {
		case ofSection:
			out.Properties[key.Name] = s.sections[key.Name].schema()
		case ofMappings:
			list := key.schema()
			list.Items = s.lists[key.Name][0].schema()
			out.Properties[key.Name] = list
		default:
			out.Properties[key.Name] = key.schema()
		}
	}
	return out
}

func (k Key) schema() *schema {
	out := &schema{Type: jsonTypes{"string"}, Default: k.Default, Enum: k.OneOf}
	if k.Grammar != nil {
		out.Pattern = k.Grammar.String()
	}
	switch k.kind {
	case ofInt:
		out = &schema{Type: jsonTypes{"integer"}, Minimum: &k.Low, Maximum: &k.High}
	case ofBool:
		out = &schema{Type: jsonTypes{"boolean"}}
	case ofMappings:
		out = &schema{Type: jsonTypes{"array"}, MinItems: 1}
	case ofList:
		out = &schema{Type: jsonTypes{"array"}, Items: out, MinItems: 1}
	case ofOneOrMore:
		item := *out
		item.Default = ""
		out.Type, out.Items, out.MinItems = jsonTypes{"string", "array"}, &item, 1
		out.Enum = nil // or no list would be taken
	}
	out.Description = k.Doc
	if k.Want != "" {
		out.Description = strings.TrimSuffix(k.Doc, ".") + ": " + k.Want + "."
	}
	return out
}
