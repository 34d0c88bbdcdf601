// Package config is fngen.yaml: what operators decide, read key by key by
// whoever understands it, and its JSON Schema.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"go/token"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/fngen/fngen/gen/internal/model"
)

// File is the name of the optional file in the application's root that
// holds what operators decide.
const File = "fngen.yaml"

// OverlayFile is the name of the file whose keys take the place of those of
// [File] in an environment.
func OverlayFile(env string) string { return "fngen." + env + ".yaml" }

// A Config is the contents of fngen.yaml. Who understands a key asks for it;
// when all have asked, Diagnostics has what is left.
type Config struct {
	top    *Settings
	known  []string // all targets
	Allows []model.Allow
}

// Targets returns the names of the targets that the file names, in its order.
func (c *Config) Targets() []string {
	return slices.DeleteFunc(slices.Clone(c.targets().order), func(name string) bool { return !slices.Contains(c.known, name) })
}

// Target returns what the file says of the target.
func (c *Config) Target(name string) *Settings {
	return c.targets().Section(name, "Settings of the target "+name+".")
}

func (c *Config) targets() *Settings {
	return c.top.Section("targets", "The targets, and what operators decide for each.")
}

func (c *Config) resources() *Settings {
	return c.top.Section("resources", "What directives name: queues, topics, buckets, collections, streams. What is not named here is created.")
}

func (c *Config) functions() *Settings {
	return c.top.Section("functions", "What operators decide for each function, by its name.")
}

// Sections are what the file says for one target.
type Sections struct {
	Target    *Settings            // of the target itself
	Resources map[string]*Settings // of each resource there, by its logical name
	Functions map[string]*Settings // of each function there, by its name
}

// Sections returns them for the target.
func (c *Config) Sections(target string) Sections {
	out := Sections{c.Target(target), map[string]*Settings{}, map[string]*Settings{}}
	resources := c.resources()
	for _, name := range resources.order {
		if err := model.ValidName(name); err != nil {
			resources.ask(Key{Name: name})
			resources.fail("config-value", resources.keys[name], "resources: %s", err)
			continue
		}
		out.Resources[name] = resources.Section(name, "").Section(target, "The resource on the target "+target+".")
	}
	for _, name := range c.functions().order { // which are asked for by Operate, if they are functions
		out.Functions[name] = functionOn(c.functions().section(name, ""), target)
	}
	return out
}

// functionOn returns what the function's settings say for the target.
func functionOn(function *Settings, target string) *Settings {
	return function.Section(target, "The function on the target "+target+", over what is said of it on all.")
}

// Diagnostics returns what was wrong, and the keys that nobody asked for.
func (c *Config) Diagnostics() []model.Diagnostic { return model.Sort(c.top.Diagnostics()) }

// Read reads fngen.yaml, if there is one, and over it the file of the
// environment, unless env is "". known are the names of all targets.
func Read(root *os.Root, env string, known []string) (*Config, error) {
	data, err := root.ReadFile(File)
	if errors.Is(err, fs.ErrNotExist) {
		if _, missing := root.Lstat(File); missing != nil { // else it is a link to nothing
			err = nil
		}
	}
	if err != nil {
		return nil, err
	}
	unread, err := notRead(root)
	if err != nil {
		return nil, err
	}
	var over []byte
	if env != "" {
		if over, err = readOverlay(root, env); err != nil {
			return nil, err
		}
	}
	c := ParseOverlaid(data, env, over, known)
	c.top.diagnostics = append(c.top.diagnostics, unread...)
	c.top.source.open = root.Open
	return c, nil
}

func readOverlay(root *os.Root, env string) ([]byte, error) {
	if err := model.ValidName(env); err != nil {
		return nil, fmt.Errorf("the environment %w", err)
	}
	over, err := root.ReadFile(OverlayFile(env))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no %s; write it with what is different in this environment", OverlayFile(env))
	}
	return over, err
}

// Parse understands the text of fngen.yaml; what is wrong with it is among the
// Config's diagnostics.
func Parse(data []byte, known []string) *Config { return ParseOverlaid(data, "", nil, known) }

// ParseOverlaid is Parse with the text of the environment's file over it:
// mappings are merged, and anything else takes the other's place.
func ParseOverlaid(data []byte, env string, over []byte, known []string) *Config {
	node, diagnostics := parseYAML(File, data)
	overNode, more := parseYAML(OverlayFile(env), over)
	src := &source{over: OverlayFile(env), nodes: map[*yaml.Node]bool{}}
	src.add(overNode)
	c := &Config{top: newSettings(src, "", src.merge(node, overNode, 0)), known: known}
	c.top.diagnostics = slices.Concat(c.top.diagnostics, diagnostics, more)
	for _, name := range known {
		c.Sections(name)
	}
	c.functions()
	c.top.String(logLevel)
	c.Build()
	c.readAllows()
	return c
}

// parseYAML returns the top of the file's document; nil if it is empty or
// wrong.
func parseYAML(file string, data []byte) (*yaml.Node, []model.Diagnostic) {
	var document, second yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(&document); err == io.EOF {
		return nil, nil
	} else if err != nil {
		return nil, []model.Diagnostic{yamlDiagnostic(err, file, data)}
	}
	if err := d.Decode(&second); err == nil {
		pos := token.Position{Filename: file, Line: second.Line, Column: second.Column}
		return nil, []model.Diagnostic{{Code: "config-syntax", Pos: pos, Message: "the file holds a second document here; keep one"}}
	} else if err != io.EOF {
		return nil, []model.Diagnostic{yamlDiagnostic(err, file, data)}
	}
	return document.Content[0], nil
}

// yamlDiagnostic turns "yaml: line 3: text" into a diagnostic of line 3, and an
// error without a line into one of the first of data.
func yamlDiagnostic(err error, file string, data []byte) model.Diagnostic {
	p := model.Diagnostic{Code: "config-syntax", Pos: token.Position{Filename: file, Line: 1, Column: 1}, Message: model.Hide(strings.TrimPrefix(err.Error(), "yaml: "))}
	var line int
	if n, _ := fmt.Sscanf(p.Message, "line %d:", &line); n == 1 {
		p.Pos.Line = line
		_, p.Message, _ = strings.Cut(p.Message, ": ")
		if fromZero.MatchString(p.Message) {
			p.Pos.Line++
		}
		lines := bytes.Count(bytes.TrimSuffix(data, []byte("\n")), []byte("\n")) + 1
		p.Pos.Line = max(1, min(p.Pos.Line, lines)) // the end of the file is none
	}
	return p
}

// fromZero matches the errors of the YAML parser, which counts lines from 0,
// unlike its scanner.
var fromZero = regexp.MustCompile(`^did not find expected (<|node content|key|'-'|',')`)

// A source tells which file a node is from.
type source struct {
	over  string // the environment's file; "" for none
	nodes map[*yaml.Node]bool
	open  func(name string) (*os.File, error) // a file below the application's folder; nil for none
}

// add notes the nodes of the environment's file.
func (s *source) add(node *yaml.Node) {
	if node == nil {
		return
	}
	s.nodes[node] = true
	for _, n := range node.Content {
		s.add(n)
	}
}

func (s *source) position(node *yaml.Node) token.Position {
	file := File
	if s != nil && s.nodes[node] {
		file = s.over
	}
	return token.Position{Filename: file, Line: node.Line, Column: node.Column}
}

// merge returns base with over's keys in it. Below depth levels nothing is
// merged: no key lies there, and an alias may refer to what it lies in.
func (s *source) merge(base, over *yaml.Node, depth int) *yaml.Node {
	const depths = 8
	if base == nil {
		return over
	}
	if over == nil {
		return base
	}
	a, b := resolve(base), resolve(over)
	if a.Kind != yaml.MappingNode || b.Kind != yaml.MappingNode || depth > depths {
		return over
	}
	merged := *b
	merged.Content = slices.Clone(a.Content)
	of := len(a.Content)
	for i := 0; i+1 < len(b.Content); i += 2 {
		key, value := b.Content[i], b.Content[i+1]
		at := slices.IndexFunc(merged.Content[:of], func(n *yaml.Node) bool { return n.Value == key.Value && n.Kind == yaml.ScalarNode })
		if at < 0 || at%2 != 0 || s.nodes[merged.Content[at]] { // a key that stands twice in over is found later
			merged.Content = append(merged.Content, key, value)
			continue
		}
		merged.Content[at], merged.Content[at+1] = key, s.merge(merged.Content[at+1], value, depth+1)
	}
	s.nodes[&merged] = true
	return &merged
}
