package gen

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
)

// ConfigFile is the name of the optional file in the application's root that
// holds what operators decide.
const ConfigFile = "fngen.yaml"

// A Config is the contents of fngen.yaml.
type Config struct {
	named    []string // targets, in the file's order
	settings map[string]*Settings
}

// Targets returns the names of the targets that the file names.
func (c *Config) Targets() []string { return c.named }

// Settings returns what the file says of the target.
func (c *Config) Settings(target string) *Settings {
	if s := c.settings[target]; s != nil {
		return s
	}
	return &Settings{path: "targets." + target}
}

// ReadConfig reads fngen.yaml, if there is one. known are the names of all
// targets.
func ReadConfig(root *os.Root, known []string) (*Config, []Problem, error) {
	data, err := root.ReadFile(ConfigFile)
	if errors.Is(err, fs.ErrNotExist) {
		return &Config{}, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	c, problems := parseConfig(data, known)
	return c, problems, nil
}

func parseConfig(data []byte, known []string) (*Config, []Problem) {
	var document yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(&document); err == io.EOF {
		return &Config{}, nil
	} else if err != nil {
		return &Config{}, []Problem{yamlProblem(err, data)}
	}
	var second yaml.Node
	if err := d.Decode(&second); err == nil {
		pos := token.Position{Filename: ConfigFile, Line: second.Line, Column: second.Column}
		return &Config{}, []Problem{{Pos: pos, Message: "the file holds a second document here; keep one"}}
	} else if err != io.EOF {
		return &Config{}, []Problem{yamlProblem(err, data)}
	}
	top := newSettings("", document.Content[0])
	targets := top.Section("targets")
	c := &Config{settings: map[string]*Settings{}}
	for _, name := range known {
		if section := targets.Section(name); targets.has(name) {
			c.settings[name] = section
		}
	}
	for _, k := range targets.order {
		if c.settings[k] != nil {
			c.named = append(c.named, k)
		}
	}
	return c, SortProblems(append(top.Problems(), targets.Problems()...))
}

// yamlProblem turns "yaml: line 3: text" into a problem of line 3, and an error
// without a line into one of the first of data.
func yamlProblem(err error, data []byte) Problem {
	p := Problem{Pos: token.Position{Filename: ConfigFile, Line: 1, Column: 1}, Message: strings.TrimPrefix(err.Error(), "yaml: ")}
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
	problems []Problem
}

func newSettings(path string, node *yaml.Node) *Settings {
	s := &Settings{path: path, keys: map[string]*yaml.Node{}, values: map[string]*yaml.Node{}}
	for node.Kind == yaml.AliasNode {
		node = node.Alias
	}
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

// Section returns the mapping under the key, an empty one if it is not there.
// Its problems are its own.
func (s *Settings) Section(key string) *Settings {
	s.asked = append(s.asked, key)
	if !s.has(key) {
		return &Settings{path: s.full(key)}
	}
	return newSettings(s.full(key), s.values[key])
}

// String returns the string under the key, or preset if it is not there. valid
// says why a value is not possible.
func (s *Settings) String(key, preset string, valid func(string) error) string {
	s.asked = append(s.asked, key)
	if !s.has(key) {
		return preset
	}
	value := s.values[key]
	for value.Kind == yaml.AliasNode {
		value = value.Alias
	}
	if value.Kind != yaml.ScalarNode || value.Tag != "!!str" {
		s.fail(s.values[key], "%s is not a string; quote it", s.full(key))
		return preset
	}
	if err := valid(value.Value); err != nil {
		s.fail(s.values[key], "%s %s", s.full(key), err)
		return preset
	}
	return value.Value
}

// Problems returns what was wrong, and the keys that nobody asked for. It is
// called when all are.
func (s *Settings) Problems() []Problem {
	known := slices.Compact(slices.Sorted(slices.Values(s.asked)))
	for _, key := range s.order {
		if !slices.Contains(s.asked, key) {
			s.fail(s.keys[key], "unknown key %q; the keys of %s are %s", clip(key), s.describe(), strings.Join(known, ", "))
		}
	}
	s.order = nil // it is said once
	return s.problems
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
