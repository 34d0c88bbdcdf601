// Package api calls services of Google Cloud, with net/http and the identity of the
// function: their clients would link gRPC.
package api

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/fngen/fngen/internal/sinks"
)

// A Service is one whose address is NAME.googleapis.com.
type Service struct {
	Name     string
	Emulator string // the environment variable with the address of an emulator
}

// maxResponse is the number of bytes above which a response is refused. A
// document of Firestore has 1 MiB, of which JSON may make several times as many.
const maxResponse = 8 << 20

// Post posts the body to a path below /v1/ and returns the status and the body of
// the response. An error means that there is none.
func (s Service) Post(ctx context.Context, path string, body []byte) (status int, response []byte, err error) {
	base, identity := "https://"+s.Name+".googleapis.com", &token
	if emulator := os.Getenv(s.Emulator); emulator != "" {
		base, identity = "http://"+strings.TrimPrefix(emulator, "http://"), nil
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/v1/"+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, sinks.Failed(base, err)
	}
	r.Header.Set("Content-Type", "application/json")
	bearer := "owner" // as emulators call their administrator
	if identity != nil {
		if bearer, err = identity.get(ctx); err != nil {
			return 0, nil, err
		}
	}
	r.Header.Set("Authorization", "Bearer "+bearer)
	resp, err := sinks.Client().Do(r)
	if err != nil {
		return 0, nil, sinks.Failed(base, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusUnauthorized && identity != nil {
		identity.forget()
	}
	if response, err = io.ReadAll(io.LimitReader(resp.Body, maxResponse+1)); err != nil {
		return 0, nil, sinks.Failed(base, err)
	}
	if len(response) > maxResponse {
		return 0, nil, fmt.Errorf("%s: the response has more than %d bytes", sinks.Host(base), maxResponse)
	}
	return resp.StatusCode, response, nil
}
