package gcp_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fngen/fngen/internal/testkit/logged"
	"github.com/fngen/fngen/providers/gcp"
)

// A gate is what stands before a handler, and how often that was called.
type gate struct {
	http.Handler
	now   time.Time
	calls int
}

func newGate(g *google, audience, caller string) *gate {
	gate := &gate{now: issued.Add(time.Minute)}
	gate.Handler = gcp.VerifyWith(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		gate.calls++
		w.WriteHeader(http.StatusNoContent)
	}), audience, caller, g.URL, func() time.Time { return gate.now })
	return gate
}

// ask sends a request with the headers Authorization and returns the answer.
func (g *gate) ask(authorization ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("{}"))
	r.Header["Authorization"] = authorization
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	return w
}

// Protects event functions from everybody but the caller: only Google's own
// token, for this audience, at this time, from this account gets through, and
// who is refused learns nothing.
func TestVerify(t *testing.T) {
	g := newGoogle(t)
	ours, stranger := g.keys["k1"], newGoogle(t).keys["k1"]
	rs256 := map[string]any{"alg": "RS256", "kid": "k1"}
	with := func(changes map[string]any) string { return "Bearer " + g.token(t, changes) }
	good := with(nil)
	header, rest, _ := strings.Cut(strings.TrimPrefix(good, "Bearer "), ".")
	payload, signature, _ := strings.Cut(rest, ".")
	mac := hmac.New(sha256.New, ours.N.Bytes()) // what a verifier that trusts alg takes the public key for
	hs256 := part(map[string]any{"alg": "HS256", "kid": "k1"}) + "." + payload
	mac.Write([]byte(hs256))
	damaged := "A" + signature[1:]
	if damaged == signature {
		damaged = "B" + signature[1:]
	}

	for _, tc := range []struct {
		name   string
		header []string
		status int
	}{
		{"good", []string{good}, 204},
		{"another case of the scheme", []string{"bearer " + strings.TrimPrefix(good, "Bearer ")}, 204},
		{"the older issuer", []string{with(map[string]any{"iss": "accounts.google.com"})}, 204},
		{"expired within the leeway", []string{with(map[string]any{"exp": issued.Add(40 * time.Second).Unix()})}, 204},
		{"from the future within the leeway", []string{with(map[string]any{"iat": issued.Add(80 * time.Second).Unix()})}, 204},

		{"no header", nil, 401},
		{"two headers", []string{good, good}, 401},
		{"an empty token", []string{"Bearer "}, 401},
		{"no scheme", []string{strings.TrimPrefix(good, "Bearer ")}, 401},
		{"another scheme", []string{"Basic " + strings.TrimPrefix(good, "Bearer ")}, 401},
		{"two parts", []string{"Bearer " + header + "." + payload}, 401},
		{"four parts", []string{good + ".x"}, 401},
		{"no signature", []string{"Bearer " + header + "." + payload + "."}, 401},
		{"a removed signature", []string{"Bearer " + header + "." + payload + ".SIGNATURE_REMOVED_BY_GOOGLE"}, 401},
		{"a damaged signature", []string{"Bearer " + header + "." + payload + "." + damaged}, 401},
		{"a padded signature", []string{good + "=="}, 401},
		{"other claims under the signature", []string{"Bearer " + header + "." + part(claims(map[string]any{"sub": "2"})) + "." + signature}, 401},
		{"algorithm none", []string{"Bearer " + part(map[string]any{"alg": "none", "kid": "k1"}) + "." + payload + "."}, 401},
		{"algorithm HS256", []string{"Bearer " + hs256 + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))}, 401},
		{"no algorithm", []string{"Bearer " + sign(t, ours, map[string]any{"kid": "k1"}, claims(nil))}, 401},
		{"a critical extension", []string{"Bearer " + sign(t, ours, map[string]any{"alg": "RS256", "kid": "k1", "crit": []string{"b64"}}, claims(nil))}, 401},
		{"the key of a stranger", []string{"Bearer " + sign(t, stranger, rs256, claims(nil))}, 401},
		{"an unknown key", []string{"Bearer " + sign(t, stranger, map[string]any{"alg": "RS256", "kid": "k2"}, claims(nil))}, 401},
		{"no key", []string{"Bearer " + sign(t, ours, map[string]any{"alg": "RS256"}, claims(nil))}, 401},
		{"a header that is no JSON", []string{"Bearer !!." + payload + "." + signature}, 401},
		{"another issuer", []string{with(map[string]any{"iss": "https://accounts.example.com"})}, 401},
		{"no issuer", []string{with(map[string]any{"iss": nil})}, 401},
		{"another audience", []string{with(map[string]any{"aud": audience + "/"})}, 401},
		{"several audiences", []string{with(map[string]any{"aud": []string{audience, "other"}})}, 401},
		{"no audience", []string{with(map[string]any{"aud": nil})}, 401},
		{"expired", []string{with(map[string]any{"exp": issued.Add(30 * time.Second).Unix()})}, 401},
		{"never expires", []string{with(map[string]any{"exp": nil})}, 401},
		{"from the future", []string{with(map[string]any{"iat": issued.Add(91 * time.Second).Unix()})}, 401},
		{"from no time", []string{with(map[string]any{"iat": nil})}, 401},

		{"another caller", []string{with(map[string]any{"email": "x" + caller})}, 403},
		{"another case of the caller", []string{with(map[string]any{"email": strings.ToUpper(caller)})}, 403},
		{"no e-mail", []string{with(map[string]any{"email": nil})}, 403},
		{"an e-mail that nobody verified", []string{with(map[string]any{"email_verified": false})}, 403},
	} {
		t.Run(tc.name, func(t *testing.T) {
			log := logged.Text(t)
			gate := newGate(g, audience, caller)
			w := gate.ask(tc.header...)
			if w.Code != tc.status || gate.calls != map[bool]int{true: 1, false: 0}[tc.status == 204] {
				t.Errorf("status %d and %d calls, want %d\n%s", w.Code, gate.calls, tc.status, log)
			}
			if tc.status == 204 {
				return
			}
			if want := http.StatusText(tc.status) + "\n"; w.Body.String() != want {
				t.Errorf("body %q, want %q", w.Body, want)
			}
			if challenged := w.Header().Get("WWW-Authenticate") == "Bearer"; challenged != (tc.status == 401) {
				t.Errorf("header %v", w.Header())
			}
			if !strings.Contains(log.String(), "request refused") {
				t.Errorf("log %q, want the refusal", log)
			}
			for _, secret := range []string{payload, signature} {
				if strings.Contains(log.String(), secret) {
					t.Errorf("the log holds a part of the token: %s", log)
				}
			}
		})
	}
}

// Protects what nobody configured: an empty audience or caller equals no claim.
func TestVerifyNothingConfigured(t *testing.T) {
	logged.Text(t)
	g := newGoogle(t)
	none := "Bearer " + g.token(t, map[string]any{"aud": nil, "email": nil})
	empty := "Bearer " + g.token(t, map[string]any{"aud": "", "email": ""})
	for _, token := range []string{none, empty} {
		if w := newGate(g, "", "").ask(token); w.Code != 401 {
			t.Errorf("status %d without an audience, want 401", w.Code)
		}
	}
	for _, email := range []any{nil, ""} {
		if w := newGate(g, audience, "").ask("Bearer " + g.token(t, map[string]any{"email": email})); w.Code != 403 {
			t.Errorf("status %d without a caller, want 403", w.Code)
		}
	}
}

// Protects Google from a storm, and functions from keys that are too old or
// missing: keys are asked for once until they expire, again when a token names
// one that is new, and never twice within 10 s.
func TestVerifyKeys(t *testing.T) {
	logged.Text(t)
	g := newGoogle(t)
	gate := newGate(g, audience, caller)
	lasting := map[string]any{"exp": issued.Add(100 * time.Hour).Unix()}
	step := func(name string, after time.Duration, token string, status, fetched int) {
		t.Helper()
		gate.now = gate.now.Add(after)
		if w := gate.ask("Bearer " + token); w.Code != status || g.fetched() != fetched {
			t.Errorf("%s: status %d after %d fetches, want %d after %d", name, w.Code, g.fetched(), status, fetched)
		}
	}
	first := g.token(t, lasting)
	if g.fetched() != 0 {
		t.Error("keys were fetched before they were needed")
	}
	g.answers(500)
	step("Google is down", 0, first, 503, 1)
	g.answers(200)
	step("a moment later", 9*time.Second, first, 503, 1)
	step("Google is back", time.Second, first, 204, 2)
	step("the keys are known", 59*time.Minute, first, 204, 2)

	g.rotate(t, "k2")
	second := g.token(t, lasting)
	step("a new key", 0, second, 204, 3)
	step("a key that is gone", 0, first, 401, 3)
	step("a key that is still gone", 10*time.Second, first, 401, 4)
	step("the new key again", 0, second, 204, 4)

	g.answers(302)
	step("the keys are old and Google sends elsewhere", time.Hour, second, 503, 5)
	g.answers(200)
	g.control = ""
	step("no age is given", 10*time.Second, second, 204, 6)
	step("5 minutes are not over", 299*time.Second, second, 204, 6)
	g.control = "max-age=999999999"
	step("5 minutes are over", time.Second, second, 204, 7)
	step("a day is not over", 24*time.Hour-time.Second, second, 204, 7)
	g.control = "max-age=0"
	step("a day is over", time.Second, second, 204, 8)
	step("keys for no time", 9*time.Second, second, 204, 8)
}

// Protects a rush at the start: all who wait for the keys wait for one fetch.
func TestVerifyRush(t *testing.T) {
	logged.Text(t)
	g := newGoogle(t)
	gate := gcp.VerifyWith(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }), audience, caller, g.URL,
		func() time.Time { return issued })
	token := g.token(t, nil)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			r := httptest.NewRequest(http.MethodPost, "/", nil)
			r.Header.Set("Authorization", "Bearer "+token)
			w := httptest.NewRecorder()
			if gate.ServeHTTP(w, r); w.Code != 204 {
				t.Errorf("status %d, want 204", w.Code)
			}
		})
	}
	all.Wait()
	if g.fetched() != 1 {
		t.Errorf("%d fetches, want 1", g.fetched())
	}
}

// Protects from keys that nobody should trust: a set with one is refused whole.
func TestKeySet(t *testing.T) {
	n := base64.RawURLEncoding.EncodeToString(append([]byte{0xc0}, make([]byte, 255)...)) // 2048 bits
	rsaKey := func(n, e string) string { return `{"kty":"RSA","kid":"a","n":"` + n + `","e":"` + e + `"}` }
	for _, tc := range []struct{ keys, want string }{
		{rsaKey(n, "AQAB"), ""},
		{`{"kty":"EC"},` + rsaKey(n, "AQAB"), ""},
		{rsaKey(n[:170], "AQAB"), "bits"},
		{rsaKey(n, "AQ"), "exponent 1"},
		{rsaKey(n, "AQAAAAE"), "exponent"},
		{rsaKey("!", "AQAB"), "modulus"},
		{`{"kty":"RSA","use":"enc","kid":"a"}`, "no RSA key"},
		{`{"kty":"RSA","alg":"RS512","kid":"a"}`, "no RSA key"},
		{"", "no RSA key"},
		{"nonsense", "decode keys"},
	} {
		ids, err := gcp.ParseKeys([]byte(`{"keys":[` + tc.keys + `]}`))
		if tc.want == "" && (err != nil || len(ids) != 1 || ids[0] != "a") || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
			t.Errorf("%.60s: %v, %v, want %q", tc.keys, ids, err, tc.want)
		}
	}
}

// Where the keys are not to be had, the log says of their address the host alone.
func TestKeysAddressIsPrivate(t *testing.T) {
	log := logged.Text(t)
	g := newGoogle(t)
	token := "Bearer " + g.token(t, nil)
	down := httptest.NewServer(http.NotFoundHandler())
	down.Close()
	h := gcp.VerifyWith(http.NotFoundHandler(), "https://f.example", "caller@acme.iam.gserviceaccount.com",
		"http://alice:s3cret@"+strings.TrimPrefix(down.URL, "http://")+"/t0ken?q=1", time.Now)
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.Header.Set("Authorization", token)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(log.String(), down.URL+": connection refused") {
		t.Errorf("status %d, log %s", w.Code, log)
	}
	for _, hidden := range []string{"alice", "s3cret", "t0ken"} {
		if strings.Contains(log.String(), hidden) {
			t.Errorf("%q in the log %s", hidden, log)
		}
	}
}
