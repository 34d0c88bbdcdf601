package gen

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A Scan is what the source files of an application say before types are
// known: every function with directives.
type Scan struct {
	root        string
	fset        *token.FileSet
	candidates  []candidate
	Diagnostics []Diagnostic
}

// A candidate is a function with directives.
type candidate struct {
	dir, file string // relative to the root, with slashes
	decl      *ast.FuncDecl
	pkgName   string
	triggers  []triggerAt
	options   options
}

type triggerAt struct {
	trigger Trigger
	pos     token.Pos
	unclear bool // something is wrong with it, so that nothing is concluded from it
}

// mention is in every file that a directive, or a near miss of one, is in.
var mention = regexp.MustCompile(`(?i)fn[ \t]*:`)

// ScanDir reads the Go files below root, in every package that ./... means
// there and that is not generated. targets are the names of all targets.
func ScanDir(root string, targets []string) (*Scan, error) {
	root, err := filepath.EvalSymlinks(root) // a walk does not follow a link that it begins at
	if err != nil {
		return nil, fmt.Errorf("read the application: %w", err)
	}
	s := &Scan{root: root, fset: token.NewFileSet()}
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		name := entry.Name()
		hidden := strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")
		if entry.IsDir() {
			if path == root {
				return nil
			}
			if hidden || name == "testdata" || name == "vendor" || rel == "entrypoints" || rel == "dist" || exists(filepath.Join(path, "go.mod")) {
				return filepath.SkipDir
			}
			return nil
		}
		if hidden || filepath.Ext(name) != ".go" || !entry.Type().IsRegular() {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		s.file(filepath.ToSlash(rel), src, targets)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the application: %w", err)
	}
	s.Diagnostics = SortDiagnostics(s.Diagnostics)
	return s, nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// file reads the directives of one file, whose path relative to the root is rel.
func (s *Scan) file(rel string, src []byte, targets []string) {
	if !mention.Match(src) {
		return
	}
	file, err := parser.ParseFile(s.fset, rel, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		s.syntax(rel, src, err)
		return
	}
	if strings.HasSuffix(rel, "_test.go") {
		for _, group := range file.Comments {
			for _, c := range group.List {
				if isDirective(c) {
					s.add(finding{c.Slash, "directive is in a test file, which is never deployed; move the function out of it"})
				}
			}
		}
		return
	}
	for _, f := range misplaced(file) {
		s.add(f)
	}
	for _, d := range file.Decls {
		if decl, ok := d.(*ast.FuncDecl); ok {
			s.function(rel, file, decl, targets)
		}
	}
}

// syntax reports the syntax errors of a file in which a directive may stand.
func (s *Scan) syntax(rel string, src []byte, err error) {
	if !bytes.Contains(src, []byte("//fn:")) {
		return // the Go command says so, if the file is part of the build
	}
	list, ok := err.(scanner.ErrorList)
	if !ok {
		s.Diagnostics = append(s.Diagnostics, Diagnostic{Pos: token.Position{Filename: rel}, Message: err.Error()})
		return
	}
	for _, e := range list {
		e.Pos.Filename = rel
		s.Diagnostics = append(s.Diagnostics, Diagnostic{Pos: e.Pos, Message: printable(e.Msg)})
	}
}

// function reads the directives of one function.
func (s *Scan) function(rel string, file *ast.File, decl *ast.FuncDecl, targets []string) {
	ds, wrong := directives(decl.Doc)
	for _, f := range wrong {
		s.add(f)
	}
	if len(ds) == 0 {
		return
	}
	c := candidate{dir: filepath.ToSlash(filepath.Dir(rel)), file: rel, decl: decl, pkgName: file.Name.Name}
	for _, d := range ds {
		t, findings := triggerOf(d)
		for _, f := range findings {
			s.add(f)
		}
		if t != nil {
			c.triggers = append(c.triggers, triggerAt{t, d.pos, len(findings) > 0})
		}
	}
	var findings []finding
	c.options, findings = optionsOf(ds, targets)
	for _, f := range findings {
		s.add(f)
	}
	if f := c.combine(ds, len(wrong) > 0); f.message != "" {
		s.add(f)
		return
	}
	s.candidates = append(s.candidates, c)
}

// combine says what is wrong with the directives taken together. unread says
// that there are more, which are not understood.
func (c candidate) combine(ds []directive, unread bool) finding {
	name := c.decl.Name.Name
	switch {
	case c.options.setup && slices.ContainsFunc(ds, func(d directive) bool { return d.verb != "setup" }):
		return finding{c.options.positions["setup"], fmt.Sprintf("%s is a setup, which takes no other directive; remove the others", name)}
	case c.options.setup:
		return finding{}
	case len(c.triggers) == 0 && !unread && !slices.ContainsFunc(ds, func(d directive) bool { return !slices.Contains(verbs, d.verb) }):
		return finding{ds[0].pos, fmt.Sprintf("%s has directives but no trigger; add one of //fn:%s", name, strings.Join(verbs[:8], ", //fn:"))}
	}
	for _, sink := range c.options.sinks {
		if d := c.options.deadLetter; d != "" && d != "none" && sink.Name == d && sink.Kind != "queue" {
			return finding{c.options.positions["deadletter"], fmt.Sprintf("%s has a sink %s:%s, and one name is one address; choose another for the dead letters", name, sink.Kind, d)}
		}
	}
	for i, t := range c.triggers {
		if slices.ContainsFunc(c.triggers[:i], func(before triggerAt) bool { return before.trigger.Kind() == t.trigger.Kind() }) {
			return finding{t.pos, fmt.Sprintf("%s has a second %s trigger, so two functions would have one name; keep one, or write a handler of its own for the other", name, t.trigger.Kind())}
		}
		for _, sink := range c.options.sinks {
			if sink.Kind == t.trigger.Kind() && sink.Name == t.trigger.Resource() {
				return finding{c.options.positions["sink"], fmt.Sprintf("%s sends to its own trigger %s:%s, which would feed it for ever; choose another sink", name, sink.Kind, sink.Name)}
			}
		}
		if t.trigger.Kind() == "queue" && c.options.deadLetter != "" && c.options.deadLetter == t.trigger.Resource() {
			return finding{c.options.positions["deadletter"], fmt.Sprintf("%s has its own queue %s as dead letter, which would feed it for ever; choose another", name, c.options.deadLetter)}
		}
	}
	return finding{}
}

func (s *Scan) add(f finding) {
	s.Diagnostics = append(s.Diagnostics, Diagnostic{Pos: s.position(f.pos), Message: f.message})
}

// position is where pos is in the file itself, whatever a //line comment says.
func (s *Scan) position(pos token.Pos) token.Position { return s.fset.PositionFor(pos, false) }

func (s *Scan) errorf(pos token.Pos, format string, args ...any) {
	s.add(finding{pos, fmt.Sprintf(format, args...)})
}
