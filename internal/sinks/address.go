package sinks

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
)

// An address may hold a password, or a token in its path or query, and so may
// what errors quote of it: the URL of a *url.Error, a redirect, a proxy. What is
// said of an address, in errors, logs and letters, is said by the functions of
// this file alone.

// Failed returns what may be said of the error of a call to the address, an
// HTTP URL: its scheme and host, and the cause if it is one that is known to
// hold no more than that.
func Failed(address string, err error) error {
	host := Host(address)
	if host == "" {
		return errAddress
	}
	return fmt.Errorf("%s: %w", host, cause(err))
}

// Host returns scheme and host of an address, or "" if it is no HTTP URL.
func Host(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

var (
	errAddress = errors.New("the address is not http:// or https:// with a host")
	errTimeout = errors.New("no answer in time")
	errUnsaid  = errors.New("there is no answer, for a reason that is not said, since it may quote the address")
)

// cause returns the part of the error that is known to hold nothing of a URL but
// its host.
func cause(err error) error {
	var (
		op          *net.OpError
		lookup      *net.DNSError
		number      syscall.Errno
		certificate *tls.CertificateVerificationError
		record      tls.RecordHeaderError
		timeout     net.Error
	)
	if errors.As(err, &op) && op.Op == "proxyconnect" {
		return fmt.Errorf("by way of the proxy: %w", cause(op.Err))
	}
	for _, known := range []error{context.Canceled, context.DeadlineExceeded, http.ErrSchemeMismatch, io.ErrUnexpectedEOF, io.EOF, net.ErrClosed} {
		if errors.Is(err, known) {
			return known
		}
	}
	switch {
	case errors.As(err, &certificate):
		return certificate
	case errors.As(err, &record):
		return record
	case op != nil && (op.Op == "remote error" || op.Op == "local error"): // an alert of TLS
		return op.Err
	case errors.As(err, &lookup):
		return lookup
	case errors.As(err, &number):
		return number
	case errors.As(err, &timeout) && timeout.Timeout():
		return errTimeout
	}
	return errUnsaid
}

// Words returns the text of a service, of whose addresses scheme and host are
// left.
func Words(text string) string {
	var out strings.Builder
	for {
		at := strings.Index(text, "://")
		if at < 0 {
			return out.String() + text
		}
		begin := at
		for begin > 0 && isSchemes(text[begin-1]) {
			begin--
		}
		end := len(text)
		if n := strings.IndexFunc(text[at:], endsAddress); n >= 0 {
			end = at + n
		}
		out.WriteString(text[:begin])
		if host := Host(text[begin:end]); host != "" {
			out.WriteString(host)
		} else {
			out.WriteString("an address")
		}
		text = text[end:]
	}
}

func isSchemes(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'
}

func endsAddress(r rune) bool { return r <= ' ' || strings.ContainsRune("\"'`<>\\", r) }
