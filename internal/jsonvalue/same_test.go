package jsonvalue_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/jsonvalue"
)

// A target compares what becomes of texts in a type.
type target struct {
	typ   reflect.Type
	check func(*testing.T, []byte) (taken bool)
}

var targets = []target{
	same[order](), same[fn.Object](), same[fn.Change](), same[fn.Tick](), same[numbers](), same[strs](), same[pointers](), same[nested](),
	same[arrays](), same[lists](), same[maps](), same[tree](), same[methods](),
	same[int](), same[uint8](), same[float32](), same[bool](), same[named](), same[[]byte](), same[list](), same[forest](), same[dictionary](), same[*leaf](),
	same[[]leaf](), same[[2]string](), same[map[string]leaf](), same[time.Time](), same[upper](), same[kept](), same[both](), same[strict](), same[json.RawMessage](),
	same[embeds](), same[embedsTime](), same[option](), same[collides](), same[repeats](), same[oddName](), same[oddOption](), same[any](), same[json.Number](), same[dynamic](),
	same[keys](), same[hopeless](), same[unnamedMethods](), same[namedPointer](), same[struct{ time.Time }](),
}

// same compares a decoder with encoding/json, which gets what the decoder
// refuses.
func same[T any]() target {
	typ := reflect.TypeFor[T]()
	d := jsonvalue.For(typ)
	return target{typ, func(t *testing.T, text []byte) bool {
		var got T
		if !d.Decode(text, &got) {
			return false
		}
		var want T
		if err := decode(text, &want); err != nil {
			t.Fatalf("%T takes %q; encoding/json: %v", got, text, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%q becomes %#v; encoding/json: %#v", text, got, want)
		}
		return true
	}}
}

// decode decodes one JSON value that is not null by encoding/json.
func decode(text []byte, target any) error {
	if string(bytes.Trim(text, " \t\r\n")) == "null" {
		return errors.New("null")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(target); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("more after the value")
	}
	return nil
}

// seeds have all the fields of the types above, and what is special in JSON.
var seeds = []string{
	orderText, ` { "id" : "17" , "total" : -0 } `, `{"Id":"17","TOTAL":1,"lineſ":[],"LINES":null}`, `{"id":"1","id":"2"}`, `{"id":"1","ID":"2"}`, `{"lines":[{"article":"a"}],"lines":[{"count":1}]}`,
	"{\"id\":\"\xff\"}", `{"id":"\ud83d\ude00\ud83d"}`, `{"total":1e2}`, `{"total":1.0}`, `{"total":9223372036854775807}`, `{"total":9223372036854775808}`, `{"lines":[{}],}`, `{"lines":[{},]}`,
	`{"K":"k","ſ":"s"}`, `{"K":1,"ſ":2.5}`, `{"a":-128,"b":32767,"c":-2147483648,"d":1,"e":255,"f":65535,"g":1,"h":18446744073709551615,"k":3.5e38,"s":1e309}`,
	`{"a":null,"b":null,"c":null,"d":null,"k":null,"s":null,"e":null,"f":null,"g":null,"h":null,"i":null,"q":null,"r":null}`,
	`{"a":1,"b":"x","c":{"a":"y"},"d":[null,{"b":1.5}],"k":{"x":1,"y":null},"s":"2026-03-12T19:03:58Z","e":"u","f":[true],"g":{"a":"x"}}`,
	`{"a":{"a":"x","a":"y"},"b":{"A":{"c":true}},"c":[{},{"a":"x"}],"d":[[1],[],null],"k":[{"A":[{},{},{}]}],"s":["","é"]}`,
	`{"a":[1,2,3],"b":[{"a":"x"}],"c":["x"],"d":[[1,2],[256]],"k":[null],"s":[{},{"x":1}]}`, `{"a":"AQID","b":"AQID","c":[1,2],"d":[],"k":[],"s":"AQ=="}`, `{"a":[1,2],"b":[3],"c":"AQID","s":["x","yy"]}`,
	`{"a":{"x":1,"x":2},"b":{"x":{"a":"1"},"x":{"c":true}},"c":{"":{}},"d":{"x":["y"],"x":null},"k":{"x":null},"s":{"x":{"y":{}}}}`,
	`{"a":"1","b":{"b":{"a":"3"}},"c":[{"c":[{}]}],"d":{"x":{"d":{}}},"k":[[],[[]]]}`,
	`{"a":"2026-03-12T19:03:58Z","b":null,"c":"x","d":["x",null],"e":{"x":"y"},"f": [ 1 , {"a" : "é"} ] ,"g":"::1","h":{"a": 1},"i":null,"k":"x","s":[1,2],"q":{"x":"y"},"r":1}`,
	`{"a":5,"c":5}`, `{"a":"not a time"}`, `{"s":["x"]}`, `null`, ` null `, `nul`, ``, ` `, `1 2`, `"x"`, `[]`, `[null]`, `{`, `}`, `"AQID"`, `true`, `1.5`, `{"a":1}x`, "\ufeff{}", "\x00", `{"a":"1","b":"\"x\"","C":"true"}`,
}

// deep texts are near the limits of nesting, the decoder's and that of
// encoding/json.
var deep = []string{
	strings.Repeat("[", 999) + strings.Repeat("]", 999), strings.Repeat("[", 1001) + strings.Repeat("]", 1001), strings.Repeat(`{"b":`, 1200) + "null" + strings.Repeat("}", 1200),
	strings.Repeat("[", 10001) + strings.Repeat("]", 10001), `{"x":` + strings.Repeat("[", 10000) + strings.Repeat("]", 10000) + "}",
}

// What a decoder takes, encoding/json takes, and the values are equal.
func FuzzSame(f *testing.F) {
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, target := range targets {
			target.check(t, data)
			rest := choices(data)
			target.check(t, []byte(rest.document(target.typ)))
		}
	})
}
