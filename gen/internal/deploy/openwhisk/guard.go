package openwhisk

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/fngen/fngen/gen/internal/deploy"
)

// The patience with the platform. Blocking invocations, which are what feeds are
// made by, turn into accepted ones after a minute.
const (
	attempts    = 5
	patience    = 2 * time.Minute // with one request
	firstWait   = time.Second / 2
	longestWait = 30 * time.Second
	mostBytes   = 64 << 20 // of an answer
)

// A guard is what requests of the client pass through, which has no context itself,
// tries nothing again and takes a 200 with HTML for success. It reads each answer
// whole.
type guard struct {
	ctx      context.Context
	base     http.RoundTripper
	patience time.Duration // with one request
	wait     time.Duration // before the second attempt; each further one waits twice as long
	log      io.Writer     // gets a line for each request; nil for none
	secrets  []string      // that no text shows
}

// transport verifies the platform's certificate, always: by the certificates in PEM,
// or by those of the system.
func transport(ca string) (http.RoundTripper, error) {
	t := http.DefaultTransport.(*http.Transport).Clone()
	if ca != "" {
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM([]byte(ca)) {
			return nil, errors.New("targets.openwhisk.ca holds no certificate")
		}
		t.TLSClientConfig = &tls.Config{RootCAs: pool}
	}
	return t, nil
}

// A statusError is an answer of the platform that is no success.
type statusError struct {
	status int
	reason string
	isJSON bool // as all that the controller itself answers
}

func (e *statusError) Error() string {
	if e.reason == "" {
		return fmt.Sprintf("the platform answers %d", e.status)
	}
	return fmt.Sprintf("the platform answers %d: %s", e.status, e.reason)
}

// isStatus reports whether the controller has answered with the status.
func isStatus(err error, status int) bool {
	var answer *statusError
	return errors.As(err, &answer) && answer.status == status && answer.isJSON
}

// RoundTrip sends the request, and sends it again where that is safe: after a
// failure that may pass, of a PUT also after a conflict, and never a POST.
func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		body, err = io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil {
			return nil, err
		}
	}
	for attempt := 1; ; attempt++ {
		resp, err := g.once(r, body)
		g.say(r, err)
		if attempt == attempts || err == nil || !again(r.Method, err) || g.ctx.Err() != nil {
			return resp, err
		}
		var refused retryAfter
		wait := g.wait << (attempt - 1)
		if errors.As(err, &refused) && refused.wait > wait {
			wait = min(refused.wait, longestWait)
		}
		if err := deploy.Pause(g.ctx, wait); err != nil {
			return nil, err
		}
	}
}

// again reports whether the request may be sent again after the failure.
func again(method string, err error) bool {
	if method == http.MethodPost {
		return false
	}
	var answer *statusError
	if !errors.As(err, &answer) {
		var refused finalError
		var unverified *tls.CertificateVerificationError
		return !errors.As(err, &refused) && !errors.As(err, &unverified) // else the connection has failed
	}
	return answer.status == http.StatusTooManyRequests || answer.status >= 500 || answer.status == http.StatusConflict && method == http.MethodPut
}

// A finalError is one that another attempt does not mend: no controller answers so,
// or it has taken too long already.
type finalError struct{ error }

// A retryAfter is a statusError with the time to wait that came with it.
type retryAfter struct {
	*statusError
	wait time.Duration
}

func (e retryAfter) Unwrap() error { return e.statusError }

func (g *guard) once(r *http.Request, body []byte) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(g.ctx, g.patience)
	defer cancel()
	sent := r.Clone(ctx)
	sent.Body, sent.GetBody, sent.ContentLength = nil, nil, int64(len(body))
	if body != nil {
		sent.Body = io.NopCloser(bytes.NewReader(body))
	}
	resp, err := g.base.RoundTrip(sent)
	var data []byte
	if err == nil {
		defer resp.Body.Close()
		data, err = io.ReadAll(io.LimitReader(resp.Body, mostBytes))
	}
	switch {
	case err != nil && g.ctx.Err() == nil && ctx.Err() != nil:
		return nil, finalError{fmt.Errorf("%s has not answered within %s", r.URL.Host, g.patience)}
	case err != nil:
		return nil, err
	}
	isJSON := len(data) > 0 && json.Valid(data)
	switch {
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		return nil, finalError{fmt.Errorf("%s answers %d, which no controller of OpenWhisk does; see APIHOST", r.URL.Host, resp.StatusCode)}
	case resp.StatusCode >= 400:
		failed := &statusError{status: resp.StatusCode, isJSON: isJSON, reason: g.redact(reason(data))}
		if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && seconds > 0 {
			return nil, retryAfter{failed, time.Duration(seconds) * time.Second}
		}
		return nil, failed
	case !isJSON && len(data) > 0 && !isPlain(r, resp):
		return nil, finalError{fmt.Errorf("%s answers %d with %s, which no controller of OpenWhisk does; see APIHOST, and whether a network stands between that asks to sign in", r.URL.Host, resp.StatusCode, kindOf(resp))}
	}
	resp.Body = io.NopCloser(bytes.NewReader(data))
	return resp, nil
}

// isPlain reports whether the answer is the text that the controller gives for a
// rule that it has switched on or off: complete(OK) in Rules.scala.
func isPlain(r *http.Request, resp *http.Response) bool {
	return r.Method == http.MethodPost && strings.Contains(r.URL.Path, "/rules/") && strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain")
}

func kindOf(resp *http.Response) string {
	kind, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
	if kind == "" {
		return "no JSON"
	}
	return kind
}

// reason is what the body of a failure says, in one line: the error of the
// controller, or of an action that failed, which may have one inside.
func reason(data []byte) string {
	var value any
	if json.Unmarshal(data, &value) != nil {
		return ""
	}
	for depth := 0; depth < 8; depth++ {
		object, ok := value.(map[string]any)
		if !ok {
			break
		}
		value = nil
		for _, key := range []string{"error", "message", "body", "response", "result", "reason"} {
			if object[key] != nil {
				value = object[key]
				break
			}
		}
	}
	text, ok := value.(string)
	if !ok {
		return ""
	}
	return oneLine(text)
}

// oneLine is the text without line ends and other controls, and not too long.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > 500 {
		return string(runes[:500]) + "…"
	}
	return text
}

// redact takes the secrets out of a text that others wrote.
func (g *guard) redact(text string) string {
	for _, s := range g.secrets {
		text = strings.ReplaceAll(text, s, "***")
	}
	return text
}

// say writes the request and its end to the log, without what it holds.
func (g *guard) say(r *http.Request, err error) {
	if g.log == nil {
		return
	}
	end := "ok"
	if err != nil {
		end = plain(err).Error()
	}
	fmt.Fprintf(g.log, "%s %s: %s\n", r.Method, r.URL.RequestURI(), end)
}
