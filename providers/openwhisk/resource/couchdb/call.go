package couchdb

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/fngen/fngen/internal/documents"
	"github.com/fngen/fngen/internal/sinks"
	"github.com/fngen/fngen/internal/wait"
	"github.com/fngen/fngen/providers/openwhisk/internal/actionloop"
)

// maxResponse is the number of bytes above which a response is refused; CouchDB's
// own limit of a document is 8,000,000 bytes.
//
// https://docs.couchdb.org/en/stable/config/couchdb.html#couchdb/max_document_size
const maxResponse = 8 << 20

// call makes a call about a document until it is answered for good.
func (d database) call(ctx context.Context, method, key, revision string, body []byte) (response []byte, err error) {
	err = wait.Repeat(ctx, func(ctx context.Context) (passing bool, err error) {
		status, answer, err := d.once(ctx, method, d.address(key, revision), body)
		if err != nil {
			return true, err
		}
		response = answer
		return d.failure(ctx, method, status, answer)
	})
	if err != nil {
		return nil, err
	}
	return response, nil
}

func (d database) once(ctx context.Context, method, address string, body []byte) (status int, response []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return 0, nil, fmt.Errorf("couchdb: %w", sinks.Failed(d.url, err))
	}
	r.Header.Set("Accept", "application/json")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if user, password, ok := strings.Cut(actionloop.Use(ctx, d.credentials), ":"); ok {
		r.SetBasicAuth(user, password)
	}
	resp, err := sinks.Client().Do(r)
	if err != nil {
		return 0, nil, fmt.Errorf("couchdb: %w", sinks.Failed(d.url, err))
	}
	defer resp.Body.Close()
	response, err = io.ReadAll(io.LimitReader(resp.Body, maxResponse+1))
	switch {
	case err != nil:
		return 0, nil, fmt.Errorf("couchdb: read response: %w", sinks.Failed(d.url, err))
	case len(response) > maxResponse:
		return 0, nil, fmt.Errorf("couchdb: the response has more than %d bytes", maxResponse)
	}
	return resp.StatusCode, response, nil
}

// failure returns the error that a response tells, nil for none, and whether it
// may pass. A database that is not there is no document that is not there.
//
// https://docs.couchdb.org/en/stable/api/document/common.html
func (d database) failure(ctx context.Context, method string, status int, response []byte) (passing bool, err error) {
	var said struct{ Error, Reason string }
	_ = json.Unmarshal(response, &said) // without it the status says it all
	switch {
	case status == http.StatusOK, status == http.StatusCreated, status == http.StatusAccepted:
		return false, nil
	case status == http.StatusConflict:
		return false, documents.ErrConflict
	case status == http.StatusNotFound && (said.Reason == "missing" || said.Reason == "deleted"):
		return false, documents.ErrNotFound
	case status == http.StatusUnauthorized && actionloop.Use(ctx, d.credentials) == "":
		return false, fmt.Errorf("couchdb: %s at %s needs a user and a password, and the activation has none; bind the parameter %s to the action", method, sinks.Host(d.url), d.credentials)
	}
	passing = status >= http.StatusInternalServerError || status == http.StatusTooManyRequests
	return passing, fmt.Errorf("couchdb: %s at %s: status %d %s: %s", method, sinks.Host(d.url), status, said.Error, sinks.Words(said.Reason))
}
