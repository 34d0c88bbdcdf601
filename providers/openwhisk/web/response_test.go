package web

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/fngen/fngen/internal/testkit/logged"
)

// The controller turns the answer into a response; these are the answers from
// which it makes the response that the handler wrote.
func TestResponse(t *testing.T) {
	logged.JSON(t)
	for _, test := range []struct {
		name string
		h    http.HandlerFunc
		want string
	}{
		{"nothing", func(w http.ResponseWriter, r *http.Request) {},
			`{"statusCode":200,"headers":{"Content-Type":"text/plain; charset=utf-8"},"body":""}`},
		{"status alone", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) },
			`{"statusCode":204,"headers":{"Content-Type":"text/plain; charset=utf-8"},"body":""}`},
		{"sniffed HTML, not escaped", func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("<html>&\u00e9\n")) },
			`{"statusCode":200,"headers":{"Content-Type":"text/html; charset=utf-8"},"body":"<html>&` + "\u00e9" + `\n"}`},
		{"sniffed picture", func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("\x89PNG\r\n\x1a\n")) },
			`{"statusCode":200,"headers":{"Content-Type":"image/png"},"body":"iVBORw0KGgo="}`},
		{"several writes, the first status", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(http.StatusCreated)
			w.WriteHeader(http.StatusTeapot)
			w.Header().Set("Content-Type", "too late")
			w.Write([]byte("a"))
			w.Write([]byte("b"))
		}, `{"statusCode":201,"headers":{"Content-Type":"text/plain"},"body":"ab"}`},
		{"informational", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusAccepted)
		}, `{"statusCode":202,"headers":{"Content-Type":"text/plain; charset=utf-8"},"body":""}`},
		{"cookies", func(w http.ResponseWriter, r *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
			http.SetCookie(w, &http.Cookie{Name: "b", Value: "2"})
			http.Redirect(w, r, "https://example.org/", http.StatusSeeOther)
		}, `{"statusCode":303,"headers":{"Content-Type":"text/html; charset=utf-8","Location":"https://example.org/","Set-Cookie":["a=1","b=2"]},` +
			`"body":"<a href=\"https://example.org/\">See Other</a>.\n\n"}`},
		{"headers that a server does not send", func(w http.ResponseWriter, r *http.Request) {
			w.Header()["X-Split"] = []string{"a\r\nSet-Cookie: evil=1"}
			w.Header()["Bad Name:"] = []string{"x"}
			w.Header()["Empty"] = nil
			w.Header().Set("Content-Length", "1")
			w.Header().Set("Transfer-Encoding", "chunked")
			w.Header().Set("Connection", "close")
			w.Write([]byte("ab"))
		}, `{"statusCode":200,"headers":{"Content-Type":"text/plain; charset=utf-8","X-Split":"a  Set-Cookie: evil=1"},"body":"ab"}`},
		{"compressed by the handler", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write([]byte("\x1f\x8b\x08"))
		}, `{"statusCode":200,"headers":{"Content-Encoding":"gzip","Content-Type":"application/octet-stream"},"body":"H4sI"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := serve(t, test.h, get); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// As in net/http, a handler learns that a status has no body.
func TestResponseWithoutBody(t *testing.T) {
	for _, status := range []int{http.StatusNoContent, http.StatusNotModified} {
		serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(status)
			if _, err := w.Write([]byte("x")); !errors.Is(err, http.ErrBodyNotAllowed) {
				t.Errorf("%d: %v", status, err)
			}
		}, get)
	}
}

// The controller answers 400 for a status that it does not know.
func TestKnownStatus(t *testing.T) {
	for status, want := range map[int]int{200: 200, 299: 200, 306: 300, 418: 418, 499: 400, 599: 500, 600: 500, 0: 500, -1: 500} {
		if got := knownStatus(status); got != want {
			t.Errorf("%d: %d, want %d", status, got, want)
		}
	}
}

// The controller decides by the content type whether a body is text or base64.
// Here the reply's body is 1234, which is both, and so has to be exact.
func TestReplyBody(t *testing.T) {
	const base64Body, text = "MTIzNA==", "1234"
	for _, test := range []struct{ contentType, want string }{
		{"text/plain", text},
		{"text/html; charset=utf-8", text},
		{"TEXT/HTML", text},
		{"application/xml", text},
		{"application/javascript", text},
		{"application/x-www-form-urlencoded", text},
		{"application/atom+xml", text},
		{"text/x-unheard-of; charset=utf-8", text},
		{"text/x-unheard-of", base64Body},
		{"application/yaml", base64Body},
		{"application/yaml; charset=utf-8", text},
		{"application/json", base64Body},
		{"application/json; charset=utf-8", base64Body},
		{"application/problem+json", base64Body},
		{"application/vnd.x+json", base64Body},
		{"application/vnd.x+json; charset=utf-8", base64Body},
		{`application/json; profile="x"`, text},
		{`application/vnd.x+json; profile="x"`, base64Body},
		{"application/octet-stream", base64Body},
		{"application/octet-stream; charset=utf-8", base64Body},
		{"image/svg+xml", base64Body},
		{"image/svg+xml; charset=utf-8", base64Body},
		{"multipart/form-data; boundary=x", base64Body},
	} {
		contentType, got := encodeBody(http.Header{"Content-Type": {test.contentType}}, []byte("1234"))
		if got != test.want || contentType != test.contentType {
			t.Errorf("%s: %s %s, want %s", test.contentType, contentType, got, test.want)
		}
	}
}

// Bytes that the content type cannot carry arrive under one that can.
func TestReplyBodyThatIsNoText(t *testing.T) {
	log := logged.JSON(t)
	for _, contentType := range []string{"text/plain; charset=iso-8859-1", "no media type", "text/", "text/html; charset"} {
		got, body := encodeBody(http.Header{"Content-Type": {contentType}}, []byte{0xe9})
		if got != "application/octet-stream" || body != "6Q==" {
			t.Errorf("%s: %s %s", contentType, got, body)
		}
	}
	if !strings.Contains(log.String(), "charset=iso-8859-1") {
		t.Errorf("log %s", log)
	}
}

// The other way round: how the controller passes on a request's body.
func TestRequestBody(t *testing.T) {
	encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for _, test := range []struct{ contentType, body, want string }{
		{"application/json", encode(`{"a":1}`), `{"a":1}`},
		{"application/json; charset=utf-8", encode(`true`), `true`},
		{"application/json", encode(`1234`), `1234`},
		{"application/json", ` {"a":1}`, ` {"a":1}`},
		{"application/json", `[1]`, `[1]`},
		{"application/json", `"abcd"`, `"abcd"`},
		{"application/vnd.x+json", encode(`{"a":1}`), `{"a":1}`},
		{"application/vnd.x+json; charset=utf-8", `1234`, `1234`},
		{"application/cloudevents+json", encode(`{"a":1}`), `{"a":1}`},
		{"application/cloudevents+json; charset=UTF-8", `{"a":1}`, `{"a":1}`},
		{"application/problem+json", `1234`, `1234`},
		{"text/plain", `true`, `true`},
		{"text/plain; charset=UTF-8", `MTIz`, `MTIz`},
		{"application/x-www-form-urlencoded", `a=b&c=d`, `a=b&c=d`},
		{"application/xml", `<a/>`, `<a/>`},
		{"application/x-unheard-of; charset=UTF-8", `MTIz`, `MTIz`},
		{"application/octet-stream", encode("\x00\xff"), "\x00\xff"},
		{"multipart/form-data; boundary=x", encode("--x"), "--x"},
		{"image/png", encode("\x89PNG"), "\x89PNG"},
		{"", encode("\x00"), "\x00"},
		{"", "", ""},
		{"application/json", "", ""},
	} {
		got, err := decodeBody(test.contentType, test.body)
		if err != nil || string(got) != test.want {
			t.Errorf("%s, %s: %q, %v, want %q", test.contentType, test.body, got, err, test.want)
		}
	}
	for _, contentType := range []string{"image/png", "application/json", ""} {
		if got, err := decodeBody(contentType, "no base64"); err == nil {
			t.Errorf("%s: %q", contentType, got)
		}
	}
}
