package aws

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A resource is one of a template, by its logical id.
type resource struct {
	id, kind string
	outlives bool // its stack
	body     *yaml.Node
}

// A template is one of CloudFormation that can be written again.
type template struct {
	document  yaml.Node
	resources []resource
	code      map[string]*yaml.Node // of functions whose archive lies beside the template, by its name
}

// parse reads the template.
func parse(data []byte) (*template, error) {
	t := &template{code: map[string]*yaml.Node{}}
	if err := yaml.Unmarshal(data, &t.document); err != nil {
		return nil, fmt.Errorf("template: %w", err)
	}
	if len(t.document.Content) == 0 {
		return nil, fmt.Errorf("template: it is empty")
	}
	all := member(t.document.Content[0], "Resources")
	if all == nil || all.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("template: it has no resources")
	}
	for i := 0; i+1 < len(all.Content); i += 2 {
		id, body := all.Content[i].Value, all.Content[i+1]
		r := resource{id: id, body: body}
		if kind := member(body, "Type"); kind != nil {
			r.kind = kind.Value
		}
		if policy := member(body, "DeletionPolicy"); policy != nil {
			r.outlives = strings.HasPrefix(policy.Value, "Retain")
		}
		t.resources = append(t.resources, r)
		if code := member(member(body, "Properties"), "Code"); r.kind == "AWS::Lambda::Function" && code != nil && code.Kind == yaml.ScalarNode {
			t.code[id] = code
		}
	}
	return t, nil
}

func member(node *yaml.Node, key string) *yaml.Node {
	if node == nil || node.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			return node.Content[i+1]
		}
	}
	return nil
}

// same reports whether the nodes mean the same, however they are written.
func same(a, b *yaml.Node) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.Kind != b.Kind || a.ShortTag() != b.ShortTag() || a.Value != b.Value || len(a.Content) != len(b.Content) {
		return false
	}
	for i, child := range a.Content {
		other := b.Content[i]
		switch {
		case a.Kind == yaml.MappingNode && i%2 == 0:
			continue
		case a.Kind == yaml.MappingNode:
			other = member(b, a.Content[i-1].Value)
		}
		if !same(child, other) {
			return false
		}
	}
	return true
}

// put has each function be of the object that key returns for its archive.
func (t *template) put(bucket string, key func(archive string) (string, error)) ([]byte, error) {
	for _, code := range t.code {
		name, err := key(path.Clean(code.Value))
		if err != nil {
			return nil, err
		}
		var object yaml.Node
		if err := object.Encode(map[string]string{"S3Bucket": bucket, "S3Key": name}); err != nil {
			return nil, err
		}
		*code = object
	}
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := e.Encode(&t.document); err != nil {
		return nil, err
	}
	return out.Bytes(), e.Close()
}
