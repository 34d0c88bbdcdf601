// Package discover finds the functions of an application: those that have
// directives in its source files, and what types say of them. It explains why a
// package does not compile.
package discover

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
	"strings"

	"github.com/fngen/fngen/gen/internal/directive"
	"github.com/fngen/fngen/gen/internal/model"
)

// A Scan is what the source files of an application say before types are
// known: every function with directives.
type Scan struct {
	root        string
	fset        *token.FileSet
	candidates  []candidate
	Allows      []model.Allow
	Diagnostics []model.Diagnostic
}

// A candidate is a function with directives.
type candidate struct {
	dir, file  string // relative to the root, with slashes
	decl       *ast.FuncDecl
	directives directive.Set
}

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
	s.Diagnostics = model.Sort(s.Diagnostics)
	return s, nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// file reads the directives of one file, whose path relative to the root is rel.
func (s *Scan) file(rel string, src []byte, targets []string) {
	if !directive.Mentioned(src) {
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
				if directive.IsDirective(c) {
					s.add(directive.Finding{Code: "directive-place", Pos: c.Slash, Message: "directive is in a test file, which is never deployed; move the function out of it"})
				}
			}
		}
		return
	}
	s.add(directive.Misplaced(file)...)
	for _, d := range file.Decls {
		if decl, ok := d.(*ast.FuncDecl); ok {
			s.function(rel, decl, targets)
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
		s.Diagnostics = append(s.Diagnostics, model.Diagnostic{Code: "go-syntax", Pos: token.Position{Filename: rel}, Message: err.Error()})
		return
	}
	for _, e := range list {
		e.Pos.Filename = rel
		s.Diagnostics = append(s.Diagnostics, model.Diagnostic{Code: "go-syntax", Pos: e.Pos, Message: model.Printable(e.Msg)})
	}
}

// function reads the directives of one function.
func (s *Scan) function(rel string, decl *ast.FuncDecl, targets []string) {
	set, findings, ok := directive.Read(decl.Name.Name, decl.Doc, targets)
	s.add(findings...)
	if ok {
		for _, a := range set.Allows {
			s.Allows = append(s.Allows, model.Allow{Code: a.Code, Reason: a.Reason, Pos: s.position(a.Pos),
				First: s.position(decl.Doc.Pos()), Last: s.position(decl.End()).Line})
		}
		s.candidates = append(s.candidates, candidate{filepath.ToSlash(filepath.Dir(rel)), rel, decl, set})
	}
}

func (s *Scan) add(findings ...directive.Finding) {
	for _, f := range findings {
		s.Diagnostics = append(s.Diagnostics, model.Diagnostic{Code: f.Code, Pos: s.position(f.Pos), Message: f.Message})
	}
}

// position is where pos is in the file itself, whatever a //line comment says.
func (s *Scan) position(pos token.Pos) token.Position { return s.fset.PositionFor(pos, false) }

func (s *Scan) errorf(code model.Code, pos token.Pos, format string, args ...any) {
	s.add(directive.Finding{Code: code, Pos: pos, Message: fmt.Sprintf(format, args...)})
}
