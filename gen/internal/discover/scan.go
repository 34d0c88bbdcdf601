// Package discover finds the functions of an application: those that have
// directives in its source files, and what types say of them. It explains why a
// package does not compile.
package discover

import (
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
// there and that is not generated, and says where else directives lie. targets
// are the names of all targets.
func ScanDir(root string, targets []string) (*Scan, error) {
	root, err := filepath.EvalSymlinks(root) // a walk does not follow a link that it begins at
	if err != nil {
		return nil, fmt.Errorf("read the application: %w", err)
	}
	s := &Scan{root: root, fset: token.NewFileSet()}
	ignored := ignoredFolders(root)
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		switch {
		case unseen(entry.Name()) && entry.IsDir():
			return fs.SkipDir
		case unseen(entry.Name()):
			return nil
		case entry.IsDir():
			why := asideFor(path, rel, ignored)
			if why == "" {
				return nil
			}
			s.leaveOut(path, rel, why)
			return fs.SkipDir
		}
		isLink := entry.Type()&fs.ModeSymlink != 0
		if !isLink && filepath.Ext(rel) != ".go" {
			return nil
		}
		info, err := os.Stat(path) // the go command follows links of files
		switch {
		case err == nil && info.IsDir():
			s.linkedFolder(path, rel)
			return nil
		case filepath.Ext(rel) != ".go":
			return nil
		case err != nil || !info.Mode().IsRegular():
			s.Diagnostics = append(s.Diagnostics, model.Diagnostic{Code: "file-unreadable", Pos: token.Position{Filename: rel}, Severity: model.Warning,
				Message: "this is no file, and no link to one, so that nobody knows its directives; correct the link, or remove it"})
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		s.file(rel, src, targets)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the application: %w", err)
	}
	s.Diagnostics = model.Sort(s.Diagnostics)
	return s, nil
}

// unseen reports whether the go command looks at no file or folder of that name.
func unseen(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata"
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
		s.add(directive.InTest(file)...)
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
	if !directive.Written(src) {
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
