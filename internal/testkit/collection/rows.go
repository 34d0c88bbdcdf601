package collection

import (
	"fmt"
	"math"
	"strings"
	"time"
)

type fields = map[string]any

// rows is the table: what is there or not, revisions, faults, and each edge of
// what is refused.
func rows() []row {
	x := func(n int) fields { return fields{"x": n} }
	all := []row{
		{"absent", []call{
			{op: "get", want: notFound},
			{op: "delete", want: ok},
			{op: "delete", at: "never", want: conflict},
			{op: "replace", doc: x(1), at: "never", want: conflict},
			{op: "replace", doc: x(1), want: refused},
			{op: "get", want: notFound},
		}},
		{"create", []call{
			{op: "create", doc: x(1), want: ok},
			{op: "create", doc: x(2), want: exists},
			{op: "get", want: ok, json: `{"x":1}`},
			{op: "put", doc: fields{"y": 3}, want: ok},
			{op: "get", want: ok, json: `{"y":3}`},
			{op: "create", doc: x(2), want: exists},
		}},
		{"put", []call{
			{op: "put", doc: x(1), want: ok},
			{op: "put", doc: x(2), want: ok},
			{op: "put", doc: x(2), want: ok},
			{op: "get", want: ok, json: `{"x":2}`},
		}},
		{"replace", []call{
			{op: "create", doc: x(1), keep: "first", want: ok},
			{op: "get", keep: "read", want: ok},
			{op: "replace", doc: x(2), at: "read", keep: "second", want: ok},
			{op: "replace", doc: x(3), at: "first", want: conflict},
			{op: "replace", doc: x(3), at: "never", want: conflict},
			{op: "get", want: ok, json: `{"x":2}`},
			{op: "replace", doc: x(4), at: "second", keep: "third", want: ok},
			{op: "replace", doc: x(5), at: "third", want: ok},
			{op: "get", want: ok, json: `{"x":5}`},
		}},
		{"delete", []call{
			{op: "create", doc: x(1), keep: "first", want: ok},
			{op: "put", doc: x(2), keep: "second", want: ok},
			{op: "delete", at: "first", want: conflict},
			{op: "delete", at: "never", want: conflict},
			{op: "delete", at: "second", want: ok},
			{op: "get", want: notFound},
			{op: "delete", at: "second", want: conflict},
			{op: "replace", doc: x(3), at: "second", want: conflict},
			{op: "delete", want: ok},
		}},
		{"create again", []call{
			{op: "create", doc: x(1), keep: "before", want: ok},
			{op: "delete", want: ok},
			{op: "create", doc: x(1), keep: "after", want: ok},
			{op: "create", doc: x(1), want: exists},
			{op: "replace", doc: x(2), at: "before", want: conflict},
			{op: "replace", doc: x(2), at: "after", want: ok},
			{op: "get", want: ok, json: `{"x":2}`},
		}},
		{"put after delete", []call{
			{op: "put", doc: x(1), want: ok},
			{op: "delete", want: ok},
			{op: "put", doc: x(2), want: ok},
			{op: "get", want: ok, json: `{"x":2}`},
		}},
		{"two writers", []call{
			{op: "create", doc: x(1), want: ok},
			{op: "get", keep: "alice", want: ok},
			{op: "get", keep: "bob", want: ok},
			{op: "replace", doc: x(2), at: "alice", want: ok},
			{op: "replace", doc: x(3), at: "bob", want: conflict},
			{op: "delete", at: "bob", want: conflict},
			{op: "get", want: ok, json: `{"x":2}`},
		}},
		{"a lost answer", []call{
			{op: "create", doc: x(1), on: "lose", want: exists},
			{op: "get", keep: "first", on: "lose", want: ok, json: `{"x":1}`},
			{op: "put", doc: x(2), keep: "second", on: "lose", want: ok},
			{op: "replace", doc: x(3), at: "second", on: "lose", want: conflict},
			{op: "get", keep: "third", want: ok, json: `{"x":3}`},
			{op: "delete", at: "third", on: "lose", want: conflict},
			{op: "get", want: notFound},
			{op: "delete", on: "lose", want: ok},
		}},
		{"throttled", []call{
			{op: "create", doc: x(1), keep: "first", on: "throttle", want: ok},
			{op: "get", on: "throttle", want: ok, json: `{"x":1}`},
			{op: "replace", doc: x(2), at: "first", keep: "second", on: "throttle", want: ok},
			{op: "put", doc: x(3), on: "throttle", want: ok},
			{op: "delete", at: "second", on: "throttle", want: conflict},
			{op: "delete", on: "throttle", want: ok},
		}},
		{"a broken server", []call{
			{op: "create", doc: x(1), keep: "first", on: "break", want: ok},
			{op: "get", on: "break", want: ok, json: `{"x":1}`},
			{op: "replace", doc: x(2), at: "first", on: "break", want: ok},
			{op: "put", doc: x(3), on: "break", want: ok},
			{op: "delete", on: "break", want: ok},
		}},
		{"no object", []call{
			{op: "put", doc: nil, want: refused},
			{op: "put", doc: 1, want: refused},
			{op: "put", doc: "text", want: refused},
			{op: "put", doc: []int{1}, want: refused},
			{op: "put", doc: []byte("{}"), want: refused},
			{op: "put", doc: make(chan int), want: refused},
			{op: "put", doc: raw(`{"v":1} 2`), want: refused},
			{op: "create", doc: math.Inf(1), want: refused},
			{op: "replace", doc: true, at: "never", want: refused},
			{op: "get", want: notFound},
		}},
		{"struct", []call{
			{op: "put", doc: struct {
				Name  string    `json:"name"`
				ID    string    `json:"id"`
				Empty string    `json:"empty,omitempty"`
				At    time.Time `json:"at"`
				Data  []byte
			}{Name: "é", ID: "other than the key", At: time.Date(2026, 1, 2, 3, 4, 5, 678, time.FixedZone("", 7200)), Data: []byte{0, 255}}, want: ok},
			{op: "get", want: ok, json: `{"Data":"AP8=","at":"2026-01-02T03:04:05.000000678+02:00","id":"other than the key","name":"é"}`},
		}},
		{"sizes", []call{
			{op: "put", doc: fields{"v": strings.Repeat("x", 390_000-8)}, want: ok},
			{op: "get", want: ok, json: `{"v":"` + strings.Repeat("x", 390_000-8) + `"}`},
			{op: "put", doc: fields{"v": strings.Repeat("x", 390_000-7)}, want: refused},
			{op: "put", doc: fields{"v": strings.Repeat("€", 130_000-3)}, want: ok},
			{op: "put", doc: fields{"v": strings.Repeat("\x01", 64_998)}, want: ok},
			{op: "put", doc: fields{"v": make([]int, 19_998)}, want: ok},
			{op: "put", doc: fields{"v": make([]int, 19_999)}, want: refused},
		}},
		{"an item of DynamoDB", []call{
			{op: "put", doc: fields{"n": make([]int, 19_997), "v": strings.Repeat("x", 327_000)}, want: ok},
			{op: "put", doc: fields{"n": make([]int, 19_997), "v": strings.Repeat("x", 349_000)}, want: refused},
		}},
		{"levels", []call{
			{op: "put", doc: nested(18), want: ok},
			{op: "get", want: ok, json: string(nested(18))},
			{op: "put", doc: nested(19), want: refused},
			{op: "put", doc: nested(5_000), want: refused},
			{op: "put", doc: fields{"v": []any{fields{"w": []any{1}}}}, want: ok},
			{op: "put", doc: fields{"v": []any{[]any{1}}}, want: refused},
			{op: "put", doc: fields{"v": []any{1, []any{}}}, want: refused},
		}},
	}
	all = append(all, names(), keys(), badKeys(), numbers(), bigIntegers(), badNumbers(), values())
	return all
}

func names() row {
	r := row{name: "names of fields"}
	for _, name := range []string{"id", "key", "v w", "a.b", "`", "é", "\U0001F600", "x_", "x__", `"`, `\`, "\n", "#k", ":v", "$ref", "N", "__", "___x", strings.Repeat("n", 1000)} {
		want := ok
		if strings.HasPrefix(name, "_") {
			want = refused
		}
		r.calls = append(r.calls, call{op: "put", doc: fields{name: 1}, want: want}, call{op: "put", doc: fields{"v": fields{trimmed(name): 1}}, want: ok},
			call{op: "get", want: ok})
	}
	for _, name := range []string{"", "__x__", "____", strings.Repeat("n", 1001)} {
		r.calls = append(r.calls, call{op: "put", doc: fields{name: 1}, want: refused}, call{op: "put", doc: fields{"v": fields{name: 1}}, want: refused},
			call{op: "put", doc: fields{"v": []any{fields{name: 1}}}, want: refused})
	}
	for _, name := range []string{"_id", "_rev", "_x", "_"} {
		r.calls = append(r.calls, call{op: "put", doc: fields{name: 1}, want: refused}, call{op: "put", doc: fields{"v": fields{name: "in"}}, want: ok},
			call{op: "get", want: ok, json: fmt.Sprintf(`{"v":{%q:"in"}}`, name)})
	}
	return r
}

// trimmed leaves room for the name before it.
func trimmed(name string) string { return name[:min(len(name), 999)] }

func keys() row {
	r := row{name: "keys"}
	for _, key := range []string{"a", "a b", "a+b", "a%2Fb", "%", "a?b#c", "ü", "u\u0308", "\U0001F600", "x__", "...", "a.", ".a", "a:b", "a,b;c=d&e", `"`, `\`, "'", "<>", "~", "-1", "0",
		"a@b.example", "A", "a\nb", "\x00", "\x01\x7f", "\u2028", "\ufffe", strings.Repeat("k", 1024), strings.Repeat("é", 512)} {
		doc := fmt.Sprintf(`{"key":%q}`, "k"+fmt.Sprint(len(r.calls)))
		r.calls = append(r.calls, call{op: "create", key: key, doc: raw(doc), want: ok})
	}
	for i, c := range r.calls { // no key is another's
		r.calls = append(r.calls, call{op: "get", key: c.key, want: ok, json: fmt.Sprintf(`{"key":"k%d"}`, i)})
	}
	for _, c := range r.calls[:len(r.calls)/2] {
		r.calls = append(r.calls, call{op: "delete", key: c.key, want: ok}, call{op: "get", key: c.key, want: notFound})
	}
	return r
}

func badKeys() row {
	r := row{name: "keys that are refused"}
	for _, key := range []string{"/", "a/b", ".", "..", "_", "_x", "__x__", "_design", "\xff", "a\xc3", strings.Repeat("k", 1025)} {
		r.calls = append(r.calls, call{op: "get", key: key, want: refused}, call{op: "put", key: key, doc: fields{}, want: refused}, call{op: "create", key: key, doc: fields{}, want: refused},
			call{op: "replace", key: key, doc: fields{}, at: "never", want: refused}, call{op: "delete", key: key, want: refused})
	}
	return r
}

// BigIntegers is the row of integers that JavaScript does not hold.
const BigIntegers = "integers above 2^53"

// A spelling is a number as it is written, and as it is read.
type spelling struct{ written, read string }

func spellings(name string, of ...spelling) row {
	r := row{name: name}
	for _, n := range of {
		r.calls = append(r.calls, call{op: "put", doc: raw(`{"v":` + n.written + `,"w":[` + n.written + `]}`), want: ok},
			call{op: "get", want: ok, json: `{"v":` + n.read + `,"w":[` + n.read + `]}`})
	}
	return r
}

func bigIntegers() row {
	return spellings(BigIntegers, spelling{"9007199254740993", "9007199254740993"}, spelling{"9223372036854775807", "9223372036854775807"},
		spelling{"-9223372036854775808", "-9223372036854775808"}, spelling{"-9007199254740993.0", "-9007199254740993"})
}

func numbers() row {
	return spellings("numbers", []spelling{
		{"0", "0"}, {"-0", "0"}, {"-0.0", "0"}, {"1", "1"}, {"1.0", "1"}, {"1e0", "1"}, {"10e-1", "1"}, {"-1", "-1"}, {"0.1", "0.1"}, {"1E2", "100"},
		{"9007199254740991", "9007199254740991"},
		{"9223372036854776000", "9223372036854776000"}, {"1e18", "1000000000000000000"}, {"1e19", "10000000000000000000"}, {"100000000000000000000", "100000000000000000000"},
		{"1e21", "1e+21"}, {"1000000000000000000000", "1e+21"}, {"123456789012345680000", "123456789012345680000"}, {"0.000001", "0.000001"}, {"1e-6", "0.000001"}, {"1e-7", "1e-7"}, {"0.0000001", "1e-7"},
		{"1.7976931348623157", "1.7976931348623157"}, {"0.30000000000000004", "0.30000000000000004"}, {"1e-130", "1e-130"}, {"-1e-130", "-1e-130"}, {"9.9e125", "9.9e+125"}, {"-9.9e125", "-9.9e+125"},
		{"1.2345678901234567e+100", "1.2345678901234567e+100"}, {"5e-100", "5e-100"},
	}...)
}

func badNumbers() row {
	r := row{name: "numbers that are refused"}
	for _, n := range []string{"9223372036854775808", "-9223372036854775809", "18446744073709551615", "1e126", "9.91e125", "-1e126", "9e-131", "1e-131", "1e-400", "1e400", "1e-99999999999", "1e99999999999",
		"0.10000000000000000555", "3.14159265358979323846", "123456789012345678901234567890"} {
		r.calls = append(r.calls, call{op: "put", doc: raw(`{"v":` + n + `}`), want: refused}, call{op: "put", doc: raw(`{"v":[{"w":` + n + `}]}`), want: refused})
	}
	r.calls = append(r.calls, call{op: "put", doc: fields{"v": math.NaN()}, want: refused}, call{op: "put", doc: fields{"v": math.MaxFloat64}, want: refused},
		call{op: "put", doc: fields{"v": math.SmallestNonzeroFloat64}, want: refused}, call{op: "put", doc: fields{"v": uint64(math.MaxUint64)}, want: refused})
	return r
}

// values are those that a platform might take for others.
func values() row {
	r := row{name: "values"}
	for _, v := range []string{`{}`, `{"v":null}`, `{"v":""}`, `{"v":true}`, `{"v":false}`, `{"v":[]}`, `{"v":{}}`, `{"v":[{}]}`, `{"v":[null,"",false,0]}`,
		`{"v":"2026-01-02T03:04:05Z"}`, `{"v":"AP8="}`, `{"v":"1"}`, `{"v":{"S":"x"}}`, `{"v":{"stringValue":"x"}}`, `{"v":["b","a","b"]}`,
		`{"v":" \t\n\r"}`, `{"v":"\u0000\u0001\u001f"}`, "{\"v\":\"\u007f\u0085\u00a0\"}", `{"v":"\u2028\u2029"}`, "{\"v\":\"\ufeff\ufffe\uffff\ufffd\"}", `{"v":"<>&'/"}`,
		"{\"v\":\"\U0001F468\u200d\U0001F469\"}", "{\"v\":\"e\u0301 é\"}", "{\"v\":\"\U0010FFFF\"}", `{"B":1,"a":2,"aa":3,"b":4}`, `{"a":{"z":1,"y":[{"b":1,"a":2}]}}`} {
		r.calls = append(r.calls, call{op: "put", doc: raw(v), want: ok}, call{op: "get", want: ok, json: sorted(v)})
	}
	r.calls = append(r.calls,
		call{op: "put", doc: fields{"v": "a\xffb"}, want: ok}, call{op: "get", want: ok, json: "{\"v\":\"a\ufffdb\"}"},
		call{op: "put", doc: raw(`{"v":"\ud800"}`), want: ok}, call{op: "get", want: ok, json: "{\"v\":\"\ufffd\"}"},
		call{op: "put", doc: raw(`{"v":1,"v":2}`), want: ok}, call{op: "get", want: ok, json: `{"v":2}`})
	return r
}

func sorted(v string) string {
	return strings.Replace(v, `{"z":1,"y":[{"b":1,"a":2}]}`, `{"y":[{"a":2,"b":1}],"z":1}`, 1)
}
