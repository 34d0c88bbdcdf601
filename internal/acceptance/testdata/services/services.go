// Package services has a secret and the names of what it uses, for SDKs of its own.
package services

import (
	"context"
	"fmt"
	"net/http"
)

// A Shop has a key and two names.
type Shop struct{ key, users, pictures string }

// New has all that is a string.
//
//fn:setup
//fn:use key secret:stripe-api
//fn:use users document:users
//fn:use pictures object:pictures
func New(_ context.Context, key, users, pictures string) (*Shop, error) {
	return &Shop{key, users, pictures}, nil
}

// Tell answers with the three, which no function of a user's does with a secret.
//
//fn:http POST /tell auth=public
//fn:targets aws,gcp
func (s *Shop) Tell(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintf(w, "%s %s %s", s.key, s.users, s.pictures)
}
