package item

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/fngen/fngen/internal/documents"
)

// Plain JSON, value by value: numbers in one spelling, sets sorted.
func TestItem(t *testing.T) {
	for name, test := range map[string]struct{ item, want string }{
		"numbers":          {`{"a":{"N":"9007199254740993"},"b":{"N":"1E+2"},"c":{"N":"-0.10"},"d":{"N":"1.00000000000000000000000000000000000001"}}`, `{"a":9007199254740993,"b":100,"c":-0.1,"d":1.00000000000000000000000000000000000001}`},
		"numbers by value": {`{"a":{"NS":["10","9","-1","1E1","9.0"]}}`, `{"a":[-1,9,9,10,10]}`},
		"strings":          {`{"é":{"S":"<a> "},"a":{"SS":["b","a","B"]}}`, `{"a":["B","a","b"],"é":"<a> "}`},
		"bytes":            {`{"a":{"B":"YQ==\n"},"b":{"BS":["Yg==","YQ=="]},"c":{"B":""}}`, `{"a":"YQ==","b":["YQ==","Yg=="],"c":""}`},
		"nothing":          {`{"a":{"NULL":true},"b":{"BOOL":false},"c":{"L":[]},"d":{"M":{}},"e":{"SS":[]}}`, `{"a":null,"b":false,"c":[],"d":{},"e":[]}`},
		"nested":           {`{"a":{"L":[{"M":{"b":{"L":[{"N":"1"}]}}}]}}`, `{"a":[{"b":[1]}]}`},
		"names of types":   {`{"S":{"S":"N"}}`, `{"S":"N"}`},
	} {
		item, err := Decode([]byte(test.item))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := documents.JSON(item)
		if err != nil || string(got) != test.want {
			t.Errorf("%s: got %s, %v, want %s", name, got, err, test.want)
		}
	}
}

// What is no item says where, and each limit has an error of its own.
func TestBadItem(t *testing.T) {
	nested := func(n int) string {
		return `{"a":` + strings.Repeat(`{"L":[`, n) + strings.Repeat(`]}`, n) + `}`
	}
	if _, err := Decode([]byte(nested(maxLevels))); err != nil {
		t.Error(err)
	}
	for item, why := range map[string]string{
		`{"a":{"N":"1 "}}`: `.a: "1 " is no number`, `{"a":{"N":"+1"}}`: `.a: "+1" is no number`, `{"a":{"N":"NaN"}}`: `.a: "NaN" is no number`,
		`{"a":{"N":"01"}}`: `.a: "01" is no number`, `{"a":{"N":1}}`: `.a: the value is no string`, `{"a":{"NS":["1","x"]}}`: `.a[1]: "x" is no number`,
		`{"a":{"B":"%"}}`: `.a: illegal base64`, `{"a":{"BOOL":"true"}}`: `.a: BOOL is no boolean`, `{"a":{"NULL":false}}`: `.a: NULL is not true`,
		`{"a":{}}`: `.a: the value has no type`, `{"a":{"S":"1","N":"1"}}`: `.a: the value has more than one type`, `{"a":"b"}`: `.a: expected {`,
		`{"a":{"s":"b"}}`: `.a: the type "s" is not known`, `{"a":{"S":"b"},"a":{"S":"c"}}`: `.a: it appears twice`, `{"a":{"L":{}}}`: `.a: expected [`,
		nested(maxLevels + 1): `values are nested more than 100 levels deep`,
		`{"a":{"SS":[` + strings.Repeat(`"",`, maxValues) + `""]}}`:            `.a: the item has more than 524288 values`,
		`{"a":{"L":[` + strings.Repeat(`{"S":""},`, maxValues) + `{"S":""}]}}`: `the item has more than 524288 values`,
		`{"a":{"B":"` + strings.Repeat("A", maxBytes+4) + `"}}`:                `.a: the value has more than 6291456 bytes of base64`,
		`{`:    `: expected }`,
		`null`: `: it is missing`,
	} {
		v, err := Decode([]byte(item))
		if err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%v, want %s", err, why)
		}
		if v != nil {
			t.Errorf("%s: %v beside an error", why, v)
		}
	}
}

// An item that decodes is one JSON object, and the same one each time.
func FuzzItem(f *testing.F) {
	f.Add([]byte(`{"a":{"S":"é"},"b":{"N":"-1.5E+3"},"c":{"B":"YQ=="},"d":{"BOOL":true},"e":{"NULL":true}}`))
	f.Add([]byte(`{"a":{"SS":["b","a"]},"b":{"NS":["2","1"]},"c":{"BS":["YQ=="]},"d":{"L":[{"M":{"x":{"L":[]}}}]}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		item, err := Decode(raw)
		if err != nil {
			if err.Error() == "" || item != nil {
				t.Errorf("error %q with %v", err, item)
			}
			return
		}
		first, err := documents.JSON(item)
		if err != nil || len(first) == 0 || first[0] != '{' || !json.Valid(first) {
			t.Fatalf("%s becomes %s, %v", raw, first, err)
		}
		again, _ := Decode(raw)
		if second, err := documents.JSON(again); err != nil || string(second) != string(first) {
			t.Errorf("%s becomes %s and %s, %v", raw, first, second, err)
		}
	})
}
