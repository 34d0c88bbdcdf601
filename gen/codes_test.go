package gen_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/fngen/fngen/gen/internal/model"
)

// Users allow warnings by their codes and look them up: each finding has one of
// those that are listed, with the severity that is listed, and none is listed
// that no finding has.
func TestCodes(t *testing.T) {
	made := map[model.Code]bool{}
	fset := token.NewFileSet()
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if entry.IsDir() && slices.Contains([]string{"testdata", "testkit"}, entry.Name()) {
			return fs.SkipDir
		}
		if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			code, severity, ok := codeOf(n)
			if !ok {
				return true
			}
			kind, known := model.Kinds[code]
			switch at := fset.Position(n.Pos()); {
			case !known:
				t.Errorf("%s: a finding has the code %q, which model.Kinds does not have", at, code)
			case kind.Severity != severity:
				t.Errorf("%s: the severity of %s is not that of model.Kinds", at, code)
			}
			made[code] = true
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for code := range model.Kinds {
		if !made[code] {
			t.Errorf("no finding has the code %s, which model.Kinds has", code)
		}
		if !model.NameGrammar.MatchString(string(code)) {
			t.Errorf("the code %s is not in kebab case", code)
		}
	}
}

// codeOf returns the code of the finding that the node makes: a call with a
// code before its format, or a literal. It is "" for one without a code, and
// false where the code is another's.
func codeOf(n ast.Node) (model.Code, model.Severity, bool) {
	var code ast.Expr
	severity := model.Error
	switch n := n.(type) {
	case *ast.CallExpr:
		name := lastName(n.Fun)
		if slices.Contains([]string{"Warnf", "WarnAt", "WarnIn", "warnf"}, name) {
			severity = model.Warning
		} else if !slices.Contains([]string{"Errorf", "ErrorAt", "ErrorIn", "errorf", "fail", "Refuse"}, name) {
			return "", 0, false
		}
		if s, ok := n.Fun.(*ast.SelectorExpr); ok && lastName(s.X) == "fmt" {
			return "", 0, false
		}
		code = n.Args[0]
	case *ast.CompositeLit:
		isFinding := slices.Contains([]string{"Diagnostic", "Finding"}, lastName(n.Type)) && len(n.Elts) > 0
		for _, e := range n.Elts { // of a slice of them
			pair, ok := e.(*ast.KeyValueExpr)
			isFinding = isFinding || n.Type == nil && ok && lastName(pair.Key) == "Message"
		}
		if !isFinding {
			return "", 0, false
		}
		code = n.Elts[0]
		for _, e := range n.Elts {
			pair, ok := e.(*ast.KeyValueExpr)
			switch {
			case ok && lastName(pair.Key) == "Code":
				code = pair.Value
			case ok && lastName(pair.Key) == "Severity" && lastName(pair.Value) == "Warning":
				severity = model.Warning
			}
		}
	default:
		return "", 0, false
	}
	if conversion, ok := code.(*ast.CallExpr); ok {
		code = conversion.Args[0]
	}
	if name := lastName(code); strings.EqualFold(name, "code") {
		return "", 0, false
	}
	literal, ok := code.(*ast.BasicLit)
	if !ok {
		return "", severity, true
	}
	text, _ := strconv.Unquote(literal.Value)
	return model.Code(text), severity, true
}

// lastName is the name that the expression ends in, "" if it is no name.
func lastName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}
