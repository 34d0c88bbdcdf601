package openwhisk_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// What wskdeploy understands of a manifest, as far as fngen uses it. It refuses
// every other key, and so do the tests.
type (
	manifest struct {
		Project struct {
			Name     string              `yaml:"name"`
			Inputs   map[string]wskInput `yaml:"inputs"`
			Packages map[string]wskGroup `yaml:"packages"`
		} `yaml:"project"`
	}
	// An input of the project is no parameter of anything; what is required and
	// comes out empty ends wskdeploy before it has sent anything.
	wskInput struct {
		Type     string `yaml:"type"`
		Value    string `yaml:"value"`
		Required bool   `yaml:"required"`
	}
	wskGroup struct {
		Actions  map[string]wskAction  `yaml:"actions"`
		Triggers map[string]wskTrigger `yaml:"triggers"`
		Rules    map[string]wskRule    `yaml:"rules"`
	}
	wskAction struct {
		Function string             `yaml:"function"`
		Runtime  string             `yaml:"runtime"`
		Web      string             `yaml:"web"`
		Inputs   map[string]*oneOff `yaml:"inputs"`
		Limits   struct {
			Timeout    int `yaml:"timeout"`
			MemorySize int `yaml:"memorySize"`
		} `yaml:"limits"`
		Annotations map[string]any `yaml:"annotations"`
	}
	wskTrigger struct {
		Feed   string             `yaml:"feed"`
		Inputs map[string]*oneOff `yaml:"inputs"`
	}
	wskRule struct {
		Trigger string `yaml:"trigger"`
		Action  string `yaml:"action"`
	}
)

// oneOff is an input: a value, or a mapping with its type.
type oneOff struct {
	typed bool
	value any
}

func (o *oneOff) UnmarshalYAML(node *yaml.Node) error {
	var typed struct {
		Type  string
		Value any
	}
	if node.Kind != yaml.MappingNode {
		return node.Decode(&o.value)
	}
	if len(node.Content) != 4 {
		return fmt.Errorf("line %d: an input with other keys than type and value", node.Line)
	}
	if err := node.Decode(&typed); err != nil {
		return err
	}
	if typed.Type != "json" || typed.Value == nil {
		return fmt.Errorf("line %d: an input of type %s", node.Line, typed.Type)
	}
	o.typed, o.value = true, typed.Value
	return nil
}

var (
	// taken is a text that wskdeploy takes from its environment as a whole, and
	// joined are two of them.
	taken  = regexp.MustCompile(`^\$([A-Z][A-Z0-9_]*)$`)
	joined = regexp.MustCompile(`^\$\{([A-Z][A-Z0-9_]*)\}:\$\{([A-Z][A-Z0-9_]*)\}$`)
	// instead are texts that become something else as inputs.
	instead = []string{"string", "integer", "float", "boolean", "json", "null", "~"}
)

// arrives is what the platform gets of the input. Texts that wskdeploy may
// change are errors: any with a $, unless it is the whole of a variable, or two
// with a colon between them.
func (o oneOff) arrives(environment map[string]string) (any, error) {
	text, ok := o.value.(string)
	switch {
	case !ok:
		return o.value, nil
	case o.typed:
		var value any
		return value, json.Unmarshal([]byte(text), &value)
	case slices.Contains(instead, text):
		return nil, fmt.Errorf("the input %q becomes another value", text)
	case !strings.Contains(text, "$"):
		return text, nil
	}
	names := taken.FindStringSubmatch(text)
	if names == nil {
		names = joined.FindStringSubmatch(text)
	}
	if names == nil {
		return nil, fmt.Errorf("the input %q is changed", text)
	}
	var values []string
	for _, name := range names[1:] {
		value, ok := environment[name]
		if !ok {
			return nil, fmt.Errorf("the input %q names no variable that the head of the manifest does", text)
		}
		values = append(values, value)
	}
	return strings.Join(values, ":"), nil
}

// arrived is what the platform gets of the inputs.
func arrived(t *testing.T, inputs map[string]*oneOff, environment map[string]string) map[string]any {
	t.Helper()
	out := map[string]any{}
	for name, input := range inputs {
		if input == nil {
			t.Fatalf("the input %s is null", name)
		}
		value, err := input.arrives(environment)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[name] = value
	}
	return out
}

// asked are the variables that the head of the manifest asks for, without which
// wskdeploy ends; the value of NAME is "value of NAME".
func asked(t *testing.T, data []byte) map[string]string {
	t.Helper()
	out := map[string]string{}
	for line := range strings.Lines(string(data)) {
		if list, ok := strings.CutPrefix(line, "# with these in the environment, without which nothing is deployed: "); ok {
			for name := range strings.SplitSeq(strings.TrimSuffix(list, ".\n"), ", ") {
				out[name] = "value of " + name
			}
		}
	}
	var m manifest
	if err := yaml.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	required := map[string]string{}
	for name, input := range m.Project.Inputs {
		if input != (wskInput{"string", "$" + name, true}) {
			t.Errorf("the input %s is %v", name, input)
		}
		required[name] = "value of " + name
	}
	if diff := cmp.Diff(out, required); diff != "" {
		t.Errorf("what the head asks for is not what is required (-head +required):\n%s", diff)
	}
	return out
}

// parse reads the one package of a manifest.
func parse(t *testing.T, data []byte) (name string, pkg wskGroup) {
	t.Helper()
	var m manifest
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(&m); err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	if err := d.Decode(new(any)); err != io.EOF {
		t.Fatalf("a second document: %v", err)
	}
	if len(m.Project.Packages) != 1 {
		t.Fatalf("%d packages", len(m.Project.Packages))
	}
	for name, pkg = range m.Project.Packages {
		if m.Project.Name != name {
			t.Errorf("the project %s has the package %s", m.Project.Name, name)
		}
	}
	return name, pkg
}
