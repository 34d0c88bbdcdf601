package directive

import (
	"errors"
	"fmt"
	"go/token"
	"regexp"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
)

// A Use is what one //fn:use says.
type Use struct {
	model.Use // without its Pos, and what types say
	Pos       token.Pos
	Unclear   bool // something is wrong with it, so that nothing is concluded from it
}

// use understands a use, whose Param is "" if it is not understood. before are
// those of the same setup.
func (w *words) use(before []Use) Use {
	u := Use{Pos: w.d.pos}
	w.required("a parameter's name", func(text string) error {
		if err := validParameter(text); err != nil {
			return err
		}
		for _, b := range before {
			switch {
			case b.Param == text:
				return model.ErrText("the parameter %q has a use already; keep one", text)
			case b.Variable() == model.UseVariable(text):
				return model.ErrText("%q is one with %s in upper case, and their addresses would be one variable, %s; rename the parameter", text, b.Param, b.Variable())
			}
		}
		u.Param = text
		return nil
	})
	if len(w.args) == 0 && len(w.findings) > 0 {
		return u // which is said
	}
	w.required("a kind and a name", func(text string) error {
		kind, name, _ := strings.Cut(text, ":")
		u.Kind, u.Name = model.UseKind(kind), name
		switch u.Kind {
		case model.UseDocument, model.UseObject:
			return model.ValidName(name)
		case model.UseSecret:
			return model.ValidSecret(name)
		}
		u.Kind = ""
		return model.ErrText("%q is no service; %swrite %s", text, model.DidYouMean(kind, []string{"document", "object", "secret"}), usage["use"])
	})
	w.right(&u)
	return u
}

// right takes the options of the use.
func (w *words) right(u *Use) {
	isWrite := func(a arg) bool { return a.text == "write" }
	prefix := slices.IndexFunc(w.args, func(a arg) bool { return strings.HasPrefix(a.text, "prefix=") })
	switch {
	case u.Kind == model.UseSecret && slices.ContainsFunc(w.args, isWrite):
		w.fail("directive-word", w.args[slices.IndexFunc(w.args, isWrite)], "//fn:use: a secret is only read; remove write")
	case prefix >= 0 && u.Kind != model.UseObject && u.Kind != "":
		w.fail("directive-word", w.args[prefix], "//fn:use: a %s has no prefix=, which objects alone have; remove it", u.Kind)
	}
	read, write := w.flag("read"), w.flag("write")
	if read && write {
		w.fail("directive-word", arg{}, "//fn:use says read and write, which is what it means without either; remove both")
	}
	u.Read = read || !write
	u.Write = (write || !read) && u.Kind != model.UseSecret
	u.Prefix = w.option("prefix", validPrefix)
	u.LoopOK = w.oneOf("loop", "ok") == "ok"
	if u.LoopOK && !u.Write && u.Kind != "" {
		w.fail("directive-word", arg{}, "//fn:use says loop=ok of what is only read, which feeds nothing; remove it")
	}
}

// Go's keywords are no parameters' names; what is one, and no name of ours, is refused here.
var parameterGrammar = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,63}$`)

func validParameter(s string) error {
	switch {
	case s == "_":
		return errors.New("_ is no parameter that anything could be given to; name it")
	case token.IsIdentifier(s) && !parameterGrammar.MatchString(s):
		return fmt.Errorf("the parameter %q would be part of a variable's name, which is of a-z, A-Z, 0-9 and _, a letter first, at most 64 of them; rename it", model.Clip(s))
	case !token.IsIdentifier(s):
		return fmt.Errorf("%q is no parameter's name; write %s", model.Clip(s), usage["use"])
	}
	return nil
}

// prefixGrammar has what stands for itself in keys, in the patterns of IAM, in its
// conditions, and in the languages that those are written in.
var prefixGrammar = regexp.MustCompile(`^([A-Za-z0-9_.=-]+/)+$`)

func validPrefix(s string) error {
	parts := strings.Split(s, "/")
	switch {
	case prefixGrammar.MatchString(s+"/") && !strings.HasSuffix(s, "/"):
		return fmt.Errorf("is %q, which does not end in a slash, so that it would be a part of other names too; write %[1]s/", model.Clip(s))
	case !prefixGrammar.MatchString(s) || len(s) > 256 || slices.Contains(parts, ".") || slices.Contains(parts, ".."):
		return fmt.Errorf("is %q; use letters, digits and _.=- between slashes, one of them last and none first, at most 256 bytes", model.Clip(s))
	}
	return nil
}
