package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"cloud.google.com/go/compute/metadata"

	"github.com/fngen/fngen/internal/sinks"
)

// token is the access token of the function's service account.
var token accessToken

// An accessToken is kept until it is about to expire.
type accessToken struct {
	mu      sync.Mutex
	value   string
	expires time.Time
}

// margin is the time before its end at which a token is not used any more.
const margin = 2 * time.Minute

// get returns the token, from the metadata server if there is none.
//
// https://cloud.google.com/run/docs/securing/service-identity#access_tokens
func (t *accessToken) get(ctx context.Context) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.value != "" && time.Until(t.expires) > margin {
		return t.value, nil
	}
	answer, err := metadata.GetWithContext(ctx, "instance/service-accounts/default/token")
	if err != nil {
		return "", fmt.Errorf("get access token: %w", refused(err))
	}
	var got struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int    `json:"expires_in"` // seconds
	}
	if err := json.Unmarshal([]byte(answer), &got); err != nil || got.AccessToken == "" {
		return "", errors.New("get access token: the metadata server's answer holds none") // and may hold a part of one
	}
	t.value, t.expires = got.AccessToken, time.Now().Add(time.Duration(got.ExpiresIn)*time.Second)
	return t.value, nil
}

// refused is what may be said of an error of the metadata server.
func refused(err error) error {
	if answer := (*metadata.Error)(nil); errors.As(err, &answer) {
		return fmt.Errorf("the metadata server answered with status %d", answer.Code)
	}
	if missing := metadata.NotDefinedError(""); errors.As(err, &missing) {
		return errors.New("the metadata server knows no token; the function needs a service account")
	}
	return sinks.Failed("http://"+cmp.Or(os.Getenv("GCE_METADATA_HOST"), "169.254.169.254"), err)
}

// forget drops a token that is not accepted.
func (t *accessToken) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.value = ""
}
