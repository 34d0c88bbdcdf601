package gcp_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/fngen/fngen/providers/gcp"
)

// FuzzVerify protects the gate from any header but the one that Google has
// signed: nothing else gets through, and nothing ends the process.
func FuzzVerify(f *testing.F) {
	discardLog(f)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		f.Fatal(err)
	}
	keys := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(keySet(map[string]*rsa.PrivateKey{"k1": key})))
	}))
	f.Cleanup(keys.Close)
	signed := part(map[string]any{"alg": "RS256", "kid": "k1"}) + "." + part(claims(nil))
	digest := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		f.Fatal(err)
	}
	token := signed + "." + base64.RawURLEncoding.EncodeToString(signature)

	f.Add("Bearer "+token, true)
	f.Add(token, true)
	f.Add("Bearer "+token, false)
	for _, header := range []string{"", "Bearer", "Bearer ..", "Bearer a.b.c", "Basic " + token, "Bearer " + part(map[string]any{"alg": "none"}) + "." + part(claims(nil)) + ".",
		"Bearer " + part("text") + "." + part(1) + ".AA"} {
		f.Add(header, true)
	}
	gate := gcp.VerifyWith(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }), audience, caller, keys.URL,
		func() time.Time { return issued })
	f.Fuzz(func(t *testing.T, header string, there bool) {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		if there {
			r.Header["Authorization"] = []string{header}
		}
		w := httptest.NewRecorder()
		gate.ServeHTTP(w, r)
		scheme, sent, _ := strings.Cut(header, " ")
		good := there && strings.EqualFold(scheme, "Bearer") && sent == token
		if good != (w.Code == 204) || !good && w.Code != 401 {
			t.Errorf("status %d for %q", w.Code, header)
		}
	})
}

// FuzzKeySet protects the process from whatever is served in the place of
// Google's keys.
func FuzzKeySet(f *testing.F) {
	f.Add([]byte(`{"keys":[{"kty":"RSA","alg":"RS256","use":"sig","kid":"a","n":"AQAB","e":"AQAB"}]}`))
	f.Add([]byte(`{"keys":[{"kty":"RSA","kid":"a","n":"` + strings.Repeat("_", 342) + `","e":"AQAB"}]}`))
	f.Add([]byte(`{"keys":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		ids, err := gcp.ParseKeys(data)
		if (err == nil) != (len(ids) > 0) {
			t.Errorf("%d keys, %v", len(ids), err)
		}
	})
}
