package jsonvalue_test

import (
	"encoding/json"
	"net/netip"
	"strings"
	"time"
)

type order struct {
	ID    string `json:"id"`
	Total int    `json:"total"`
	Lines []struct {
		Article string `json:"article"`
		Count   int    `json:"count"`
	} `json:"lines"`
}

const orderText = `{"id":"17","total":4200,"lines":[{"article":"apple","count":3},{"article":"pear","count":1}],"customer":{"name":"Ada","city":"London"}}`

// The names of fields are short, and the same in many types, so that texts with
// a meaning in one have a meaning in others.
type (
	numbers struct {
		A int8    `json:"a"`
		B int16   `json:"b"`
		C int32   `json:"c"`
		D int64   `json:"d"`
		E uint8   `json:"e"`
		F uint16  `json:"f"`
		G uint32  `json:"g"`
		H uint64  `json:"h"`
		K float32 `json:"k"`
		S float64 `json:"s"`
		I uint
		J int
		L uintptr
	}
	strs struct {
		A string
		B named  `json:"b,omitempty"`
		K string `json:"k"`
		//lint:ignore SA5008 a name of one dash
		S string `json:"-,"`
		X string `json:"-"`
		_ string
		É bool `json:"é"`
	}
	pointers struct {
		A *int                `json:"a"`
		B **string            `json:"b"`
		C *leaf               `json:"c"`
		D *[]*leaf            `json:"d"`
		K *map[string]*int8   `json:"k"`
		S *time.Time          `json:"s"`
		E *upper              `json:"e"`
		F *[2]bool            `json:"f"`
		G **struct{ A upper } `json:"g"`
	}
	leaf struct {
		A string  `json:"a"`
		B float64 `json:"b,omitzero"`
		C bool    `json:"c"`
		X string  `json:"-"`
		Y func()  `json:"-"`
	}
	nested struct {
		A leaf             `json:"a"`
		B struct{ A leaf } `json:"b"`
		C []leaf           `json:"c"`
		D [][]int          `json:"d"`
		K []struct{ A [2]leaf }
		S []string
	}
	arrays struct {
		A [2]int
		B [3]leaf
		C [0]string
		D [2][2]uint8
		K [1]*bool
		S []struct{}
	}
	lists struct {
		A []byte
		B []tiny
		C [3]byte
		D list
		K []bool
		S []small
	}
	maps struct {
		A map[string]int
		B map[named]leaf
		C map[string]map[string]bool
		D map[string][]string
		K map[string]*leaf
		S dictionary
	}
	tree struct {
		A string
		B *tree
		C []tree
		D map[string]tree
		K forest
	}
	methods struct {
		A time.Time
		B *time.Time
		C upper
		D []upper
		E map[string]upper
		F kept
		G netip.Addr
		H json.RawMessage
		I *json.RawMessage
		K both
		S [2]strict
		Q loud
		R *loud
	}

	named      string
	tiny       uint8
	list       []int16
	forest     []forest
	dictionary map[string]dictionary

	upper  string             // UnmarshalText
	kept   struct{ s string } // UnmarshalJSON
	both   struct{ s string } // both, of which UnmarshalJSON counts
	strict int                // UnmarshalJSON with errors
	small  uint8              // UnmarshalText of a byte
	loud   map[string]string  // UnmarshalJSON of the value, not of the pointer

	pointerTo *upper // does not have the methods of its element

	embeds struct {
		leaf
		D int
	}
	embedsTime struct{ time.Time }
	option     struct {
		A int    `json:"a,string"`
		B string `json:"b,string"`
		C *bool  `json:",string"`
	}
	collides struct {
		A string `json:"k"`
		B string `json:"K"`
		C int    `json:"s"`
		D int    `json:"ſ"`
	}
	repeats struct {
		A string `json:"B"`
		B string
		C string
	}
	oddName struct {
		//lint:ignore SA5008 so that encoding/json does not take the name
		A string `json:"a\\b"`
	}
	oddOption struct {
		//lint:ignore SA5008 so that the option is not known
		B string `json:"ⅷ,other"`
	}
	dynamic struct {
		A any
		B map[string]any
		C []any
		D json.Number
		K interface{ String() string }
	}
	keys struct {
		A map[int]string
		B map[upper]int
		C map[netip.Addr]string
	}
	hopeless struct {
		A func()
		B chan int
		C complex64
	}
	unnamedMethods struct {
		A struct{ time.Time }
		B *struct{ time.Time }
	}
	namedPointer struct{ A pointerTo }
)

func (u *upper) UnmarshalText(text []byte) error {
	*u = upper(strings.ToUpper(string(text)))
	return nil
}

func (k *kept) UnmarshalJSON(text []byte) error { k.s = string(text); return nil }

func (b *both) UnmarshalJSON(text []byte) error { b.s = "json " + string(text); return nil }
func (b *both) UnmarshalText(text []byte) error { b.s = "text " + string(text); return nil }

func (s *strict) UnmarshalJSON(text []byte) error { return json.Unmarshal(text, (*int)(s)) }

func (s *small) UnmarshalText(text []byte) error { *s = small(len(text)); return nil }

func (l loud) UnmarshalJSON([]byte) error { return nil }
