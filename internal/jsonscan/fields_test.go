package jsonscan

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is asked for is read by its exact name, as encoding/json reads it
// otherwise: the last of one name counts, null changes nothing, and a member of
// another type costs no other.
func TestFields(t *testing.T) {
	type object struct {
		Text, Inner string
		Size        int64
		Count       json.Number
		Raw         string
		There       string
		List        int
	}
	for text, test := range map[string]struct {
		want object
		err  string
	}{
		`{"text":"a","Text":"b","TEXT":"c","size":7}`:                  {object{Text: "a", Size: 7}, ""},
		`{"text":"a","text":"b","text":null,"inside":{"inner":"x"}}`:   {object{Text: "b", Inner: "x"}, ""},
		`{"inside":{"Inner":"x","other":[{}]},"Inside":{"inner":"y"}}`: {object{}, ""},
		`{"count":12.50,"raw":{"a" : 1}}`:                              {object{Count: "12.50", Raw: `{"a" : 1}`}, ""},
		`{"count":"9007199254740993"}`:                                 {object{Count: "9007199254740993"}, ""},
		`{"count":"soon","text":"a"}`:                                  {object{Text: "a"}, `count: cannot unmarshal string "soon" into number`},
		`{"count":true,"text":"a"}`:                                    {object{Text: "a"}, "count: cannot unmarshal bool into number"},
		`{"inside":5,"text":5,"size":2}`:                               {object{Size: 2}, "inside: cannot unmarshal number into object"},
		`{"inside":{"inner":[]},"text":"a"}`:                           {object{Text: "a"}, "inside: inner: cannot unmarshal array into string"},
		`{"there":"x","list":[1,{}]}`:                                  {object{There: "x", List: 2}, ""},
		`{"there":"x","there":null,"list":null}`:                       {object{}, ""},
		`{"there":1,"list":"a","text":"a"}`:                            {object{Text: "a"}, "there: cannot unmarshal number into string"},
		`null`:                                                         {object{}, ""},
		`[]`:                                                           {object{}, "cannot unmarshal array into object"},
		`{"text":"a"} x`:                                               {object{Text: "a"}, "after top-level value"},
		`{"text":"a"`:                                                  {object{Text: "a"}, "unexpected end"},
		``:                                                             {object{}, "unexpected end"},
		`{"inside":` + strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001) + `}`: {object{}, "max depth"},
	} {
		var got object
		var raw json.RawMessage
		var there *string
		list := func(j *Reader) error {
			return j.Array(func() error {
				got.List++
				return j.Skip()
			})
		}
		err := Fields{"there": &there, "list": list, "text": &got.Text, "size": &got.Size, "count": &got.Count, "raw": &raw, "inside": Fields{"inner": &got.Inner}}.Read([]byte(text))
		got.Raw = string(raw)
		if there != nil {
			got.There = *there
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%.100s (-want +got):\n%s", text, diff)
		}
		if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%.100s: error %v, want %q", text, err, test.err)
		}
	}
}
