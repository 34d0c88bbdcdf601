package trigger

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/internal/run"
	"github.com/fngen/fngen/internal/run/mark"
	"github.com/fngen/fngen/providers/openwhisk/internal/actionloop"
)

// platform is the part of OpenWhisk that fires triggers.
type platform struct {
	status int
	fired  []string // user:password path body
}

func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	user, password, _ := r.BasicAuth()
	body, _ := io.ReadAll(r.Body)
	p.fired = append(p.fired, fmt.Sprintf("%s:%s %s %s %s", user, password, r.Method, r.URL.EscapedPath(), body))
	w.WriteHeader(p.status)
	_, _ = io.WriteString(w, `{"error":"said"}`)
}

// activation returns the context of an activation with the platform's key.
func activation(t *testing.T, p *platform, key string) context.Context {
	t.Helper()
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	t.Setenv("__OW_API_HOST", server.URL)
	t.Setenv("FNGEN_SINK_NEWS", "order events")
	r, err := actionloop.Decode(fmt.Appendf(nil, `{"value":{},"api_key":%q}`, key))
	if err != nil {
		t.Fatal(err)
	}
	return r.Context(t.Context())
}

func events(n int) []event.Event {
	var out []event.Event
	for i := range n {
		e := event.New()
		e.SetID(fmt.Sprint(i + 1))
		e.SetSource("/shop")
		e.SetType("t")
		out = append(out, e)
	}
	return out
}

// A trigger is fired with the event, in the name of whom the activation runs.
func TestFire(t *testing.T) {
	p := &platform{status: http.StatusAccepted}
	ctx := activation(t, p, "uuid:key")
	for _, err := range (Trigger{Name: "news"}).Send(ctx, events(2)) {
		if err != nil {
			t.Error(err)
		}
	}
	want := `uuid:key POST /api/v1/namespaces/_/triggers/order%20events {"cloudevent":{"specversion":"1.0","id":"1","source":"/shop","type":"t"}}`
	if len(p.fired) != 2 || p.fired[0] != want {
		t.Errorf("fired %q, want %q", p.fired, want)
	}
}

// What the platform does not take is an error, and so is a trigger without an
// active rule, since the event is gone; what follows it is not sent.
func TestNotFired(t *testing.T) {
	for status, want := range map[int]struct {
		kind mark.Kind
		text string
	}{
		http.StatusNoContent:             {mark.Retry, "fire trigger order events: it has no active rule"},
		http.StatusNotFound:              {mark.Retry, `status 404: "{\"error\":\"said\"}"`},
		http.StatusTooManyRequests:       {mark.Retry, "status 429"},
		http.StatusBadGateway:            {mark.Retry, "status 502"},
		http.StatusBadRequest:            {mark.Permanent, "status 400"},
		http.StatusRequestEntityTooLarge: {mark.Permanent, "status 413"},
	} {
		p := &platform{status: status}
		errs := Trigger{Name: "news"}.Send(activation(t, p, "uuid:s3cret"), events(2))
		kind, _ := run.Kind(errs[0])
		if errs[0] == nil || kind != want.kind || !strings.Contains(errs[0].Error(), want.text) || strings.Contains(errs[0].Error(), "s3cret") {
			t.Errorf("%d: %v (kind %v), want %v", status, errs[0], kind, want)
		}
		if kind, _ := run.Kind(errs[1]); errs[1] == nil || kind != mark.Retry || len(p.fired) != 1 {
			t.Errorf("%d: what follows: %v, %d calls", status, errs[1], len(p.fired))
		}
	}
}

// Without a key nothing can be fired, and an event above the platform's limit
// is not tried.
func TestRefused(t *testing.T) {
	p := &platform{status: http.StatusAccepted}
	if errs := (Trigger{Name: "news"}).Send(activation(t, p, ""), events(1)); errs[0] == nil || !strings.Contains(errs[0].Error(), "provide-api-key") {
		t.Errorf("without a key: %v", errs)
	}
	large := events(1)
	if err := large[0].SetData("text/plain", strings.Repeat("x", maxPayload)); err != nil {
		t.Fatal(err)
	}
	errs := Trigger{Name: "news"}.Send(activation(t, p, "uuid:key"), large)
	if kind, _ := run.Kind(errs[0]); kind != mark.Permanent || len(p.fired) != 0 {
		t.Errorf("too large: %v, fired %d", errs, len(p.fired))
	}
}

// The certificate of an installation with an authority of its own is taken if that
// is named, or if nothing is verified, which is said; otherwise nothing gets out.
func TestOwnAuthority(t *testing.T) {
	p := &platform{status: http.StatusAccepted}
	server := httptest.NewTLSServer(p)
	t.Cleanup(server.Close)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	own := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	other := authority(t)
	for _, test := range []struct {
		name, ca string
		insecure bool
		why      string // nothing is sent; "" if it is
	}{
		{"the system's authorities", "", false, "x509"},
		{"another one's", other, false, "x509"},
		{"its own", own, false, ""},
		{"its own among others", other + own, false, ""},
		{"none at all", "", true, ""},
		{"no certificate", "-----BEGIN CERTIFICATE-----", false, "FNGEN_OPENWHISK_CA holds no certificate"},
	} {
		said := &strings.Builder{}
		before := slog.Default()
		slog.SetDefault(slog.New(slog.NewTextHandler(said, nil)))
		c, err := newClient(test.ca, test.insecure)
		slog.SetDefault(before)
		if loud := strings.Contains(said.String(), "level=WARN") && strings.Contains(said.String(), "not verified"); loud != test.insecure {
			t.Errorf("%s: log %q", test.name, said)
		}
		if err == nil {
			var resp *http.Response
			if resp, err = c.Get(server.URL); err == nil {
				resp.Body.Close()
			}
		}
		if (err == nil) != (test.why == "") || err != nil && !strings.Contains(err.Error(), test.why) {
			t.Errorf("%s: %v, want %q", test.name, err, test.why)
		}
	}
	p.status = http.StatusFound // as all sinks, it follows nothing
	c, err := newClient(own, false)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Get(server.URL)
	if err != nil || resp.StatusCode != http.StatusFound {
		t.Errorf("a redirect: %v, %v", resp, err)
	}
}

// authority returns a certificate that has signed nothing else, as PEM.
func authority(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// The variables of the function's environment are what the sink reads.
func TestEnvironmentReachesTheClient(t *testing.T) {
	if os.Getenv("FNGEN_OPENWHISK_CA") == "nothing" { // the process below
		fmt.Println(Trigger{Name: "news"}.Send(activation(t, &platform{}, "uuid:key"), events(1)))
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^TestEnvironmentReachesTheClient$")
	cmd.Env = append(os.Environ(), "FNGEN_OPENWHISK_CA=nothing")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "FNGEN_OPENWHISK_CA holds no certificate") {
		t.Errorf("%v: %s", err, out)
	}
}

// An API host with a password is said without it, whatever the matter is.
func TestHostIsPrivate(t *testing.T) {
	p := &platform{status: http.StatusNotFound}
	ctx := activation(t, p, "uuid:s3cret")
	up := strings.TrimPrefix(os.Getenv("__OW_API_HOST"), "http://")
	down := httptest.NewServer(http.NotFoundHandler())
	down.Close()
	for host, want := range map[string]string{
		"http://alice:s3cret@" + strings.TrimPrefix(down.URL, "http://") + "/t0ken": down.URL + ": connection refused",
		"https://alice:s3cret@" + up + "/t0ken":                                     "https://" + up + ": http: server gave HTTP response to HTTPS client",
		"http://alice:s3cret@" + up + "/t0ken":                                      "fire trigger order events: status 404",
		"alice:s3cret@host:t0ken":                                                   "the address is not",
		"http://alice:s3cret@host:t0ken":                                            "the address is not",
	} {
		t.Setenv("__OW_API_HOST", host)
		err := Trigger{Name: "news"}.Send(ctx, events(1))[0]
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
			continue
		}
		for _, hidden := range []string{"alice", "s3cret", "t0ken"} {
			if strings.Contains(err.Error(), hidden) {
				t.Errorf("%q has %q", err, hidden)
			}
		}
	}
}
