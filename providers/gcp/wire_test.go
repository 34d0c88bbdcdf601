package gcp

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Protects the reading of each wire type: the examples of the encoding's
// documentation, and the ends of the ranges.
func TestNextField(t *testing.T) {
	for _, tc := range []struct {
		name, in string
		want     wireField
		rest     string
	}{
		{"varint 150", "08 9601 ff", wireField{number: 1, wireType: wireVarint, bits: 150}, "ff"},
		{"string testing", "12 07 74657374696e67", wireField{number: 2, wireType: wireBytes, bytes: []byte("testing")}, ""},
		{"empty string", "12 00 08", wireField{number: 2, wireType: wireBytes, bytes: []byte{}}, "08"},
		{"varint -2", "08 feffffffffffffffff01", wireField{number: 1, wireType: wireVarint, bits: 1<<64 - 2}, ""},
		{"varint that is longer than it must be", "08 8000", wireField{number: 1, wireType: wireVarint}, ""},
		{"64 bits", "09 000000000000f03f", wireField{number: 1, wireType: wireFixed64, bits: 0x3ff0000000000000}, ""},
		{"32 bits", "0d 01020304", wireField{number: 1, wireType: wireFixed32, bits: 0x04030201}, ""},
		{"the largest number", "f8ffffff0f 01", wireField{number: 1<<29 - 1, wireType: wireVarint, bits: 1}, ""},
	} {
		got, rest, err := nextField(unhex(t, tc.in))
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(wireField{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
		if hex.EncodeToString(rest) != tc.rest {
			t.Errorf("%s: rest = %x, want %s", tc.name, rest, tc.rest)
		}
	}
}

// Protects the function from what is no message: an error, never a panic or a
// read behind the end.
func TestNextFieldErrors(t *testing.T) {
	for _, tc := range []struct{ name, in, err string }{
		{"half a tag", "80", "tag: truncated"},
		{"number 0", "00 01", "field number 0 is not in 1 to 536870911"},
		{"number too large", "8080808010 01", "field number 536870912 is not"},
		{"varint without an end", "08 ffff", "field 1: truncated"},
		{"varint missing", "08", "field 1: truncated"},
		{"varint of 65 bits", "08 ffffffffffffffffff02", "field 1: varint above 64 bits"},
		{"varint of 11 bytes", "08 8080808080808080808001", "field 1: varint above 64 bits"},
		{"7 of 8 bytes", "09 00000000000000", "field 1: truncated"},
		{"3 of 4 bytes", "0d 000000", "field 1: truncated"},
		{"length behind the end", "0a 02 00", "field 1: truncated"},
		{"length above all memory", "0a ffffffffffffffffff01 00", "field 1: truncated"},
		{"start of a group", "0b", "field 1: wire type 3 is not understood"},
		{"end of a group", "0c", "field 1: wire type 4 is not understood"},
		{"wire type 6", "0e", "field 1: wire type 6 is not understood"},
		{"wire type 7", "0f", "field 1: wire type 7 is not understood"},
	} {
		if _, _, err := nextField(unhex(t, tc.in)); err == nil || !strings.HasPrefix(err.Error(), tc.err) {
			t.Errorf("%s: got error %v, want %s", tc.name, err, tc.err)
		}
	}
}

// Whatever the bytes: no panic, and each step takes some of them.
func FuzzNextField(f *testing.F) {
	for _, seed := range []string{"089601", "120774657374696e67", "09000000000000f03f", "0d01020304", "0b0c", "0affffffffffffffffff01"} {
		f.Add(unhex(f, seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for len(b) > 0 {
			field, rest, err := nextField(b)
			if err != nil {
				return
			}
			if len(rest) >= len(b) || len(field.bytes) >= len(b) || field.number == 0 || field.number > maxFieldNumber {
				t.Fatalf("%x: field %+v, rest %x", b, field, rest)
			}
			b = rest
		}
	})
}
