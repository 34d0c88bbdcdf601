package jsonvalue_test

import (
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Values at the borders of what types take, and some that are no JSON.
var (
	texts = []string{
		`""`, `"a"`, `"b\n\u00e9"`, `"\ud83d\ude00"`, `"\ud83d"`, `"\u0000"`, `"é😀"`, `"17"`, `"AQID"`, `"AQI="`, `"AQ\u003d\n="`, `"true"`,
	}
	figures = []string{
		`0`, `1`, `17`, `-0`, `-1`, `127`, `128`, `-128`, `-129`, `255`, `256`, `32767`, `32768`, `65535`, `65536`, `2147483647`, `2147483648`, `4294967295`, `4294967296`,
		`9007199254740993`, `9223372036854775807`, `9223372036854775808`, `-9223372036854775808`, `-9223372036854775809`, `18446744073709551615`, `18446744073709551616`,
	}
	fractions = []string{`-0.0`, `1e2`, `1E+2`, `1.0`, `1.5`, `-1.5e-3`, `3.4e38`, `3.5e38`, `1e-50`, `1e308`, `1e309`, `0.1`, `16777217`}
	odd       = []string{
		`true`, `false`, `[]`, `{}`, `[1,"a",null]`, `{"a":1,"a":{}}`, `[1,]`, `{"a":1,}`, `[,]`, `{1:2}`, `01`, `1.`, `.5`, `+1`, `-`, `0x1`, `1_0`, `Infinity`, `NaN`, `nul`, `nullx`, `True`, ``,
		"\"\xff\"", "\"a\tb\"", `"\x"`, `"\u12"`, `"a`, `'a'`,
	}
	all = slices.Concat(texts, figures, fractions, odd, []string{"null"})
)

// Choices are the bytes that a document is made of.
type choices []byte

// next returns a number below n, 0 at the end.
func (c *choices) next(n int) int {
	if len(*c) == 0 {
		return 0
	}
	first := int((*c)[0])
	*c = (*c)[1:]
	return first % n
}

func (c *choices) one(of []string) string { return of[c.next(len(of))] }

// rarely is true once in a while, and never at the end.
func (c *choices) rarely() bool { return c.next(40) == 39 }

// document returns a text which mostly is one of JSON for the type.
func (c *choices) document(t reflect.Type) string {
	switch {
	case c.rarely():
		return c.one(all)
	case c.rarely(), len(*c) == 0:
		return "null"
	}
	switch t {
	case reflect.TypeFor[time.Time](), reflect.TypeFor[embedsTime]():
		return c.one([]string{`"2026-03-12T19:03:58Z"`, `"2026-03-12T19:03:58.5+01:00"`, `"2026-03-12T19:03:58\u005a"`})
	case reflect.TypeFor[netip.Addr]():
		return c.one([]string{`"10.0.0.1"`, `"::1"`, `"1\u0030.0.0.1"`})
	}
	switch t.Kind() {
	case reflect.Bool:
		return c.one([]string{"true", "false"})
	case reflect.String:
		return c.one(texts)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return figures[c.next(1+c.next(len(figures)))] // mostly one that is not large
	case reflect.Float32, reflect.Float64:
		return c.one(slices.Concat(figures, fractions))
	case reflect.Pointer:
		return c.document(t.Elem())
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 && c.next(2) == 0 {
			return c.one(texts)
		}
		return "[" + c.list(c.next(6), func() string { return c.document(t.Elem()) }) + "]"
	case reflect.Map:
		return "{" + c.list(c.next(4), func() string { return c.one(texts) + ":" + c.document(t.Elem()) }) + "}"
	case reflect.Struct:
		return "{" + c.members(t) + "}"
	}
	return c.one(all)
}

// members returns some of a struct's fields, mostly in their order and once
// each, and some that it does not have.
func (c *choices) members(t reflect.Type) string {
	fields := reflect.VisibleFields(t)
	if c.next(4) == 1 {
		slices.Reverse(fields)
	}
	var members []string
	for _, f := range fields {
		if c.next(4) == 1 {
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			name = f.Name
		}
		for more := true; more; more = c.rarely() {
			members = append(members, `"`+c.spelt(name)+`" : `+c.document(f.Type))
		}
		if c.rarely() {
			members = append(members, `"more":`+c.document(reflect.TypeFor[order]()))
		}
	}
	at := 0
	return c.list(len(members), func() string { at++; return members[at-1] })
}

// spelt returns the name as it is, or in another case, or with an escape.
func (c *choices) spelt(name string) string {
	switch c.next(12) {
	case 1:
		return strings.ToUpper(name)
	case 2:
		return strings.ToLower(name)
	case 3:
		return strings.NewReplacer("k", "\u212a", "K", "\u212a", "s", "ſ", "S", "ſ").Replace(name)
	case 4:
		return strings.NewReplacer("a", `\u0061`, "k", `\u212A`, "s", `\u017f`).Replace(name)
	}
	return name
}

func (c *choices) list(n int, item func() string) string {
	items := make([]string, n)
	for i := range items {
		items[i] = item()
	}
	return strings.Join(items, ",\n")
}
