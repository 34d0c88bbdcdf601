package gen

import (
	"bytes"
	"errors"
	"fmt"
	"go/token"
	"io"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// ConfigFile is the name of the optional file in the application's root that
// holds what operators decide.
const ConfigFile = "fngen.yaml"

// A Config is the contents of fngen.yaml. Who understands a key asks for it;
// when all have asked, Problems has what is left.
type Config struct {
	top   Settings
	known []string // all targets
}

// Targets returns the names of the targets that the file names, in its order.
func (c *Config) Targets() []string {
	targets := c.top.Section("targets")
	return slices.DeleteFunc(slices.Clone(targets.order), func(name string) bool { return !slices.Contains(c.known, name) })
}

// Target returns what the file says of the target.
func (c *Config) Target(name string) *Settings { return c.top.Section("targets").Section(name) }

// Resources returns what the file says of each resource on the target.
func (c *Config) Resources(target string) map[string]*Settings {
	resources := c.top.Section("resources")
	out := map[string]*Settings{}
	for _, name := range resources.order {
		if err := validName(name); err != nil {
			resources.ask(name)
			resources.failOnce(resources.keys[name], "resources: %s", err)
			continue
		}
		out[name] = resources.Section(name).Section(target)
	}
	return out
}

// Problems returns what was wrong, and the keys that nobody asked for.
func (c *Config) Problems() []Problem { return SortProblems(c.top.Problems()) }

// ReadConfig reads fngen.yaml, if there is one. known are the names of all
// targets.
func ReadConfig(root *os.Root, known []string) (*Config, error) {
	data, err := root.ReadFile(ConfigFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return ParseConfig(data, known), nil
}

// ParseConfig understands the text of fngen.yaml; what is wrong with it is among
// the Config's problems.
func ParseConfig(data []byte, known []string) *Config {
	top, problem := parseSettings(data)
	if problem != nil {
		top.problems = append(top.problems, *problem)
	}
	c := &Config{top: *top, known: known}
	targets := c.top.Section("targets")
	for _, name := range known {
		targets.Section(name)
		c.Resources(name)
	}
	return c
}

func parseSettings(data []byte) (*Settings, *Problem) {
	var document, second yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(&document); err == io.EOF {
		return &Settings{}, nil
	} else if err != nil {
		return &Settings{}, yamlProblem(err, data)
	}
	if err := d.Decode(&second); err == nil {
		pos := token.Position{Filename: ConfigFile, Line: second.Line, Column: second.Column}
		return &Settings{}, &Problem{Pos: pos, Message: "the file holds a second document here; keep one"}
	} else if err != io.EOF {
		return &Settings{}, yamlProblem(err, data)
	}
	return newSettings("", document.Content[0]), nil
}

// yamlProblem turns "yaml: line 3: text" into a problem of line 3, and an error
// without a line into one of the first of data.
func yamlProblem(err error, data []byte) *Problem {
	p := &Problem{Pos: token.Position{Filename: ConfigFile, Line: 1, Column: 1}, Message: strings.TrimPrefix(err.Error(), "yaml: ")}
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

// Settings is one mapping of fngen.yaml. Each key is asked for by who
// understands it; a key that nobody asked for is a problem.
type Settings struct {
	path     string
	order    []string
	keys     map[string]*yaml.Node
	values   map[string]*yaml.Node
	asked    []string
	sections map[string]*Settings
	problems []Problem
}

func newSettings(path string, node *yaml.Node) *Settings {
	s := &Settings{path: path, keys: map[string]*yaml.Node{}, values: map[string]*yaml.Node{}}
	node = resolve(node)
	if node.Kind == yaml.ScalarNode && node.Tag == "!!null" {
		return s
	}
	if node.Kind != yaml.MappingNode {
		s.fail(node, "%s is not a mapping; write key: value below it", s.describe())
		return s
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		if s.has(key.Value) {
			s.fail(key, "the key %q is there twice; keep one", clip(key.Value))
			continue
		}
		s.order = append(s.order, key.Value)
		s.keys[key.Value], s.values[key.Value] = key, value
	}
	return s
}

func (s *Settings) describe() string {
	if s.path == "" {
		return "the file"
	}
	return s.path
}

func (s *Settings) full(key string) string {
	if s.path == "" {
		return key
	}
	return s.path + "." + key
}

func (s *Settings) has(key string) bool { return s.keys[key] != nil }

func (s *Settings) fail(at *yaml.Node, format string, args ...any) {
	s.problems = append(s.problems, Problem{
		Pos:     token.Position{Filename: ConfigFile, Line: at.Line, Column: at.Column},
		Message: fmt.Sprintf(format, args...),
	})
}

// failOnce is fail for what may be found several times.
func (s *Settings) failOnce(at *yaml.Node, format string, args ...any) {
	before := len(s.problems)
	s.fail(at, format, args...)
	if slices.Contains(s.problems[:before], s.problems[before]) {
		s.problems = s.problems[:before]
	}
}

func (s *Settings) ask(key string) {
	if !slices.Contains(s.asked, key) {
		s.asked = append(s.asked, key)
	}
}

// Section returns the mapping under the key, an empty one if it is not there.
func (s *Settings) Section(key string) *Settings {
	s.ask(key)
	if section := s.sections[key]; section != nil {
		return section
	}
	section := &Settings{path: s.full(key)}
	if s.has(key) {
		section = newSettings(section.path, s.values[key])
	}
	if s.sections == nil {
		s.sections = map[string]*Settings{}
	}
	s.sections[key] = section
	return section
}

// String returns the string under the key, or preset if it is not there. valid
// says why a value is not possible.
func (s *Settings) String(key, preset string, valid func(string) error) string {
	s.ask(key)
	if !s.has(key) {
		return preset
	}
	value, ok := s.text(key, s.values[key], valid)
	if !ok {
		return preset
	}
	return value
}

// Strings returns the list of strings under the key, or nil if it is not there.
func (s *Settings) Strings(key string, valid func(string) error) []string {
	s.ask(key)
	if !s.has(key) {
		return nil
	}
	list := resolve(s.values[key])
	if list.Kind != yaml.SequenceNode || len(list.Content) == 0 {
		s.fail(s.values[key], "%s is not a list; write [a, b]", s.full(key))
		return nil
	}
	var out []string
	for _, node := range list.Content {
		if value, ok := s.text(key, node, valid); ok {
			out = append(out, value)
		}
	}
	return out
}

// text returns the string that the node under the key is.
func (s *Settings) text(key string, node *yaml.Node, valid func(string) error) (string, bool) {
	value := resolve(node)
	if value.Kind != yaml.ScalarNode || value.Tag != "!!str" {
		s.fail(node, "%s is not a string; quote it", s.full(key))
		return "", false
	}
	if err := valid(value.Value); err != nil {
		s.fail(node, "%s %s", s.full(key), err)
		return "", false
	}
	return value.Value, true
}

// resolve follows aliases.
func resolve(node *yaml.Node) *yaml.Node {
	for node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	return node
}

// Problems returns what was wrong here and below, and the keys that nobody
// asked for. It is called when all are.
func (s *Settings) Problems() []Problem {
	problems := slices.Clone(s.problems)
	known := strings.Join(slices.Sorted(slices.Values(s.asked)), ", ")
	for _, key := range s.order {
		if slices.Contains(s.asked, key) {
			continue
		}
		way := fmt.Sprintf("the keys of %s are %s", s.describe(), known)
		if known == "" {
			way = s.describe() + " has none; remove it"
		}
		node := s.keys[key]
		problems = append(problems, Problem{
			Pos:     token.Position{Filename: ConfigFile, Line: node.Line, Column: node.Column},
			Message: fmt.Sprintf("unknown key %q; %s", clip(key), way),
		})
	}
	for _, key := range slices.Sorted(maps.Keys(s.sections)) {
		problems = append(problems, s.sections[key].Problems()...)
	}
	return problems
}

// OneOf accepts the values.
func OneOf(values ...string) func(string) error {
	return func(s string) error {
		if !slices.Contains(values, s) {
			return fmt.Errorf("is %q; give one of %s", clip(s), strings.Join(values, ", "))
		}
		return nil
	}
}
