package gcp

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"
)

// certsURL has the keys that Google signs ID tokens with, as
// https://developers.google.com/identity/openid-connect/openid-connect#discovery
// says.
const certsURL = "https://www.googleapis.com/oauth2/v3/certs"

// leeway is how far the clocks here and at Google may be apart.
const leeway = 30 * time.Second

// Verify returns a handler that hands on to h only what caller sent, the
// e-mail of the service account that pushes the events: a request with an ID
// token of Google's for the audience, in Authorization: Bearer. It is what
// stands in for Cloud Run's own check where that is not: in another container,
// or in a service that everybody may invoke.
//
// The token's RS256 signature is checked by the keys that Google publishes,
// which are fetched when they are needed first and again when Google says that
// they are old or a token names another one, at most every 10 s. The issuer is
// Google, the audience is the one given, and the token is not expired and not
// from the future, give or take 30 s. The answers are
//
//	no token, or one that is not valid     401
//	the valid token of somebody else       403
//	Google's keys cannot be fetched        503
//
// with bodies that say no more; the log says why, without the token. An empty
// audience or caller lets nobody through.
//
// Behind Cloud Run's own check no token verifies: Cloud Run removes its
// signature, https://cloud.google.com/run/docs/troubleshooting#signature-removed.
func Verify(h http.Handler, audience, caller string) http.Handler {
	return newVerifier(h, audience, caller, certsURL, time.Now)
}

func newVerifier(h http.Handler, audience, caller, url string, now func() time.Time) *verifier {
	return &verifier{h, audience, caller, now, keySet{url: url, now: now, client: keyClient()}}
}

type verifier struct {
	handler          http.Handler
	audience, caller string
	now              func() time.Time
	keys             keySet
}

var (
	errNotCaller = errors.New("the token is not the caller's")
	errNoKeys    = errors.New("the keys that sign tokens are not at hand")
)

func (v *verifier) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	err := v.check(r)
	if err == nil {
		v.handler.ServeHTTP(w, r)
		return
	}
	status := http.StatusUnauthorized
	switch {
	case errors.Is(err, errNotCaller):
		status = http.StatusForbidden
	case errors.Is(err, errNoKeys):
		status = http.StatusServiceUnavailable
	default:
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	slog.WarnContext(r.Context(), "request refused", "status", status, "error", err.Error())
	http.Error(w, http.StatusText(status), status)
}

// check returns why the request is not the caller's. An error holds nothing of
// a token that Google has not signed.
func (v *verifier) check(r *http.Request) error {
	values := r.Header.Values("Authorization")
	if len(values) != 1 {
		return fmt.Errorf("%d headers Authorization, want one", len(values))
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return errors.New("the header Authorization is not Bearer")
	}
	c, err := v.keys.verify(r.Context(), token)
	if err != nil {
		return err
	}
	if err := c.validFor(v.audience, v.now()); err != nil {
		return err
	}
	if c.Email == "" || c.Email != v.caller || !c.EmailVerified {
		return fmt.Errorf("%w: e-mail %.100q, verified %t", errNotCaller, c.Email, c.EmailVerified)
	}
	return nil
}

// claims are what a token says, times in seconds since 1970.
type claims struct {
	Issuer        string `json:"iss"`
	Audience      string `json:"aud"`
	Expires       int64  `json:"exp"`
	Issued        int64  `json:"iat"`
	Email         string `json:"email"`
	EmailVerified bool   `json:"email_verified"`
}

// validFor returns why a token of these claims is not one of Google's for the
// audience, at the time.
func (c claims) validFor(audience string, now time.Time) error {
	switch {
	case !slices.Contains([]string{"https://accounts.google.com", "accounts.google.com"}, c.Issuer):
		return fmt.Errorf("the token's issuer is %.100q", c.Issuer)
	case c.Audience == "" || c.Audience != audience:
		return fmt.Errorf("the token's audience is %.100q, want %q", c.Audience, audience)
	case now.Add(-leeway).Unix() >= c.Expires:
		return errors.New("the token is expired")
	case c.Issued <= 0 || now.Add(leeway).Unix() < c.Issued:
		return errors.New("the token is from the future, or does not say when it is from")
	}
	return nil
}

// verify returns the claims of a token that one of the keys has signed with
// RS256, the one algorithm that Google signs ID tokens with.
func (s *keySet) verify(ctx context.Context, token string) (claims, error) {
	signed, signature, found := cutLast(token, ".")
	header, payload, twice := strings.Cut(signed, ".")
	if !found || !twice || strings.Contains(payload, ".") {
		return claims{}, errors.New("the token is not three parts")
	}
	if signature == "SIGNATURE_REMOVED_BY_GOOGLE" {
		return claims{}, errors.New("the token's signature is removed, as behind Cloud Run's own check")
	}
	var h struct {
		Algorithm string          `json:"alg"`
		KeyID     string          `json:"kid"`
		Critical  json.RawMessage `json:"crit"`
	}
	if err := decodePart(header, &h); err != nil {
		return claims{}, errors.New("the token's header does not decode")
	}
	if h.Algorithm != "RS256" || h.Critical != nil {
		return claims{}, errors.New("the token is not signed with RS256 alone")
	}
	sum, err := base64.RawURLEncoding.Strict().DecodeString(signature)
	if err != nil {
		return claims{}, errors.New("the token's signature does not decode")
	}
	key, err := s.key(ctx, h.KeyID)
	if err != nil {
		return claims{}, err
	}
	digest := sha256.Sum256([]byte(signed))
	if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], sum); err != nil {
		return claims{}, errors.New("the token's signature is not that of its key")
	}
	var c claims
	if err := decodePart(payload, &c); err != nil {
		return claims{}, errors.New("the token's claims do not decode")
	}
	return c, nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// decodePart decodes JSON in base64url.
func decodePart(part string, v any) error {
	data, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, v)
}
