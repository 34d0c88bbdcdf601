// Package openwhisk deploys to Apache OpenWhisk by its REST API.
package openwhisk

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/apache/openwhisk-client-go/whisk"
)

// A client talks to the controller. Its calls end with the context that it was made
// with.
type client struct {
	*whisk.Client
	guard  *guard
	access Access
}

func newClient(ctx context.Context, a Access, ca string, log io.Writer, secrets []string) (*client, error) {
	base, err := transport(ca)
	if err != nil {
		return nil, err
	}
	id, key, _ := strings.Cut(a.Key, ":")
	g := &guard{ctx: ctx, base: base, log: log}
	for _, s := range append([]string{a.Key, key, id}, secrets...) {
		if len(s) >= 4 { // anything shorter is in every other word
			g.secrets = append(g.secrets, s)
		}
	}
	slices.SortFunc(g.secrets, func(a, b string) int { return len(b) - len(a) }) // the whole before its parts
	// Insecure, Cert and Key would have the client replace the guard.
	c, err := whisk.NewClient(&http.Client{Transport: g}, &whisk.Config{Host: a.Host, AuthToken: a.Key, Namespace: url.PathEscape(a.Namespace), Version: "v1", UserAgent: "fngen"})
	if err != nil {
		return nil, plain(err)
	}
	return &client{Client: c, guard: g, access: a}, nil
}

// with returns the client for another context.
func (c *client) with(ctx context.Context) (*client, error) {
	g := *c.guard
	g.ctx = ctx
	inner, err := whisk.NewClient(&http.Client{Transport: &g}, c.Config)
	if err != nil {
		return nil, plain(err)
	}
	return &client{Client: inner, guard: &g, access: c.access}, nil
}

// call sends a request about what is in the namespace.
func (c *client) call(method, path string, body, answer any) error {
	r, err := c.NewRequest(method, path, body, whisk.IncludeNamespaceInUrl)
	if err != nil {
		return plain(err)
	}
	if answer == nil {
		answer = new(any)
	}
	_, err = c.Do(r, answer, whisk.ExitWithSuccessOnTimeout)
	return plain(err)
}

func (c *client) get(path string, answer any) error {
	return c.call(http.MethodGet, path, nil, answer)
}

// put creates or replaces the entity. The calls of the client that do so leave empty
// parameters out, for which the controller keeps those that were there.
func (c *client) put(path string, body any) error {
	return c.call(http.MethodPut, path+"?overwrite=true", body, nil)
}

// remove deletes the entity; one that is not there is as it should be.
func (c *client) remove(path string) error {
	err := c.call(http.MethodDelete, path, nil, nil)
	if isStatus(err, http.StatusNotFound) {
		return nil
	}
	return err
}

// mostListed is how many entities the controller lists at once: Collection.scala.
const mostListed = 200

// list returns all entities of the kind in the namespace, with a query those that it
// takes.
func list[T any](c *client, kind, query string) ([]T, error) {
	var all []T
	for {
		var page []T
		if err := c.get(fmt.Sprintf("%s?%slimit=%d&skip=%d", kind, query, mostListed, len(all)), &page); err != nil {
			return nil, err
		}
		all = append(all, page...)
		if len(page) < mostListed {
			return all, nil
		}
	}
}

// plain is the error without what the client and net/http put around it: nested
// words, and addresses.
func plain(err error) error {
	for {
		var whiskError *whisk.WskError
		var urlError *url.Error
		switch {
		case errors.As(err, &whiskError):
			err = whiskError.RootErr
		case errors.As(err, &urlError):
			err = urlError.Err
		default:
			var unverified *tls.CertificateVerificationError
			if errors.As(err, &unverified) {
				return fmt.Errorf("%w; if it has an authority of its own, name its certificate in targets.openwhisk.ca", err)
			}
			return err
		}
	}
}
