package config

import (
	"errors"
	"fmt"
	"go/token"
	"io"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/fngen/fngen/gen/internal/model"
)

// Settings is one mapping of fngen.yaml. Each key is asked for by who
// understands it; a key that nobody asked for is an error.
type Settings struct {
	source      *source
	at          *yaml.Node // nil for one that is not there, or is none
	path        string
	doc         string
	order       []string
	keys        map[string]*yaml.Node
	values      map[string]*yaml.Node
	asked       []Key
	names       map[string]bool // of those
	sections    map[string]*Settings
	lists       map[string][]*Settings
	needs       []string
	diagnostics []model.Diagnostic
}

// newSettings returns the mapping that the node is, an empty one if it is nil.
func newSettings(src *source, path string, node *yaml.Node) *Settings {
	s := &Settings{source: src, at: node, path: path, keys: map[string]*yaml.Node{}, values: map[string]*yaml.Node{}}
	if node == nil {
		return s
	}
	node = resolve(node)
	if node.Kind == yaml.ScalarNode && node.Tag == "!!null" {
		return s
	}
	if node.Kind != yaml.MappingNode {
		s.at = nil
		s.fail("config-value", node, "%s is not a mapping; write key: value below it", s.describe())
		return s
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		if s.Has(key.Value) {
			s.fail("config-twice", key, "the key %q is there twice; keep one", model.Clip(key.Value))
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

func (s *Settings) fail(code model.Code, at *yaml.Node, format string, args ...any) {
	s.diagnostics = append(s.diagnostics, model.Diagnostic{
		Code:    code,
		Pos:     s.source.position(at),
		Message: fmt.Sprintf(format, args...),
	})
}

func (s *Settings) ask(key Key) {
	if s.names[key.Name] {
		return
	}
	if s.names == nil {
		s.names = map[string]bool{}
	}
	s.names[key.Name] = true
	s.asked = append(s.asked, key)
}

// Has reports whether the key is there. It does not ask for it.
func (s *Settings) Has(key string) bool { return s.keys[key] != nil }

// Position is where the value of the key stands, which is there.
func (s *Settings) Position(key string) token.Position { return s.source.position(s.values[key]) }

// Section returns the mapping under the key, an empty one if it is not there.
// doc says in a sentence what it holds.
func (s *Settings) Section(key, doc string) *Settings {
	s.ask(Key{Name: key, kind: ofSection})
	return s.section(key, doc)
}

// section is Section for one that is asked for elsewhere, if at all.
func (s *Settings) section(key, doc string) *Settings {
	if section := s.sections[key]; section != nil {
		return section
	}
	section := newSettings(s.source, s.full(key), s.values[key])
	section.doc = doc
	if s.sections == nil {
		s.sections = map[string]*Settings{}
	}
	s.sections[key] = section
	return section
}

// Each has read ask each mapping in the list under the key; one that is empty if
// the key is not there, so that the schema has what it asks for.
func (s *Settings) Each(key Key, read func(*Settings)) {
	key.kind = ofMappings
	s.ask(key)
	items, known := s.lists[key.Name]
	if !known {
		for i, node := range s.list(key.Name, "[{key: value}]") {
			items = append(items, newSettings(s.source, fmt.Sprintf("%s[%d]", s.full(key.Name), i), node))
		}
		if items == nil {
			items = append(items, newSettings(s.source, s.full(key.Name), nil))
		}
		if s.lists == nil {
			s.lists = map[string][]*Settings{}
		}
		s.lists[key.Name] = items
	}
	for _, item := range items {
		read(item)
	}
}

// list returns what is in the list under the key, nil if it is not there or not
// possible.
func (s *Settings) list(key, example string) []*yaml.Node {
	if !s.Has(key) {
		return nil
	}
	list := resolve(s.values[key])
	if list.Kind != yaml.SequenceNode || len(list.Content) == 0 {
		s.fail("config-value", s.values[key], "%s is not a list; write %s", s.full(key), example)
		return nil
	}
	return list.Content
}

// Need refuses a mapping, which is asked for, that is there without one of the
// keys.
func (s *Settings) Need(keys ...string) {
	for _, key := range keys {
		if s.at != nil && !s.Has(key) {
			s.fail("config-value", s.at, "%s has no %s; add it", s.describe(), key)
		}
	}
	s.needs = keys
}

// String returns the string under the key, or the key's default if it is not
// there or not possible.
func (s *Settings) String(key Key) string {
	s.ask(key)
	if s.Has(key.Name) {
		if value, ok := s.text(key, s.values[key.Name]); ok {
			return value
		}
	}
	return key.Default
}

// Strings returns the list of strings under the key, or nil if it is not there.
// The key's default counts for nothing.
func (s *Settings) Strings(key Key) []string {
	key.kind = ofList
	s.ask(key)
	var out []string
	for _, node := range s.list(key.Name, "[a, b]") {
		if value, ok := s.text(key, node); ok {
			out = append(out, value)
		}
	}
	return out
}

// OneOrMore returns the strings of the list under the key, or the one string
// that is there. The key's default stands for one that is not there or not
// possible.
func (s *Settings) OneOrMore(key Key) []string {
	either := key
	either.kind = ofOneOrMore
	s.ask(either)
	if s.Has(key.Name) && resolve(s.values[key.Name]).Kind == yaml.SequenceNode {
		if list := s.Strings(key); len(list) > 0 {
			return list
		}
		return []string{key.Default}
	}
	return []string{s.String(key)}
}

// Int returns the whole number under the key, or 0 if it is not there. It lies
// from the key's Low to its High.
func (s *Settings) Int(key Key) int {
	key.kind = ofInt
	s.ask(key)
	n, err := strconv.Atoi(s.literal(key.Name, "!!int"))
	if s.Has(key.Name) && (err != nil || n < key.Low || n > key.High) {
		s.Refuse("config-value", key.Name, "is not a whole number from %d to %d; give one", key.Low, key.High)
		return 0
	}
	return n
}

// Bool reports whether the key is there and true.
func (s *Settings) Bool(key Key) bool {
	key.kind = ofBool
	s.ask(key)
	yes, err := strconv.ParseBool(s.literal(key.Name, "!!bool"))
	if s.Has(key.Name) && err != nil {
		s.Refuse("config-value", key.Name, "is neither true nor false; give one of the two")
	}
	return yes
}

// literal returns the text of the scalar under the key if it has the tag; else "".
func (s *Settings) literal(key, tag string) string {
	if s.Has(key) {
		if node := resolve(s.values[key]); node.Kind == yaml.ScalarNode && node.Tag == tag {
			return node.Value
		}
	}
	return ""
}

// maxFile is the size in bytes of a file that a key names.
const maxFile = 64 << 10

// File returns what is in the file that the key names, below the application's
// folder, or nil if it is not there or not possible.
func (s *Settings) File(key Key) []byte {
	name := s.String(key)
	if name == "" {
		return nil
	}
	data, err := s.source.readFile(name)
	if err != nil || len(data) > maxFile {
		s.Refuse("config-value", key.Name, "is %q, and no file of 64 KB at most can be read there; name one below the application's folder", model.Clip(name))
		return nil
	}
	return data
}

// Document returns the file of YAML that the key names and the top of what is in it,
// or nil if there is none or it is not possible.
func (s *Settings) Document(key Key) (file string, top *yaml.Node) {
	data := s.File(key)
	if data == nil {
		return "", nil
	}
	file = path.Clean(s.String(key))
	top, diagnostics := parseYAML(file, data)
	s.diagnostics = append(s.diagnostics, diagnostics...)
	if top == nil && diagnostics == nil {
		s.Refuse("config-value", key.Name, "is %q, in which there is nothing; write something there, or remove the key", model.Clip(file))
	}
	return file, top
}

// readFile returns what is in a file, but not much more than is taken.
func (s *source) readFile(name string) ([]byte, error) {
	if s.open == nil {
		return nil, fs.ErrNotExist
	}
	f, err := s.open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxFile+1))
}

// text returns the string that the node under the key is.
func (s *Settings) text(key Key, node *yaml.Node) (string, bool) {
	value := resolve(node)
	if value.Kind != yaml.ScalarNode || value.Tag != "!!str" {
		s.fail("config-value", node, "%s is not a string; quote it", s.full(key.Name))
		return "", false
	}
	if err := key.check(value.Value); err != nil {
		s.fail("config-value", node, "%s %s", s.full(key.Name), err)
		return "", false
	}
	return value.Value, true
}

// Refuse says why the value of the key, which is there, is not possible. The
// message completes the key's name to a sentence.
func (s *Settings) Refuse(code model.Code, key, format string, args ...any) {
	s.fail(code, s.values[key], "%s %s", s.full(key), fmt.Sprintf(format, args...))
}

// resolve follows aliases.
func resolve(node *yaml.Node) *yaml.Node {
	for node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	return node
}

// Diagnostics returns what was wrong here and below, what was found several times
// as often, and the keys that nobody asked for. It is called when all are.
func (s *Settings) Diagnostics() []model.Diagnostic {
	diagnostics := slices.Clone(s.diagnostics)
	var names []string
	for _, key := range s.asked {
		names = append(names, key.Name)
	}
	slices.Sort(names)
	known := strings.Join(names, ", ")
	for _, key := range s.order {
		if s.names[key] {
			continue
		}
		way := fmt.Sprintf("the keys of %s are %s", s.describe(), known)
		if known == "" {
			way = s.describe() + " has none; remove it"
		}
		diagnostics = append(diagnostics, model.Diagnostic{
			Code:    "config-key",
			Pos:     s.source.position(s.keys[key]),
			Message: fmt.Sprintf("unknown key %q; %s%s", model.Clip(key), model.DidYouMean(key, names), way),
		})
	}
	for _, key := range slices.Sorted(maps.Keys(s.sections)) {
		if s.names[key] {
			diagnostics = append(diagnostics, s.sections[key].Diagnostics()...)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(s.lists)) {
		for _, item := range s.lists[key] {
			diagnostics = append(diagnostics, item.Diagnostics()...)
		}
	}
	return diagnostics
}

// A Key is a key of fngen.yaml and what its value may be. Whoever understands
// it declares it where it is read; the schema shows the same.
type Key struct {
	Name    string
	Doc     string         // a sentence
	Default string         // what stands for a key that is not there; "" for nothing
	OneOf   []string       // the values there are; nil for any
	Grammar *regexp.Regexp // of the whole value; nil for any
	Want    string         // what to give instead of a value that Grammar does not take
	Low     int            // of a number
	High    int
	Valid   func(string) error // why a value is not possible; nil for nothing further
	Private bool               // a value that is not possible is not repeated

	kind keyKind
}

type keyKind uint8

const (
	ofString keyKind = iota
	ofList
	ofOneOrMore
	ofInt
	ofBool
	ofSection
	ofMappings
)

// check says why the value is not possible. The error completes the key's name
// to a sentence.
func (k Key) check(value string) error {
	if len(k.OneOf) > 0 && !slices.Contains(k.OneOf, value) {
		return fmt.Errorf("is %q; give one of %s", model.Clip(value), strings.Join(k.OneOf, ", "))
	}
	if k.Grammar != nil && !k.Grammar.MatchString(value) {
		switch {
		case k.Private && model.HasPassword(value):
			return fmt.Errorf("holds a password, and what is written here can be read by many; give %s", k.Want)
		case k.Private:
			return fmt.Errorf("is not possible; give %s", k.Want)
		}
		return fmt.Errorf("is %q; give %s", model.Clip(value), k.Want)
	}
	if k.Valid != nil {
		if err := k.Valid(value); err != nil {
			return err
		}
	}
	if model.HasPassword(value) {
		return errors.New("holds a URL with a password, and what is written here can be read by many; leave the password out")
	}
	return nil
}
