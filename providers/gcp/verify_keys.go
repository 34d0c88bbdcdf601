package gcp

import (
	"context"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fngen/fngen/internal/sinks"
)

const (
	fetchTimeout = 5 * time.Second
	fetchPause   = 10 * time.Second // between two fetches at least, so that nobody's tokens can cause a storm
	keysAge      = 5 * time.Minute  // where the answer does not say how long the keys are good for
	maxKeysAge   = 24 * time.Hour
	maxKeysSize  = 1 << 20 // bytes; Google's are about 1 KiB
)

var errUnknownKey = errors.New("the token names an unknown key")

// keySet holds public keys that a URL has as a JSON Web Key Set, RFC 7517.
type keySet struct {
	url    string
	now    func() time.Time
	client *http.Client

	current atomic.Pointer[keys] // nil before the first fetch
	mu      sync.Mutex           // held while the keys are fetched
	asked   time.Time            // of the last fetch, whatever came of it
}

// keys are what one fetch brought.
type keys struct {
	byID    map[string]*rsa.PublicKey
	expires time.Time
}

// keyClient returns a client that stays with the host it asks.
func keyClient() *http.Client {
	return &http.Client{
		Timeout:       fetchTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// key returns the key, which it fetches if it has to. Only those whose key is
// not at hand wait for that. The error is errUnknownKey or wraps errNoKeys.
func (s *keySet) key(ctx context.Context, id string) (*rsa.PublicKey, error) {
	if key, _ := s.known(id); key != nil {
		return key, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key, fresh := s.known(id) // another may have fetched it meanwhile
	if key != nil {
		return key, nil
	}
	if wait := fetchPause - s.now().Sub(s.asked); wait > 0 {
		if fresh {
			return nil, errUnknownKey
		}
		return nil, fmt.Errorf("%w: they were asked for in vain a moment ago", errNoKeys)
	}
	s.asked = s.now()
	fetched, err := s.fetch(context.WithoutCancel(ctx)) // all who wait want it
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoKeys, err)
	}
	s.current.Store(fetched)
	if key, _ := s.known(id); key != nil {
		return key, nil
	}
	return nil, errUnknownKey
}

// known returns the key if it is at hand, and reports whether the keys that are
// at hand are good still.
func (s *keySet) known(id string) (*rsa.PublicKey, bool) {
	k := s.current.Load()
	if k == nil || !s.now().Before(k.expires) {
		return nil, false
	}
	return k.byID[id], true
}

func (s *keySet) fetch(ctx context.Context) (*keys, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return nil, fmt.Errorf("fetch keys: %w", sinks.Failed(s.url, err))
	}
	response, err := s.client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("fetch keys: %w", sinks.Failed(s.url, err))
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetch keys: status %d", response.StatusCode)
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, maxKeysSize))
	if err != nil {
		return nil, fmt.Errorf("fetch keys: %w", sinks.Failed(s.url, err))
	}
	byID, err := parseKeys(data)
	if err != nil {
		return nil, err
	}
	return &keys{byID, s.now().Add(maxAge(response.Header))}, nil
}

// parseKeys returns the RSA keys for signatures, by their ids. What else is in
// the set is none of our business.
func parseKeys(data []byte) (map[string]*rsa.PublicKey, error) {
	var set struct {
		Keys []struct {
			Type      string `json:"kty"`
			Use       string `json:"use"`
			Algorithm string `json:"alg"`
			ID        string `json:"kid"`
			N         string `json:"n"`
			E         string `json:"e"`
		} `json:"keys"`
	}
	if err := json.Unmarshal(data, &set); err != nil {
		return nil, fmt.Errorf("decode keys: %w", err)
	}
	byID := map[string]*rsa.PublicKey{}
	for _, k := range set.Keys {
		if k.Type != "RSA" || k.Use != "" && k.Use != "sig" || k.Algorithm != "" && k.Algorithm != "RS256" {
			continue
		}
		n, err := base64.RawURLEncoding.DecodeString(k.N)
		if err != nil {
			return nil, fmt.Errorf("decode key %.100q: modulus: %w", k.ID, err)
		}
		e, err := base64.RawURLEncoding.DecodeString(k.E)
		if err != nil || len(e) > 3 {
			return nil, fmt.Errorf("decode key %.100q: the exponent is not a number below 2^24", k.ID)
		}
		key := &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
		if bits := key.N.BitLen(); bits < 2048 || bits > 8192 || key.E < 3 {
			return nil, fmt.Errorf("decode key %.100q: %d bits and the exponent %d are no key to trust", k.ID, bits, key.E)
		}
		byID[k.ID] = key
	}
	if len(byID) == 0 {
		return nil, errors.New("decode keys: there is no RSA key for signatures")
	}
	return byID, nil
}

// maxAge returns how long an answer is good for.
func maxAge(h http.Header) time.Duration {
	for directive := range strings.SplitSeq(strings.Join(h.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		if !strings.EqualFold(name, "max-age") {
			continue
		}
		if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
			return max(fetchPause, min(time.Duration(seconds)*time.Second, maxKeysAge))
		}
	}
	return keysAge
}
