package members

import (
	"slices"
	"testing"
)

// A member that is not there, and one of another type, is missing; one with
// another value is not.
func TestMissing(t *testing.T) {
	recorded := []byte(`{"a":1,"b":[{"c":"x"},{"d":null}],"e":{"k":true},"f":{"g":1}}`)
	encoded := []byte(`{"a":"1","b":[{"c":"y"}],"e":{"other":false}}`)
	got, err := Missing(recorded, encoded, []string{"e"}, map[string]string{"f": "a reason"})
	if want := []string{"a number", "b[].d null"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
	if _, err := Missing(recorded, recorded, nil, map[string]string{"a": "a reason"}); err == nil {
		t.Error("an exemption that is not needed is accepted")
	}
}
