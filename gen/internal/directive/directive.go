// Package directive is the grammar of //fn: directives: how they are written,
// what each may say, and what several of them say together.
package directive

import (
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"strings"
	"unicode"

	"github.com/fngen/fngen/gen/internal/model"
)

// A directive is one //fn: line, its arguments split but not understood.
type directive struct {
	verb string
	args []arg
	pos  token.Pos
}

type arg struct {
	text string // unquoted
	pos  token.Pos
}

// A Finding is what is wrong at a position of a file.
type Finding struct {
	Code    model.Code
	Pos     token.Pos
	Message string
}

// verbs are all directives, the triggers first.
var verbs = []string{"http", "queue", "topic", "schedule", "object", "document", "stream", "event",
	"name", "timeout", "retries", "deadletter", "sink", "targets", "allow", "setup", "use"}

// What was meant as a directive and is none, by the text of a line after the
// slashes. In a function's doc comment little is needed for it; elsewhere what
// is not written as a directive, without a space before it, is prose or code
// that is commented out.
var (
	anyVerb  = `(?:` + strings.Join(verbs, "|") + `)`
	tool     = `(?:fn|fngen)`
	mistyped = `(?:f|fb|fgen|fm|fnc|fng|fngn|fun|func|nf)`
	written  = `[@+/]?(?:` + tool + `[ \t]*[:=/-][ \t]*` + anyVerb + `(?:[ \t]|$)|` + tool + `[ \t]+` + anyVerb + `(?:[ \t]|$)|` +
		mistyped + `:` + anyVerb + `(?:[ \t]|$)|fngen:[^ \t=]|go:` + tool + `(?:[ \t:]|$))`

	near = `(?:` + written + `|[@+/]?` + tool + `[ \t]*:|[ \t]+[@+]?` + tool + `(?::[a-z]|[ \t]*:[ \t]*` + anyVerb + `\b))`

	nearMiss   = regexp.MustCompile(`(?i)^` + near)
	farMiss    = regexp.MustCompile(`(?i)^` + written)
	missedLine = regexp.MustCompile(`(?im)(?://|/[*]+)` + near + `|^[ \t*]*` + tool + `[ \t]*:[ \t]*` + anyVerb + `(?:[ \t]|$)`) // also within /* */
)

// directives returns the directives of a function's doc comment.
func directives(doc *ast.CommentGroup) (found []directive, wrong []Finding) {
	if doc == nil {
		return nil, nil
	}
	for _, c := range doc.List {
		if IsDirective(c) {
			d, f := parseDirective(c)
			if f.Message != "" {
				wrong = append(wrong, f)
				continue
			}
			found = append(found, d)
			continue
		}
		if line, ok := missed(c); ok {
			wrong = append(wrong, Finding{"directive-missed", c.Slash, fmt.Sprintf(
				"%q is not a directive, so this function would be left out; write //fn:verb with no space before fn or after the colon and the verb in lower case", model.Clip(line))})
		}
	}
	return found, wrong
}

// IsDirective reports whether the comment is a //fn: directive, whatever its verb.
func IsDirective(c *ast.Comment) bool {
	d, ok := ast.ParseDirective(c.Slash, c.Text)
	return ok && d.Tool == "fn"
}

// missed returns the line of a doc comment that was meant as a directive.
func missed(c *ast.Comment) (string, bool) {
	text, isLine := strings.CutPrefix(c.Text, "//")
	if !isLine {
		text = strings.TrimSuffix(strings.TrimPrefix(c.Text, "/*"), "*/")
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if !isLine {
			line = strings.TrimLeft(line, " \t*")
		}
		if nearMiss.MatchString(line) {
			return line, true
		}
	}
	return "", false
}

// place says what is wrong with the place of the comment, if it is a directive
// or was meant as one; the zero Finding if it is neither.
func place(c *ast.Comment, inDoc bool, wrong string) Finding {
	if IsDirective(c) {
		return Finding{"directive-place", c.Slash, "directive " + wrong}
	}
	line, isLine := strings.CutPrefix(c.Text, "//")
	meant := isLine && farMiss.MatchString(line)
	if inDoc {
		line, meant = missed(c)
	}
	if !meant {
		return Finding{}
	}
	return Finding{"directive-missed", c.Slash, fmt.Sprintf("%q is not a directive, which begins with //fn:, and %s", model.Clip(line), wrong)}
}

// InTest returns the directives of a test file, and what was meant as one.
func InTest(file *ast.File) []Finding {
	docs := map[*ast.CommentGroup]bool{}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Doc != nil {
			docs[f.Doc] = true
		}
	}
	var out []Finding
	for _, group := range file.Comments {
		for _, c := range group.List {
			if f := place(c, docs[group], "is in a test file, which is never deployed; move the function out of it"); f.Message != "" {
				out = append(out, f)
			}
		}
	}
	return out
}

// parseDirective splits the arguments by Go's convention for directives,
// except that only space and tab separate and that a bare word holds no quote.
// A finding with a message says why it is not possible.
func parseDirective(c *ast.Comment) (directive, Finding) {
	fail := func(code model.Code, pos token.Pos, format string, args ...any) (directive, Finding) {
		return directive{}, Finding{code, pos, fmt.Sprintf(format, args...)}
	}
	for i, r := range c.Text {
		at := c.Slash + token.Pos(i)
		switch {
		case r == '\t' || r == ' ':
		case unicode.IsSpace(r):
			return fail("directive-character", at, "the directive holds the space character %U; separate words by spaces or tabs", r)
		case model.Unprintable(r):
			return fail("directive-character", at, "the directive holds the invisible or invalid character %U; remove it", r)
		}
	}
	d, _ := ast.ParseDirective(c.Slash, c.Text)
	parsed, err := d.ParseArgs()
	if err != nil {
		return fail("directive-quote", d.ArgsPos, "//fn:%s has a quoted argument that is not a Go string; quote the whole argument, as in \"prefix=a b\"", model.Clip(d.Name))
	}
	out := directive{verb: d.Name, pos: c.Slash}
	for _, a := range parsed {
		raw := d.Args[a.Pos-d.ArgsPos:]
		if raw[0] != '"' && raw[0] != '`' && strings.ContainsAny(a.Arg, "\"`'") {
			return fail("directive-quote", a.Pos, "//fn:%s has a quote inside the word %q; quote the whole argument, as in \"prefix=a b\"", model.Clip(d.Name), model.Clip(a.Arg))
		}
		for _, r := range a.Arg {
			if model.Unprintable(r) {
				return fail("directive-character", a.Pos, "//fn:%s has an argument with the invisible or invalid character %U; remove it", model.Clip(d.Name), r)
			}
		}
		out.args = append(out.args, arg{a.Arg, a.Pos})
	}
	return out, Finding{}
}

// Misplaced returns the directives of the file, and what was meant as one, that
// are not part of a function's doc comment.
func Misplaced(file *ast.File) []Finding {
	const move = "; move it into the doc comment of a function, with no blank line between"
	inDoc := map[*ast.CommentGroup]string{file.Doc: "is above the package clause" + move}
	type span struct{ from, to token.Pos }
	var bodies []span
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Doc != nil {
				inDoc[n.Doc] = ""
			}
			if n.Body != nil {
				bodies = append(bodies, span{n.Body.Pos(), n.Body.End()})
			}
			return false
		case *ast.GenDecl:
			inDoc[n.Doc] = fmt.Sprintf("is on the %s declaration%s", n.Tok, move)
		case *ast.TypeSpec:
			inDoc[n.Doc] = "is on a type declaration" + move
			inDoc[n.Comment] = "is on a type declaration" + move
		case *ast.ValueSpec:
			inDoc[n.Doc] = "is on a variable or constant" + move
			inDoc[n.Comment] = "is on a variable or constant" + move
		case *ast.Field:
			inDoc[n.Doc] = "is on a field or method of a type" + move
			inDoc[n.Comment] = "is on a field or method of a type" + move
		}
		return true
	})
	var out []Finding
	for _, group := range file.Comments {
		where, known := inDoc[group]
		if known && where == "" {
			continue
		}
		for _, c := range group.List {
			why := where
			if !known {
				why = "belongs to no function" + move
				for _, b := range bodies {
					if b.from <= c.Pos() && c.Pos() < b.to {
						why = "is inside a function's body" + move
					}
				}
			}
			if f := place(c, false, why); f.Message != "" {
				out = append(out, f)
			}
		}
	}
	return out
}
