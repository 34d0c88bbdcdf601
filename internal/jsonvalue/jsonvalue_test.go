package jsonvalue_test

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/jsonvalue"
)

// takes reports whether the text is decoded without encoding/json.
func takes[T any](text string) bool {
	return jsonvalue.For(reflect.TypeFor[T]()).Decode([]byte(text), new(T))
}

// Common types and texts are decoded here, so that what is left to encoding/json
// is known.
func TestTakes(t *testing.T) {
	for what, taken := range map[string]bool{
		"an order":              takes[order](orderText),
		"an object":             takes[fn.Object](`{"bucket":"uploads","key":"a b.png","size":3,"etag":"x","contenttype":"image/png"}`),
		"a change":              takes[fn.Change](`{"collection":"orders","key":"1","before":null,"after":{"a":[1, 2]},"partial":false}`),
		"a tick":                takes[fn.Tick](`{"name":"report","scheduled":"2026-03-12T19:00:00Z","approximate":true}`),
		"numbers":               takes[numbers](`{"a":-128,"b":1,"c":1,"d":-9223372036854775808,"e":255,"f":1,"g":1,"h":18446744073709551615,"k":1.5,"s":-1e300,"i":1}`),
		"a name of a dash":      takes[strs](`{"-":"x","B":"y","X":1}`),
		"names in another case": takes[order](`{"ID":"17","Total":1,"lineſ":[]}`),
		"null everywhere":       takes[pointers](`{"a":null,"b":null,"c":null,"d":[null],"k":{"x":null},"s":null}`),
		"escapes":               takes[order](`{"\u0069d":"\"\ud83d\ude00\""}`),
		"maps":                  takes[maps](`{"A":{"x":1,"x":2},"B":{"x":{}},"C":{"x":{"y":true}},"S":{"x":{"y":{}}}}`),
		"a type in itself":      takes[tree](`{"A":"x","B":{"B":{}},"C":[{"C":[]}],"D":{"x":{"A":"y"}}}`),
		"methods":               takes[methods](`{"A":"2026-03-12T19:00:00Z","C":"x","D":["y"],"F":[1],"G":"10.0.0.1","H":{},"K":1}`),
		"base64":                takes[lists](`{"A":"AQID","B":"AQID","C":[1,2,3]}`),
		"white space around":    takes[*order](" \r\n\t{}\n"),
		"nesting":               takes[forest](strings.Repeat("[", 1000) + strings.Repeat("]", 1000)),
	} {
		if !taken {
			t.Errorf("%s: left to encoding/json", what)
		}
	}
}

// Texts that encoding/json refuses, or gives a meaning that is not known here,
// are left to it.
func TestRefuses(t *testing.T) {
	for what, taken := range map[string]bool{
		"nothing":              takes[order](" "),
		"null":                 takes[order](" null "),
		"null for a pointer":   takes[*order]("null"),
		"null for a method":    takes[kept]("null"),
		"a name twice":         takes[order](`{"id":"1","id":"2"}`),
		"a name in two cases":  takes[order](`{"id":"1","ID":"2"}`),
		"what is not UTF-8":    takes[order]("{\"id\":\"\xff\"}"),
		"more after the value": takes[order](`{}{}`),
		"another type":         takes[order](`{"id":17}`),
		"a fraction":           takes[order](`{"total":1.0}`),
		"an exponent":          takes[order](`{"total":1e2}`),
		"overflow":             takes[numbers](`{"a":128}`),
		"overflow of uint64":   takes[numbers](`{"h":18446744073709551616}`),
		"overflow of float32":  takes[numbers](`{"k":3.5e38}`),
		"a negative uint":      takes[numbers](`{"e":-0}`),
		"a comma too many":     takes[order](`{"lines":[{},]}`),
		"an error of a method": takes[methods](`{"S":["x"]}`),
		"nesting":              takes[forest](strings.Repeat("[", 1001) + strings.Repeat("]", 1001)),
	} {
		if taken {
			t.Errorf("%s: taken", what)
		}
	}
}

// Types whose meaning is not known here are left to encoding/json.
func TestForRefuses(t *testing.T) {
	for _, typ := range []reflect.Type{
		reflect.TypeFor[any](), reflect.TypeFor[error](), reflect.TypeFor[json.Number](), reflect.TypeFor[[]any](), reflect.TypeFor[map[string]any](),
		reflect.TypeFor[dynamic](), reflect.TypeFor[embeds](), reflect.TypeFor[option](), reflect.TypeFor[collides](),
		reflect.TypeFor[repeats](), reflect.TypeFor[oddName](), reflect.TypeFor[oddOption](), reflect.TypeFor[keys](), reflect.TypeFor[map[upper]int](), reflect.TypeFor[hopeless](),
		reflect.TypeFor[unnamedMethods](), reflect.TypeFor[namedPointer](), reflect.TypeFor[struct{ time.Time }](), reflect.TypeFor[[]*[1]map[string]any](),
		reflect.StructOf(fields(65)),
	} {
		if jsonvalue.For(typ) != nil {
			t.Errorf("%v: taken", typ)
		}
	}
	if jsonvalue.For(reflect.StructOf(fields(64))) == nil {
		t.Error("64 fields: left to encoding/json")
	}
}

func fields(n int) []reflect.StructField {
	all := make([]reflect.StructField, n)
	for i := range all {
		all[i] = reflect.StructField{Name: "F" + strings.Repeat("x", i), Type: reflect.TypeFor[int]()}
	}
	return all
}

// The last of as many fields as are taken is seen twice like the first.
func TestManyFields(t *testing.T) {
	typ := reflect.StructOf(fields(64))
	last := `"F` + strings.Repeat("x", 63) + `":1`
	d := jsonvalue.For(typ)
	if v := reflect.New(typ); !d.Decode([]byte("{"+last+"}"), v.Interface()) || v.Elem().Field(63).Int() != 1 {
		t.Error("refused, or not read")
	}
	if d.Decode([]byte("{"+last+","+last+"}"), reflect.New(typ).Interface()) {
		t.Error("taken twice")
	}
}

// Decoding allocates what the value consists of: here itself, the lines and
// three strings; and one copy of the text.
func TestAllocations(t *testing.T) {
	d, text := jsonvalue.For(reflect.TypeFor[order]()), []byte(orderText)
	if n := testing.AllocsPerRun(1000, func() { d.Decode(text, new(order)) }); n > 6 {
		t.Errorf("%v allocations", n)
	}
}

// A decoder serves many goroutines, and the values are theirs alone.
func TestConcurrentUse(t *testing.T) {
	d, text := jsonvalue.For(reflect.TypeFor[tree]()), []byte(`{"A":"x","C":[{"A":"y"}],"D":{"x":{"A":"z"}}}`)
	var want tree
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				var got tree
				if !d.Decode(text, &got) || !reflect.DeepEqual(got, want) {
					t.Errorf("got %v", got)
				}
				got.C[0].A, got.D["x"] = "changed", tree{}
			}
		})
	}
	all.Wait()
}

// Deep documents, and random ones as the fuzz target builds them, have the
// meaning that they have to encoding/json.
func TestSame(t *testing.T) {
	for _, text := range deep {
		for _, target := range targets {
			target.check(t, []byte(text))
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for _, target := range targets {
		taken := 0
		for range 2000 {
			rest := make(choices, 200)
			for i := range rest {
				rest[i] = byte(random.Uint32())
			}
			if target.check(t, []byte(rest.document(target.typ))) {
				taken++
			}
		}
		if isTaken := jsonvalue.For(target.typ) != nil; isTaken != (taken > 40) {
			t.Errorf("%v: takes %d documents", target.typ, taken)
		}
	}
}
