package documents

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// A number has one spelling, whoever writes it and however.
func TestNumber(t *testing.T) {
	for token, want := range map[string]string{
		"0": "0", "-0": "0", "0.000": "0", "-0e5": "0", "7": "7", "-7.0": "-7", "70e-1": "7", "9223372036854775807": "9223372036854775807", "-9223372036854775808": "-9223372036854775808",
		"1e18": "1000000000000000000", "1E+20": "100000000000000000000", "1000000000000000000000": "1e+21", "0.0000001": "1e-7", "0.000001": "0.000001", "1.50": "1.5", "123456789012345680000": "123456789012345680000",
		"1e300": "1e+300", "5e-324": "5e-324",
	} {
		if got, holds := Number(token); string(got) != want || !holds {
			t.Errorf("%s is %s, %v, want %s", token, got, holds, want)
		}
	}
	for token, want := range map[string]string{
		"9223372036854775808": "9223372036854775808", "-18446744073709551615": "-18446744073709551615", "0.10000000000000000555": "0.10000000000000000555",
		"1.2345678901234567890e5": "123456.7890123456789", "12345678901234567890123456789012345678": "12345678901234567890123456789012345678", "123456789012345678901e3": "123456789012345678901000",
		"1.2345678901234567891e-3": "0.0012345678901234567891", "1e400": "1" + strings.Repeat("0", 400), "1e99999": "1e99999", "1e-99999": "1e-99999", "1e99999999999999999999": "1e99999999999999999999",
	} {
		if got, holds := Number(token); string(got) != want || holds {
			t.Errorf("%s is %s, %v, want %s, which neither an int64 nor a double holds", token, got, holds, want)
		}
	}
}

// What encoding/json writes of an int64 and a double is the spelling.
func TestNumberOfGo(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		i, f := int64(r.Uint64())>>r.IntN(64), math.Float64frombits(r.Uint64())
		if math.IsNaN(f) || math.IsInf(f, 0) {
			continue
		}
		for _, v := range []any{i, f} {
			text, _ := json.Marshal(v)
			if got, holds := Number(string(text)); string(got) != string(text) || !holds {
				t.Fatalf("%s is %s, %v", text, got, holds)
			}
		}
		if got := Double(f); string(got) != strconv.FormatFloat(f, 'g', -1, 64) {
			if again, err := got.Float64(); err != nil || again != f {
				t.Fatalf("%v is %s", f, got)
			}
		}
	}
}

// FuzzEncode: what the encoder passes is its own spelling, within its limits, and
// means what was given.
func FuzzEncode(f *testing.F) {
	for _, seed := range []string{`{}`, `{"v":1e21,"w":[1,{"x":-0.0}]}`, `{"_rev":1}`, `{"v":[[]]}`, `{"v":{"":1}}`, `{"v":{"__x__":1}}`, `{"v":9223372036854775808}`, `{"v":1e-999999999}`,
		`{"v":"\ud800","v":"é"}`, `[]`, `null`, `{"v":0.10000000000000000555}`, string(strings.Repeat(`{"v":`, 18)) + "1" + strings.Repeat("}", 18)} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := Encode(json.RawMessage(text))
		if err != nil {
			return
		}
		first, err := JSON(d)
		if err != nil || len(first) > MaxJSON {
			t.Fatalf("%d bytes, %v", len(first), err)
		}
		again, err := Encode(json.RawMessage(first))
		if err != nil {
			t.Fatalf("%s is refused: %v", first, err)
		}
		if second, _ := JSON(again); string(second) != string(first) {
			t.Fatalf("%s becomes %s", first, second)
		}
	})
}

// FuzzNumber: a spelling is its own, and has the value.
func FuzzNumber(f *testing.F) {
	for _, seed := range []string{"0", "-0.0", "1e21", "1e-7", "9223372036854775808", "1e-999999999", "0.1", "123.456e7"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if !json.Valid([]byte(token)) || strings.Trim(token, "-+.eE0123456789") != "" {
			return
		}
		n, holds := Number(token)
		if again, holdsToo := Number(string(n)); again != n || holds != holdsToo || !json.Valid([]byte(n)) {
			t.Fatalf("%s becomes %s, and that %s", token, n, again)
		}
		want, _ := strconv.ParseFloat(token, 64)
		if got, _ := n.Float64(); got != want {
			t.Fatalf("%s becomes %s", token, n)
		}
	})
}

func TestCheckKey(t *testing.T) {
	for key, want := range map[string]string{"": "empty", "a/b": "a /", "..": "step in a path", "_x": "begins with _", "\xff": "not UTF-8", strings.Repeat("k", 1025): "1025 bytes, more than 1024"} {
		if err := CheckKey(key); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.10q: %v, want %s", key, err, want)
		}
	}
}

// An error says where in the document the fault is.
func TestEncodeErrors(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":{"b":[1,{"c":1e200}]}}`: `the document.a.b[1].c: the number 1e200 is no int64`,
		`{"a":[1,[2]]}`:               `the document.a[1]: an array lies directly in an array`,
		`{"b":{"":1}}`:                `the document.b: the name of a field is empty`,
		`{"_b":1,"_a":1}`:             `the field "_a" begins with _`,
		`[1]`:                         `no JSON object`,
	} {
		if _, err := Encode(json.RawMessage(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
