package gen

import (
	"bytes"

	"go.yaml.in/yaml/v3"
)

// Mapping is a YAML mapping whose members stand in their order. A member whose
// value is nil is left out.
type Mapping []Member

// A Member is a key of a Mapping with its value: a Mapping, a [Text], a
// [Tagged], a list of such, or whatever the YAML library encodes.
type Member struct {
	Key   string
	Value any
}

// MarshalYAML implements yaml.Marshaler.
func (m Mapping) MarshalYAML() (any, error) {
	out := &yaml.Node{Kind: yaml.MappingNode}
	for _, member := range m {
		if member.Value == nil {
			continue
		}
		value := &yaml.Node{}
		if err := value.Encode(member.Value); err != nil {
			return nil, err
		}
		key := &yaml.Node{}
		if err := key.Encode(member.Key); err != nil {
			return nil, err
		}
		out.Content = append(out.Content, key, value)
	}
	return out, nil
}

// Text is a string that may hold anything. It is written in quotes, so that
// every reader takes it for a string, whichever version of YAML it knows.
type Text string

// MarshalYAML implements yaml.Marshaler.
func (t Text) MarshalYAML() (any, error) {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: string(t), Style: yaml.DoubleQuotedStyle}, nil
}

// Tagged is a value with a tag of its own, !Sub for instance.
type Tagged struct {
	Tag   string
	Value any
}

// MarshalYAML implements yaml.Marshaler.
func (t Tagged) MarshalYAML() (any, error) {
	node := &yaml.Node{}
	if err := node.Encode(t.Value); err != nil {
		return nil, err
	}
	node.Tag = t.Tag
	node.Style |= yaml.TaggedStyle
	return node, nil
}

// EncodeYAML returns the document with a comment before it, whose lines begin
// with #.
func EncodeYAML(comment string, document Mapping) ([]byte, error) {
	b := bytes.NewBufferString(comment)
	e := yaml.NewEncoder(b)
	e.SetIndent(2)
	if err := e.Encode(document); err != nil {
		return nil, err
	}
	return b.Bytes(), e.Close()
}
