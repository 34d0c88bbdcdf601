package jsonscan

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

const maxNesting = 1000

// skips reports whether the text is one value, and nothing else, to jsonText.
func skips(text string) bool {
	j := NewReader(text, maxNesting)
	return j.Skip() == nil && j.next() == 0 && j.at == len(text)
}

// The reader takes what encoding/json takes, and no more: a payload that the
// two understand in different ways could carry another request past a check.
func TestJSONGrammar(t *testing.T) {
	for text, want := range map[string]bool{
		`{}`: true, ` [ ] `: true, `{"a":[1,-2.5e+3,true,false,null,"x"]}`: true, `""`: true, `"\"\\\/\b\f\n\r\t\u00e9"`: true, "\t1\r\n": true,
		``: false, `{`: false, `[1,]`: false, `{"a":1,}`: false, `{a:1}`: false, `{"a" 1}`: false, `01`: false, `1.`: false, `+1`: false,
		`nul`: false, `True`: false, `"`: false, `"\"`: false, `"\x"`: false, `"\u12g4"`: false, "\"a\nb\"": false, `[1 2]`: false, `1 2`: false, `{"a":1]`: false,
		"\"\\n\x01\"": false, "\x00": false, "1\x00": false, `[}`: false, `-`: false,
	} {
		if got := skips(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// Strings are those of encoding/json.
func TestJSONStrings(t *testing.T) {
	for text, want := range map[string]string{
		`"plain é"`: "plain é", `"a\"b\\c\/d"`: `a"b\c/d`, `"\u00e9\ud83d\ude00"`: "é😀", `"\ud83d"`: "\ufffd", `"tab\tline\n"`: "tab\tline\n", `null`: "before",
	} {
		got := "before"
		if err := NewReader(text, maxNesting).String(&got); err != nil || got != want {
			t.Errorf("%s: %q, error %v; want %q", text, got, err, want)
		}
	}
}

// A byte that means something in a string means it at every place of one, since
// strings are read in steps of eight bytes.
func TestJSONStringSteps(t *testing.T) {
	for n := range 20 {
		for special, valid := range map[string]bool{`\\`: true, `\"`: true, `\u0041`: true, "\x1f": false, "\x00": false, "\x7f": true, "é": true, "": true} {
			text := `"` + strings.Repeat("!", n) + special + strings.Repeat("#", 9) + `"`
			var got, want string
			if isValid := json.Unmarshal([]byte(text), &want) == nil; isValid != valid {
				t.Fatalf("%q: the test itself is wrong", text)
			}
			j := NewReader(text, maxNesting)
			if err := j.String(&got); (err == nil) != valid || got != want || valid && j.at != len(text) {
				t.Errorf("%q: %q, error %v; want %q", text, got, err, want)
			}
		}
	}
}

// What is written is read as it was, also what JSON has to escape.
func TestAppendString(t *testing.T) {
	for s, want := range map[string]string{
		"plain <é> 😀":        `"plain <é> 😀"`,
		"\"\\\n\r\t\x00\x1f": `"\"\\\n\r\t\u0000\u001f"`,
		"a\xffb\xc3":         `"a\ufffdb\ufffd"`,
	} {
		if got := string(AppendString(nil, s)); got != want {
			t.Errorf("%q: %s, want %s", s, got, want)
		}
	}
}

// A value of another type is read over as a whole, so that what follows it
// still has its meaning; what is no JSON is not.
func TestJSONTypes(t *testing.T) {
	for text, want := range map[string]string{
		`[{"a":[]},1]`:   "cannot unmarshal object into string",
		`[[1,"x"],1]`:    "cannot unmarshal array into string",
		`[-1.5e3,1]`:     "cannot unmarshal number into string",
		`[true,1]`:       "cannot unmarshal bool into string",
		`[null,1]`:       "",
		`["plain",1]`:    "",
		`[{"a":],1]`:     "offset 6: expected a value",
		`[tru,1]`:        "offset 1: expected a value",
		`["not ended,1]`: "offset 1: expected a string that ends",
	} {
		j := NewReader(text, maxNesting)
		j.at = 1
		var s string
		err := j.String(&s)
		if got := fmt.Sprint(err); err != nil && got != want || err == nil && want != "" {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
		if is := errors.As(err, new(*TypeError)); (is || err == nil) && j.Next() != ',' {
			t.Errorf("%s: read up to %d", text, j.at)
		}
	}
	for text, want := range map[string]string{`1.5`: "number 1.5 into int64", `1e2`: "number 1e2 into int64", `9223372036854775808`: "into int64", `"1"`: "string into int64"} {
		var n int64
		if err := NewReader(text, maxNesting).Int(&n); err == nil || !strings.Contains(err.Error(), want) || n != 0 {
			t.Errorf("%s: %d, error %v", text, n, err)
		}
	}
}

// What could not be read one way is read another way, at the level that it has.
func TestTry(t *testing.T) {
	j := NewReader(`[[[1]],"after"]`, 3)
	err := j.Array(func() error {
		next := j.Next()
		err := j.Try(func() error {
			return j.Array(func() error { return j.Array(func() error { return errors.New("failed") }) })
		})
		if err == nil || j.Next() != next {
			t.Errorf("error %v, before %c and not %c", err, j.Next(), next)
		}
		return j.Skip()
	})
	if err == nil {
		err = j.End()
	}
	if err != nil {
		t.Error(err)
	}
}

// A payload of brackets alone costs no more stack than any other.
func TestJSONNesting(t *testing.T) {
	if !skips(strings.Repeat("[", maxNesting) + strings.Repeat("]", maxNesting)) {
		t.Error("refused at the limit")
	}
	if skips(strings.Repeat("[", maxNesting+1) + strings.Repeat("]", maxNesting+1)) {
		t.Error("taken above the limit")
	}
	if !skips("[" + strings.Repeat("[],", maxNesting) + "{}]") {
		t.Error("values beside each other are counted as nested")
	}
}

func FuzzJSON(f *testing.F) {
	for _, seed := range []string{`{"a":[1,-2.5e+3,true,null,"\u00e9\n"]}`, `"\ud83d\ude00"`, `[[],{}]`, `{"a":1,"a":2}`, "\"\xff\"", `-0`, `1E5`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, want := IsText([]byte(text)), json.Valid([]byte(text)); got != want {
			t.Errorf("%q: a text: %v; encoding/json: %v", text, got, want)
		}
		if !utf8.ValidString(text) || strings.Count(text, "[")+strings.Count(text, "{") > maxNesting {
			return // refused before, or at a depth of its own
		}
		if got, want := skips(text), json.Valid([]byte(text)); got != want {
			t.Errorf("%q: %v; encoding/json: %v", text, got, want)
		}
		var s, want string
		if json.Unmarshal([]byte(text), &want) == nil {
			if err := NewReader(text, maxNesting).String(&s); err != nil || s != want {
				t.Errorf("%q: %q, error %v; encoding/json: %q", text, s, err, want)
			}
			b, err := NewReader(text, maxNesting).Bytes()
			if err != nil || string(b) != want || (b == nil) != (strings.TrimSpace(text) == "null") {
				t.Errorf("%q: %q, error %v; encoding/json: %q", text, b, err, want)
			}
		}
		var n, number int64
		var kind *TypeError
		switch j, wrong := NewReader(text, maxNesting), json.Unmarshal([]byte(text), &number); {
		case !json.Valid([]byte(text)):
		case wrong == nil:
			if err := j.Int(&n); err != nil || n != number {
				t.Errorf("%q: %d, error %v; encoding/json: %d", text, n, err, number)
			}
		default:
			if err := j.Int(&n); !errors.As(err, &kind) || j.End() != nil {
				t.Errorf("%q: error %v, read up to %d; encoding/json: %v", text, err, j.at, wrong)
			}
		}
		var back string
		if err := json.Unmarshal(AppendString(nil, text), &back); err != nil || back != text {
			t.Errorf("%q becomes %q, error %v", text, back, err)
		}
	})
}
