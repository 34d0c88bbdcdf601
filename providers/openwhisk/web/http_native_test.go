package web_test

import (
	"cmp"
	"encoding/json"
	"net/http"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/internal/native"
	sender "github.com/fngen/fngen/internal/native/openwhisk"
	"github.com/fngen/fngen/providers/internal/conformance"
)

// checkNative checks that the library of native payloads sends the request as
// the controller of the table does, so that replays and local runs meet what the
// table is compared with. The library's has headers of the gateway's own besides.
func checkNative(t testing.TB, w conformance.Wire, line []byte) {
	t.Helper()
	header := http.Header{}
	for _, f := range w.Header {
		name := http.CanonicalHeaderKey(f.Name)
		header[name] = append(header[name], f.Value)
	}
	encoded, err := sender.Platform{}.Encode(native.Trigger{Kind: "http"}, native.Invocation{},
		native.Delivery{Occurrence: native.Request{Method: w.Method, Target: w.Target, Host: cmp.Or(w.Host, conformance.Host), Header: header, Body: w.Body}})
	if err != nil {
		t.Fatal(err)
	}
	type activation struct{ Value map[string]any }
	var want, got activation
	for text, v := range map[string]*activation{string(line): &want, string(encoded[0].Body): &got} {
		if err := json.Unmarshal([]byte(text), v); err != nil {
			t.Fatal(err)
		}
	}
	sent, _ := got.Value["__ow_headers"].(map[string]any)
	for name, value := range want.Value["__ow_headers"].(map[string]any) {
		if diff := gocmp.Diff(value, sent[name]); diff != "" {
			t.Errorf("%s: header %s (-table +native):\n%s", w.Target, name, diff)
		}
	}
	delete(want.Value, "__ow_headers")
	delete(got.Value, "__ow_headers")
	if diff := gocmp.Diff(want.Value, got.Value); diff != "" {
		t.Errorf("%s (-table +native):\n%.2000s", w.Target, diff)
	}
}
