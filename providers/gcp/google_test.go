package gcp_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

const (
	audience = "https://shop.example.com"
	caller   = "events@acme.iam.gserviceaccount.com"
)

// issued is the time at which the tests' tokens are from; they last an hour.
var issued = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// A google stands in for Google: it signs tokens, and serves its keys.
type google struct {
	*httptest.Server
	mu      sync.Mutex
	keys    map[string]*rsa.PrivateKey
	status  int
	control string // Cache-Control
	asked   int
}

func newGoogle(t *testing.T) *google {
	t.Helper()
	g := &google{keys: map[string]*rsa.PrivateKey{}, status: 200, control: "public, max-age=3600, must-revalidate, no-transform"}
	g.Server = httptest.NewServer(g)
	t.Cleanup(g.Close)
	g.rotate(t, "k1")
	return g
}

// rotate replaces the keys by one.
func (g *google) rotate(t *testing.T, id string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.keys = map[string]*rsa.PrivateKey{id: key}
}

// answers sets the status of what is answered for the keys from now on.
func (g *google) answers(status int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.status = status
}

// fetched returns how often the keys were asked for.
func (g *google) fetched() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.asked
}

func (g *google) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked++
	w.Header().Set("Cache-Control", g.control)
	w.Header().Set("Location", g.URL) // of what is not a 200
	w.WriteHeader(g.status)
	_, _ = io.WriteString(w, keySet(g.keys))
}

// keySet is a JSON Web Key Set of the keys.
func keySet(keys map[string]*rsa.PrivateKey) string {
	set := []map[string]string{{"kty": "EC", "kid": "curve", "crv": "P-256"}} // passed over
	for id, key := range keys {
		set = append(set, map[string]string{
			"kty": "RSA", "alg": "RS256", "use": "sig", "kid": id,
			"n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()),
			"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes()),
		})
	}
	data, _ := json.Marshal(map[string]any{"keys": set})
	return string(data)
}

// part is JSON in base64url.
func part(v any) string {
	data, _ := json.Marshal(v)
	return base64.RawURLEncoding.EncodeToString(data)
}

// sign signs the two parts with the key.
func sign(t *testing.T, key *rsa.PrivateKey, header, claims map[string]any) string {
	t.Helper()
	signed := part(header) + "." + part(claims)
	digest := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// token is a token of Google's, in which the changes are made; nil removes.
func (g *google) token(t *testing.T, changes map[string]any) string {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	for id, key := range g.keys {
		return sign(t, key, map[string]any{"alg": "RS256", "typ": "JWT", "kid": id}, claims(changes))
	}
	return ""
}

func claims(changes map[string]any) map[string]any {
	c := map[string]any{
		"iss": "https://accounts.google.com", "aud": audience, "azp": "1", "sub": "1", "email": caller, "email_verified": true,
		"iat": issued.Unix(), "exp": issued.Add(time.Hour).Unix(),
	}
	maps.Copy(c, changes)
	maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
	return c
}
