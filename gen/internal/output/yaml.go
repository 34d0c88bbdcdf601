package output

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// Mapping is a YAML mapping whose members stand in their order. A member whose
// value is nil is left out.
type Mapping []Member

// A Member is a key of a Mapping with its value: a Mapping, a [Text], a
// [Tagged], a list of such, a node, or whatever the YAML library encodes.
type Member struct {
	Key   string
	Value any
}

// Find returns what is below the keys in mappings; nil for nothing.
func Find(v any, keys ...string) any {
	for _, key := range keys {
		mapping, _ := v.(Mapping)
		at := slices.IndexFunc(mapping, func(m Member) bool { return m.Key == key })
		if at < 0 {
			return nil
		}
		v = mapping[at].Value
	}
	return v
}

// nodeOf returns the node of a value. It takes mappings and lists apart by
// itself, since the library would write and read a document for each.
func nodeOf(value any) (*yaml.Node, error) {
	out := &yaml.Node{}
	switch v := value.(type) {
	case Mapping:
		out.Kind = yaml.MappingNode
		for _, member := range v {
			if member.Value == nil {
				continue
			}
			if err := appendNodes(out, member.Key, member.Value); err != nil {
				return nil, err
			}
		}
		return out, nil
	case []Mapping:
		out.Kind = yaml.SequenceNode
		for _, element := range v {
			if err := appendNodes(out, element); err != nil {
				return nil, err
			}
		}
		return out, nil
	case []any:
		out.Kind = yaml.SequenceNode
		return out, appendNodes(out, v...)
	case Tagged:
		node, err := nodeOf(v.Value)
		if err != nil {
			return nil, err
		}
		node.Tag = v.Tag
		node.Style |= yaml.TaggedStyle
		return node, nil
	case Text:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: string(v), Style: yaml.DoubleQuotedStyle}, nil
	case *yaml.Node:
		return v, nil
	case string:
		if word.MatchString(v) {
			return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: v}, nil
		}
		if strings.ContainsFunc(v, unicode.IsControl) {
			return nodeOf(Text(v)) // as a block of lines it is not always read back
		}
	}
	return out, out.Encode(value)
}

// word matches strings that no version of YAML takes for anything else.
var word = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9:./-]{4,}[A-Za-z0-9]$`)

func appendNodes(to *yaml.Node, values ...any) error {
	for _, value := range values {
		node, err := nodeOf(value)
		if err != nil {
			return err
		}
		to.Content = append(to.Content, node)
	}
	return nil
}

// Text is a string that may hold anything. It is written in quotes, so that
// every reader takes it for a string, whichever version of YAML it knows.
type Text string

// MarshalYAML implements yaml.Marshaler.
func (t Text) MarshalYAML() (any, error) { return nodeOf(t) }

// Tagged is a value with a tag of its own, !Sub for instance.
type Tagged struct {
	Tag   string
	Value any
}

// EncodeYAML returns the document with a comment before it, whose lines begin
// with #.
func EncodeYAML(comment string, document any) ([]byte, error) {
	b := bytes.NewBufferString(comment)
	e := yaml.NewEncoder(b)
	e.SetIndent(2)
	node, err := nodeOf(document)
	if err != nil {
		return nil, err
	}
	if err := e.Encode(node); err != nil {
		return nil, err
	}
	return b.Bytes(), e.Close()
}
